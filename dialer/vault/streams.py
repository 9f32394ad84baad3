"""Streams such as recordings, sealed as they are written, in chunks that open one by one.

    stream:  "VRDS" | version 1 | generation 2 | nonce 12 | the stream's own key, wrapped, 48
             | chunk | chunk | ... | last chunk
    chunk:   last? 1 bit, length 31 bits, big-endian | ciphertext of that length | tag 16

Each stream has a random key of its own, wrapped under its scope's and bound to the stream's place;
so nonces may count, from 0. A chunk's nonce is its position and its additional data are its first
four bytes: changed, swapped, repeated, left out or taken from another stream, it does not open. A
stream that lacks its last chunk says that it is cut, for a killed writer and a thief look alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dialer.errors import SealError, StreamCutError, VaultError
from dialer.vault.material import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    KeyHolder,
    Secret,
    bound,
    cipher_of,
)

CHUNK_BYTES: Final = 8192
"""Plain bytes in a chunk, unless `flush` or the end makes it shorter: half a second of 16-bit audio
at 8 kHz, which is what a crash can cost."""
_MAGIC: Final = b"VRDS\x01"
_LABEL: Final = bound("veridial stream 1")
_WRAPPED_AT: Final = len(_MAGIC) + 2 + NONCE_BYTES
HEADER_BYTES: Final = _WRAPPED_AT + KEY_BYTES + TAG_BYTES
_LAST: Final = 1 << 31


class Sink(Protocol):
    """Where a stream goes: a file opened for writing in binary."""

    def write(self, data: bytes, /) -> int: ...


class Source(Protocol):
    """Where a stream comes from: a file opened for reading in binary."""

    def read(self, size: int, /) -> bytes: ...


class StreamWriter(KeyHolder):
    """Seals what is written, into `sink`. It belongs to one thread and does not close the sink.

    At the end of a `with` that raised, the last chunk is not written: such a stream reads as cut.
    After an error of the sink nothing more can be written, and the stream is cut where it was.
    """

    __slots__ = ("_chunks", "_cipher", "_pending", "_sink")

    def __init__(self, wrapping: AESGCM, generation: int, place: bytes, sink: Sink) -> None:
        start = _MAGIC + generation.to_bytes(2, "big")
        nonce = os.urandom(NONCE_BYTES)
        key = Secret.random()
        wrapped = wrapping.encrypt(nonce, key.held, _LABEL + place + start)
        self._cipher: AESGCM | None = cipher_of(key)
        self._sink = sink
        self._pending = bytearray()
        self._chunks = 0
        self._put(start + nonce + wrapped)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take `data` into the stream. Raises what the sink raises, and VaultError."""
        self._must_be_open()
        self._pending += data
        while len(self._pending) >= CHUNK_BYTES:
            chunk = bytes(self._pending[:CHUNK_BYTES])
            del self._pending[:CHUNK_BYTES]
            self._seal(chunk, 0)

    def flush(self) -> None:
        """Seal what waits for its chunk to fill, so that a crash does not lose it."""
        self._must_be_open()
        if self._pending:
            chunk = bytes(self._pending)
            self._pending.clear()
            self._seal(chunk, 0)

    def close(self) -> None:
        """Write the last chunk, which says that the stream is whole. A second time does nothing."""
        if self._cipher is not None:
            self._seal(bytes(self._pending), _LAST)
            self.abandon()

    def abandon(self) -> None:
        """Drop the key and what waits; the stream stays cut."""
        self._cipher = None
        self._pending.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def _must_be_open(self) -> AESGCM:
        if self._cipher is None:
            raise VaultError("this stream has ended, or its file failed: nothing more is written")
        return self._cipher

    def _seal(self, chunk: bytes, mark: int) -> None:
        cipher = self._must_be_open()
        head = (mark | len(chunk)).to_bytes(4, "big")
        nonce = self._chunks.to_bytes(NONCE_BYTES, "big")
        # Counted before it is written: whatever fails, no nonce is used for two texts. `_put` drops
        # the key as well: only a test that puts it back sees the one without the other.
        self._chunks += 1
        self._put(head + cipher.encrypt(nonce, chunk, head))

    def _put(self, sealed: bytes) -> None:
        try:
            written = self._sink.write(sealed)
        except BaseException:
            self.abandon()
            raise
        if written != len(sealed):
            self.abandon()
            raise VaultError("the stream's file took only a part of what was written")


