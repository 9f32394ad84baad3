"""Plain keys in memory: shown to nobody, copied by nobody, overwritten when they are done with.

What Python cannot promise here is said in docs/decisions/vault.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self, SupportsIndex

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dialer.errors import VaultError

KEY_BYTES: Final = 32
"""AES-256, and HMAC-SHA256 by the length of its hash."""
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_RANDOM: Final = Path("/dev/urandom")
_PROBE: Final = b"veridial probe"


class KeyHolder:
    """Something with keys in it: it is not pickled, not copied, and its repr tells nothing."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds keys: it is neither stored nor copied")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Secret(KeyHolder):
    """Bytes of a plain key. It takes `held` over, and overwrites it at the end of a `with`."""

    __slots__ = ("held",)

    def __init__(self, held: bytearray) -> None:
        self.held = held

    @classmethod
    def random(cls) -> Secret:
        """A new key. It comes straight into memory that can be overwritten."""
        held = bytearray(KEY_BYTES)
        with _RANDOM.open("rb", buffering=0) as source:
            if source.readinto(held) != KEY_BYTES:
                raise VaultError(f"{_RANDOM} gave too little to make a key of")
        return cls(held)

    def wipe(self) -> None:
        self.held[:] = bytes(len(self.held))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()


def cipher_of(key: Secret) -> AESGCM:
    """AES-256-GCM under `key`, which is wiped: from here on OpenSSL alone holds it.

    OpenSSL overwrites its copy when the cipher is dropped. Some builds of `cryptography` have
    kept a reference to the caller's bytes instead of a copy; on such a one everything would from
    now on be sealed under zeros, so that is tried out. Raises VaultError.
    """
    with key:
        cipher = AESGCM(key.held)
        nonce = os.urandom(NONCE_BYTES)
        probe = cipher.encrypt(nonce, b"", _PROBE)
    try:
        cipher.decrypt(nonce, probe, _PROBE)
    except InvalidTag:
        raise VaultError(
            "this build of the cryptography package does not keep keys; "
            "install the one that requirements.lock names"
        ) from None
    return cipher


def bound(label: str, *parts: str) -> bytes:
    """`label` and `parts` as additional data: no two different lists give the same bytes."""
    whole = bytearray()
    for part in (label, *parts):
        text = part.encode()
        whole += len(text).to_bytes(4, "big") + text
    return bytes(whole)
