"""The keys of one scope, and values of the store sealed under them, each bound to its place.

A sealed value:   version 1 | generation 2, big-endian | nonce 12 | ciphertext | tag 16

The additional data are scope, table and column (`material.bound`), the version and generation, and
the row. So a value opens in its own row and column and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dialer.errors import KeyDestroyedError, KeyUnknownError, SealError, VaultError
from dialer.vault.material import NONCE_BYTES, TAG_BYTES, KeyHolder, bound
from dialer.vault.shelf import Scope
from dialer.vault.streams import Sink, Source, StreamReader, StreamWriter

Row = int | str
"""What names a row within its table. It must not be personal data: it is not encrypted."""
Plain = bytes | bytearray | memoryview

SEALS_PER_KEY: Final = 2**30
"""Values that one process seals under one generation. Nonces are random, so no more than 2^32 may
be made under a key (NIST SP 800-38D 8.3); this leaves room for four processes."""
MOST_GENERATIONS: Final = 2**16 - 1
OVERHEAD: Final = 3 + NONCE_BYTES + TAG_BYTES
"""Bytes by which a sealed value is longer than what is in it."""
_VERSION: Final = b"\x01"
_LABEL: Final = "veridial field 1"
_CIPHER_AT: Final = 3 + NONCE_BYTES


class Generation(KeyHolder):
    """One data key, counting what is sealed under it."""

    __slots__ = ("cipher", "head", "left", "number")

    def __init__(self, number: int, cipher: AESGCM) -> None:
        self.number = number
        self.cipher = cipher
        self.head = _VERSION + number.to_bytes(2, "big")
        self.left = SEALS_PER_KEY


class DataKeys(KeyHolder):
    """All generations of one scope's key, in memory. Any thread may use them.

    New values are sealed under the last generation, old ones open under their own.
    """

    __slots__ = ("__weakref__", "_closed", "_generations", "_latest", "scope")

    def __init__(self, scope: Scope, generations: Mapping[int, Generation]) -> None:
        self.scope = scope
        self._generations = dict(generations)
        self._latest: Generation | None = generations[max(generations)]
        self._closed = False

    def __repr__(self) -> str:
        return f"<DataKeys {self.scope}, generation {max(self._generations, default=0)}>"

    @property
    def generation(self) -> int:
        """The generation that new values are sealed under. Raises KeyDestroyedError."""
        return self.latest().number

    def column(self, table: str, column: str) -> SealedColumn:
        """The seal of one column; it lives as long as these keys and may be kept."""
        return SealedColumn(self, table, column)

    def stream_writer(self, kind: str, name: Row, sink: Sink) -> StreamWriter:
        """A stream into `sink`, such as the recording of one call: `("recording", call)`."""
        latest = self.latest()
        _count(latest, 1, self.scope)
        place = bound(str(self.scope), kind, _written(name))
        return StreamWriter(latest.cipher, latest.number, place, sink)

    def stream_reader(
        self, kind: str, name: Row, source: Source, *, salvage: bool = False
    ) -> StreamReader:
        """What was written as `(kind, name)`; see StreamReader."""
        place = bound(str(self.scope), kind, _written(name))
        return StreamReader(
            lambda number: self.numbered(number).cipher, place, source, salvage=salvage
        )

    # ------------------------------------------------------------------- for the rest of the vault

    @property
    def is_gone(self) -> bool:
        """Whether these keys have been dropped."""
        return self._latest is None

    def latest(self) -> Generation:
        latest = self._latest
        if latest is None:
            raise self._gone()
        return latest

    def numbered(self, number: int) -> Generation:
        """Raises KeyUnknownError, KeyDestroyedError."""
        generation = self._generations.get(number)
        if generation is not None:
            return generation
        if self._latest is None:
            raise self._gone()
        raise KeyUnknownError(
            f"generation {number} of key {self.scope} is not known here; another node may have "
            "made it a moment ago"
        )

    def generations(self) -> Mapping[int, Generation]:
        return self._generations

    def adopt(self, others: Mapping[int, Generation]) -> None:
        """Take over the generations that are not known yet."""
        whole = {**others, **self._generations}
        self._generations = whole
        self._latest = whole[max(whole)]

    def forget(self, *, closed: bool = False) -> None:
        """Drop the keys: OpenSSL overwrites them when the last call that uses them returns."""
        self._closed = closed
        self._latest = None
        self._generations = {}

    def _gone(self) -> VaultError:
        if self._closed:
            return VaultError("the vault is closed")
        return KeyDestroyedError(
            f"the key {self.scope} was destroyed; what was sealed under it is gone for good"
        )


class SealedColumn(KeyHolder):
    """Seals and opens the values of one column. Nothing here is told in a message or a repr."""

    __slots__ = ("_bound", "_keys", "_where")

    def __init__(self, keys: DataKeys, table: str, column: str) -> None:
        self._keys = keys
        self._where = f"{table}.{column} of {keys.scope}"
        self._bound = bound(_LABEL, str(keys.scope), table, column)

    def __repr__(self) -> str:
        return f"<SealedColumn {self._where}>"

    def seal(self, row: Row, plain: Plain) -> bytes:
        """`plain` sealed for `row`: OVERHEAD bytes longer, and another text each time.

        Raises KeyDestroyedError; VaultError when the key is used up.
        """
        latest = self._keys.latest()
        _count(latest, 1, self._keys.scope)
        nonce = os.urandom(NONCE_BYTES)
        place = self._bound + latest.head + _written(row).encode()
        return latest.head + nonce + latest.cipher.encrypt(nonce, plain, place)

    def open(self, row: Row, sealed: bytes) -> bytes:
        """What was sealed for this row of this column.

        Raises SealError where it was changed or belongs elsewhere, KeyUnknownError where its
        generation is not known here, KeyDestroyedError.
        """
        if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
            raise SealError(f"{self._where}: this is no sealed value")
        cipher = self._keys.numbered(int.from_bytes(sealed[1:3], "big")).cipher
        place = self._bound + sealed[:3] + _written(row).encode()
        try:
            return cipher.decrypt(sealed[3:_CIPHER_AT], sealed[_CIPHER_AT:], place)
        except InvalidTag:
            raise SealError(
                f"{self._where}: a value was changed, or moved here from another place"
            ) from None

    def seal_many(self, values: Iterable[tuple[Row, Plain]]) -> list[bytes]:
        """Each value sealed for its row, in the order given; a fifth faster than one by one."""
        rows = list(values)
        latest = self._keys.latest()
        _count(latest, len(rows), self._keys.scope)
        head, encrypt, prefix = latest.head, latest.cipher.encrypt, self._bound + latest.head
        nonces = os.urandom(NONCE_BYTES * len(rows))
        sealed = []
        for at, (row, plain) in enumerate(rows):
            nonce = nonces[at * NONCE_BYTES : (at + 1) * NONCE_BYTES]
            place = prefix + _written(row).encode()
            sealed.append(head + nonce + encrypt(nonce, plain, place))
        return sealed


def _written(row: Row) -> str:
    """Row 7 and row "7" are two rows."""
    return f"#{row}" if isinstance(row, int) else f"'{row}"


def _count(generation: Generation, seals: int, scope: Scope) -> None:
    generation.left -= seals
    if generation.left < 0:
        raise VaultError(f"the key {scope} has sealed all it may; give it a new generation")
