"""The master key: it wraps all other keys, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from dialer.errors import KeyDestroyedError, MasterKeyError, SealError
from dialer.vault.material import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    KeyHolder,
    Secret,
    bound,
    cipher_of,
)
from dialer.vault.shelf import ShelvedKey

_VERSION: Final = b"\x01"
_WRAPPING: Final = b"veridial master key: wrapping 1"
_NAMING: Final = b"veridial master key: name 1"
_LABEL: Final = "veridial wrapped key 1"
_ID_BYTES: Final = 8
_WRAPPED_BYTES: Final = len(_VERSION) + NONCE_BYTES + KEY_BYTES + TAG_BYTES


class MasterKey(KeyHolder):
    """One master key. It takes over `secret` (32 bytes) and wipes it.

    `id` is its check value: 16 hexadecimal digits that are derived from it one way. It is stored
    beside each key that was wrapped, so a wrong master key is known as such, and the right one has
    a name by which people can look for it.
    """

    __slots__ = ("_cipher", "id")

    def __init__(self, secret: Secret) -> None:
        with secret:
            wrapping = Secret(bytearray(KEY_BYTES))
            HKDFExpand(SHA256(), KEY_BYTES, _WRAPPING).derive_into(secret.held, wrapping.held)
            self.id: str = HKDFExpand(SHA256(), _ID_BYTES, _NAMING).derive(secret.held).hex()
        self._cipher: AESGCM = cipher_of(wrapping)

    def __repr__(self) -> str:
        return f"<MasterKey {self.id}>"

    def wrap(self, name: str, generation: int, key: Secret) -> ShelvedKey:
        """`key` as it is shelved under this name and generation, and can be opened under no other.

        `key` is not wiped.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, key.held, self._bound(name, generation))
        return ShelvedKey(name, generation, self.id, _VERSION + nonce + sealed)

    def unwrap(self, shelved: ShelvedKey) -> Secret:
        """The plain key. Raises KeyDestroyedError, or SealError where it has been changed."""
        wrapped = shelved.wrapped
        if wrapped is None:
            raise KeyDestroyedError(f"the key {shelved.name} was destroyed")
        if len(wrapped) != _WRAPPED_BYTES or not wrapped.startswith(_VERSION):
            raise _changed(shelved)
        nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        place = self._bound(shelved.name, shelved.generation)
        plain = Secret(bytearray(KEY_BYTES))
        try:
            self._cipher.decrypt_into(nonce, sealed, place, plain.held)
        except InvalidTag:
            plain.wipe()
            raise _changed(shelved) from None
        return plain

    def _bound(self, name: str, generation: int) -> bytes:
        return bound(_LABEL, self.id, name, str(generation))


class Masters(KeyHolder):
    """The master keys that are accepted: new keys are wrapped under `primary`.

    The others are there while the master key is being changed.
    """

    __slots__ = ("_by_id", "primary")

    def __init__(self, primary: MasterKey, *others: MasterKey) -> None:
        self.primary = primary
        self._by_id = {master.id: master for master in (primary, *others)}

    def __repr__(self) -> str:
        return f"<Masters {', '.join(self._by_id)}>"

    def unwrap(self, shelved: ShelvedKey) -> Secret:
        """The plain key, opened by the master key it was wrapped under.

        Raises MasterKeyError where that is none of these, and what MasterKey.unwrap raises.
        """
        self.must_open([shelved])
        return self._by_id.get(shelved.master, self.primary).unwrap(shelved)

    def must_open(self, shelved: Iterable[ShelvedKey]) -> None:
        """Raises MasterKeyError where a key that lives is under a master key not among these."""
        needed = {key.master for key in shelved if not key.is_destroyed}
        if missing := sorted(needed - self._by_id.keys()):
            raise MasterKeyError(
                f"wrong master key: the store's keys are under {', '.join(missing)}, and the one "
                f"given is {', '.join(self._by_id)}; give the right one, or restore it from "
                "where you keep its copy. Without it nothing that was sealed can be opened"
            )


def _changed(shelved: ShelvedKey) -> SealError:
    return SealError(
        f"key {shelved.name}, generation {shelved.generation}, has been changed in the store; "
        "restore the table of keys from a backup"
    )
