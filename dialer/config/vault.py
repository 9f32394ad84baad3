"""Where the master key is, and the key that signs the audit log: the `vault` section."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from dialer.reading.fields import FilePath, Line, wrong
from dialer.reading.validate import Section
from dialer.vault import MasterCommand, MasterFile, MasterPlace, MasterPlaces, MasterVariable

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


class MasterKeyPlace(Section):
    """One place of a master key: a file, an environment variable, or the output of a command."""

    key_file: FilePath | None = None
    """The file that holds it: 64 hexadecimal digits, or base64 of 32 bytes. Only its owner may read
    the file."""
    key_env: VariableName | None = None
    """The environment variable that holds it."""
    key_command: tuple[Line, ...] = Field(default=(), max_length=64)
    """The program that prints it, and its arguments. No shell is used."""

    @model_validator(mode="after")
    def _one_place(self) -> MasterKeyPlace:
        if sum((self.key_file is not None, self.key_env is not None, bool(self.key_command))) > 1:
            raise wrong("the master key is in one place: key_file, key_env or key_command")
        return self

    def place(self) -> MasterPlace | None:
        """Where to read it; None where nothing is said."""
        if self.key_file is not None:
            return MasterFile(self.key_file)
        if self.key_env is not None:
            return MasterVariable(self.key_env)
        return MasterCommand(self.key_command) if self.key_command else None


class Vault(MasterKeyPlace):
    """The master key, under which all keys of the store are wrapped (docs/decisions/vault.md).

    Without any of these keys the master key is `keys/master.key` in `data_dir`, made for a new
    store. A copy of the whole folder then contains it. Keep it elsewhere if backups must not
    contain it.
    """

    next: MasterKeyPlace | None = None
    """Where the next master key is. Both keys are accepted until `dialer keys rotate-master` has
    moved to the new one. Not needed where the key is in a file."""
    audit_key: FilePath | None = None
    """The Ed25519 key, in a PEM file, that signs checkpoints of the audit log. Default:
    `keys/audit.pem` in `data_dir`, made for a new store."""

    def masters(self, data_dir: Path) -> MasterPlace:
        """Where the master keys of a store with this data folder are."""
        now = self._now(data_dir)
        to_come = None if self.next is None else self.next.place()
        return now if to_come is None else MasterPlaces(now, to_come)

    def key_files(self, data_dir: Path) -> tuple[Path, ...]:
        """The files of the keys that the store goes by; a key that is no file is left out."""
        masters = self._now(data_dir)
        own = (masters.path,) if isinstance(masters, MasterFile) else ()
        return (*own, self.signing_key(data_dir))

    def signing_key(self, data_dir: Path) -> Path:
        """The file of the key that signs."""
        return self.audit_key or data_dir / "keys" / "audit.pem"

    def _now(self, data_dir: Path) -> MasterPlace:
        return self.place() or MasterFile(data_dir / "keys" / "master.key")
