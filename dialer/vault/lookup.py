"""Looking numbers up without having them in clear: a keyed hash that stays the same for ever."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from dialer.core.values.number import E164
from dialer.errors import VaultError
from dialer.vault.material import KeyHolder, Secret

_NUMBER: Final = b"veridial number 1\0"


class Lookup(KeyHolder):
    """HMAC-SHA256 under a key of its own, which outlives campaigns and master keys.

    It takes over `key` and wipes it. Any thread may use it.
    """

    __slots__ = ("_mac",)

    def __init__(self, key: Secret) -> None:
        with key:
            mac = HMAC(key.held, SHA256())
        mac.update(_NUMBER)
        self._mac: HMAC | None = mac

    def number(self, number: E164) -> bytes:
        """32 bytes that stand for `number`: the same on every node, in every campaign."""
        keyed = self._mac
        if keyed is None:
            raise VaultError("the vault is closed")
        mac = keyed.copy()
        mac.update(number.clear.encode())
        return mac.finalize()

    def forget(self) -> None:
        """Drop the key."""
        self._mac = None
