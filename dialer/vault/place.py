"""Where a node's master keys are to be had, again and again: they are read anew to change them.

While the master key is changed there are two. Which of them new keys are wrapped under, the store
says: the one that its lookup key is under.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dialer.errors import MasterKeyError
from dialer.vault.master import MasterKey, Masters
from dialer.vault.material import Secret
from dialer.vault.shelf import LOOKUP, ShelvedKey
from dialer.vault.sources import from_command, from_environment, from_file


class MasterPlace(Protocol):
    """One place of a master key. It may wait for disks and programs."""

    def read(self) -> Sequence[MasterKey]:
        """The keys that are there, at least one. Raises MasterKeyError, saying what to do."""
        ...

    def make(self) -> bool:
        """Make one for a new store; False where keys are not ours to make, or there is something.

        Raises MasterKeyError where that fails.
        """
        ...


class MasterFile:
    """The key in a file of ours, and beside it, while it is changed, the next one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.next = path.with_name(f"{path.name}.next")

    def read(self) -> Sequence[MasterKey]:
        keys = [from_file(self.path)]
        if self.next.exists():
            keys.append(from_file(self.next))
        return keys

    def make(self) -> bool:
        if os.path.lexists(self.path):
            return False
        write_new(self.path)
        return True

    def make_next(self) -> None:
        """Make the key that is to follow, unless it was made before."""
        if not os.path.lexists(self.next):
            write_new(self.next)

    def take_next(self) -> None:
        """The next key takes the old one's place, which is gone then."""
        self.next.replace(self.path)
        _reach_disk(self.path.parent)


class MasterVariable:
    """The key in an environment variable, from which it is taken: it is there once."""

    def __init__(self, variable: str) -> None:
        self._variable = variable
        self._key: MasterKey | None = None

    def read(self) -> Sequence[MasterKey]:
        if self._key is None:
            self._key = from_environment(self._variable)
        return [self._key]

    def make(self) -> bool:
        return False


class MasterCommand:
    """The key that a program prints, asked for each time."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)

    def read(self) -> Sequence[MasterKey]:
        return [from_command(self._argv)]

    def make(self) -> bool:
        return False


class MasterPlaces:
    """A place, and that of the key that is to come."""

    def __init__(self, now: MasterPlace, to_come: MasterPlace) -> None:
        self._places = now, to_come

    def read(self) -> Sequence[MasterKey]:
        return [key for place in self._places for key in place.read()]

    def make(self) -> bool:
        return self._places[0].make()


def masters_for(keys: Sequence[MasterKey], shelved: Sequence[ShelvedKey]) -> Masters:
    """All of `keys`, the primary being the one that the store goes by; the first in a new store."""
    goes_by = {key.master for key in shelved if key.name == LOOKUP}
    return Masters(*sorted(keys, key=lambda key: key.id not in goes_by))


def write_new(path: Path) -> None:
    """A new master key into the new file `path`, for its owner only. Raises MasterKeyError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Secret.random() as key, Secret(bytearray(2 * len(key.held))) as text:
            for at, byte in enumerate(key.held):
                text.held[2 * at : 2 * at + 2] = b"%02x" % byte
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(handle, text.held)
                os.fsync(handle)
            finally:
                os.close(handle)
        _reach_disk(path.parent)
    except OSError as error:
        raise MasterKeyError(
            f"no master key was written to {shlex.quote(str(path))}: {error.strerror}"
        ) from None


def _reach_disk(folder: Path) -> None:
    """A name that is not on disk is lost with the power."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