class StreamReader(KeyHolder):
    """The plain chunks of a stream, in order, once. Each has been verified before it is given.

    Iterating raises SealError where the stream was changed or belongs elsewhere, StreamCutError
    after the last whole chunk of a stream that is cut, and KeyUnknownError or KeyDestroyedError.
    With `salvage` a cut stream ends without an error instead, and `is_cut` tells.
    """

    __slots__ = ("_cipher_of", "_place", "_salvage", "_source", "is_cut")

    def __init__(
        self,
        wrapping: Callable[[int], AESGCM],
        place: bytes,
        source: Source,
        *,
        salvage: bool,
    ) -> None:
        self._cipher_of = wrapping
        self._place = place
        self._source = source
        self._salvage = salvage
        self.is_cut: bool | None = None
        """Whether the end is missing; None until the iteration has come to what there is."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks(self._stream_cipher())
        except StreamCutError:
            self.is_cut = True
            if not self._salvage:
                raise
        else:
            self.is_cut = False

    def _stream_cipher(self) -> AESGCM:
        header = self._take(HEADER_BYTES)
        if not _MAGIC.startswith(header[: len(_MAGIC)]):
            raise SealError("this is no sealed stream, or its beginning was changed")
        if len(header) < HEADER_BYTES:
            raise StreamCutError("the stream ends within its first bytes: nothing of it is left")
        start, nonce = header[: len(_MAGIC) + 2], header[len(_MAGIC) + 2 : _WRAPPED_AT]
        wrapping = self._cipher_of(int.from_bytes(start[len(_MAGIC) :], "big"))
        key = Secret(bytearray(KEY_BYTES))
        try:
            wrapping.decrypt_into(
                nonce, header[_WRAPPED_AT:], _LABEL + self._place + start, key.held
            )
        except InvalidTag:
            key.wipe()
            raise SealError("the stream's beginning was changed, or it is another's") from None
        return cipher_of(key)

    def _chunks(self, cipher: AESGCM) -> Iterator[bytes]:
        position = 0
        while True:
            head, sealed = self._chunk(position)
            nonce = position.to_bytes(NONCE_BYTES, "big")
            try:
                plain = cipher.decrypt(nonce, sealed, head)
            except InvalidTag:
                raise _changed(position) from None
            if plain:
                yield plain
            if int.from_bytes(head, "big") & _LAST:
                break
            position += 1
        if self._take(1):
            raise SealError("something was added after the end of the stream")

    def _chunk(self, position: int) -> tuple[bytes, bytes]:
        """A chunk's first four bytes and the rest of it."""
        head = self._take(4)
        if len(head) < 4:
            raise _cut(position)
        length = int.from_bytes(head, "big") & ~_LAST
        if head == bytes(4):
            # A chunk of nothing is never written, but some file systems end in zeros after a crash.
            while rest := self._take(CHUNK_BYTES):
                if any(rest):
                    raise _changed(position)
            raise _cut(position)
        if length > CHUNK_BYTES:
            raise _changed(position)
        sealed = self._take(length + TAG_BYTES)
        if len(sealed) < length + TAG_BYTES:
            raise _cut(position)
        return head, sealed

    def _take(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end of the source."""
        parts = []
        while size and (part := self._source.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _cut(position: int) -> StreamCutError:
    return StreamCutError(f"the stream is cut: {position} whole chunks are there, its end is not")


def _changed(position: int) -> SealError:
    return SealError(f"chunk {position + 1} of the stream was changed, or is not where it belongs")
