"""Streams open whole, or say where and how they are not."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dialer.errors import KeyDestroyedError, SealError, StreamCutError, VaultError
from dialer.testing import MemoryKeys
from dialer.vault import DataKeys, Vault
from dialer.vault.streams import CHUNK_BYTES, HEADER_BYTES
from tests.support.vault import CARDS, TAPES, new_vault

SOUND = os.urandom(3 * CHUNK_BYTES + 100)
FRAME = 320


@pytest.fixture
def vault() -> Vault:
    return new_vault(MemoryKeys(), CARDS, TAPES)


@pytest.fixture
def tapes(vault: Vault) -> DataKeys:
    return vault.keys(TAPES)


def written(keys: DataKeys, plain: bytes, name: str = "call-1") -> bytes:
    sink = io.BytesIO()
    with keys.stream_writer("recording", name, sink) as stream:
        for at in range(0, len(plain), FRAME):
            stream.write(plain[at : at + FRAME])
    return sink.getvalue()


def read(keys: DataKeys, sealed: bytes, name: str = "call-1") -> bytes:
    return b"".join(keys.stream_reader("recording", name, io.BytesIO(sealed)))


def chunks_of(sealed: bytes) -> list[bytes]:
    """The header, then each chunk."""
    parts = [sealed[:HEADER_BYTES]]
    at = HEADER_BYTES
    while at < len(sealed):
        size = 4 + (int.from_bytes(sealed[at : at + 4], "big") & 0x7FFF_FFFF) + 16
        parts.append(sealed[at : at + size])
        at += size
    return parts


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES, len(SOUND)])
def test_a_stream_opens_as_it_was_written(tapes: DataKeys, size: int) -> None:
    sealed = written(tapes, SOUND[:size])
    assert read(tapes, sealed) == SOUND[:size]
    assert size < 16 or SOUND[:16] not in sealed


def test_a_real_file_and_one_that_reads_in_bits(tapes: DataKeys, tmp_path: Path) -> None:
    path = tmp_path / "call"
    with path.open("wb") as file, tapes.stream_writer("recording", "call-1", file) as stream:
        stream.write(memoryview(SOUND))
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        os.write(writer, path.read_bytes()[:60_000])
        os.close(writer)
        assert b"".join(tapes.stream_reader("recording", "call-1", pipe)) == SOUND


def test_what_is_written_is_on_the_way_at_once(tapes: DataKeys) -> None:
    sink = io.BytesIO()
    stream = tapes.stream_writer("recording", "call-1", sink)
    stream.write(SOUND[: CHUNK_BYTES + 10])
    assert len(chunks_of(sink.getvalue())) == 2
    stream.flush()
    stream.flush()
    reader = tapes.stream_reader("recording", "call-1", io.BytesIO(sink.getvalue()), salvage=True)
    assert b"".join(reader) == SOUND[: CHUNK_BYTES + 10]
    assert reader.is_cut is True


def test_a_stream_cut_anywhere_opens_up_to_its_last_whole_chunk(tapes: DataKeys) -> None:
    sealed = written(tapes, SOUND)
    ends = [HEADER_BYTES]
    for chunk in chunks_of(sealed)[1:]:
        ends.append(ends[-1] + len(chunk))
    cuts = {0, 1, 4, 5, 30, *range(HEADER_BYTES - 2, HEADER_BYTES + 30), len(sealed) - 1}
    cuts |= {end + by for end in ends for by in (-17, -1, 0, 1, 3, 4, 5) if end + by >= 0}
    for cut in sorted(cut for cut in cuts if cut < len(sealed)):
        whole = max(0, sum(end <= cut for end in ends) - 1)
        reader = tapes.stream_reader("recording", "call-1", io.BytesIO(sealed[:cut]), salvage=True)
        assert reader.is_cut is None
        assert b"".join(reader) == SOUND[: whole * CHUNK_BYTES]
        assert reader.is_cut is True
        with pytest.raises(StreamCutError):
            read(tapes, sealed[:cut])


def test_zeros_after_a_crash_are_a_cut_and_not_a_forgery(tapes: DataKeys) -> None:
    sealed = b"".join(chunks_of(written(tapes, SOUND))[:3])
    for zeros in (1, 3, 4, 5, 4096, 20_000):
        with pytest.raises(StreamCutError, match="2 whole chunks are there"):
            read(tapes, sealed + bytes(zeros))
    with pytest.raises(SealError, match="chunk 3 "):
        read(tapes, sealed + bytes(9000) + b"x")


def test_a_whole_stream_says_so(tapes: DataKeys) -> None:
    reader = tapes.stream_reader(
        "recording", "call-1", io.BytesIO(written(tapes, SOUND)), salvage=True
    )
    assert b"".join(reader) == SOUND
    assert reader.is_cut is False


@pytest.mark.parametrize(
    "mangle",
    [
        lambda parts: [*parts[:1], *parts[2:]],
        lambda parts: [parts[0], parts[2], parts[1], *parts[3:]],
        lambda parts: [*parts[:2], parts[1], *parts[2:]],
        lambda parts: [*parts[:2], *parts[-1:]],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [*parts, b"\0"],
        lambda parts: [*parts[:-1], parts[1]],
    ],
    ids=[
        "first left out",
        "swapped",
        "repeated",
        "middle left out",
        "doubled end",
        "more",
        "mixed",
    ],
)
def test_chunks_that_are_not_where_they_belong_are_found(
    tapes: DataKeys, mangle: Callable[[list[bytes]], list[bytes]]
) -> None:
    parts = chunks_of(written(tapes, SOUND))
    with pytest.raises(SealError):
        read(tapes, b"".join(mangle(parts)))


def test_a_length_beyond_any_chunk_is_not_believed(tapes: DataKeys) -> None:
    sealed = bytearray(written(tapes, SOUND))
    sealed[HEADER_BYTES] |= 0x40
    asked = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    with pytest.raises(SealError, match="chunk 1 of the stream"):
        list(tapes.stream_reader("recording", "call-1", Watched(sealed)))
    assert max(asked) <= CHUNK_BYTES + 16


def test_chunks_of_another_stream_are_found(tapes: DataKeys) -> None:
    one, other = (chunks_of(written(tapes, SOUND)) for _ in range(2))
    with pytest.raises(SealError, match="chunk 2 of the stream"):
        read(tapes, b"".join([*one[:2], other[2], *one[3:]]))
    with pytest.raises(SealError, match="chunk 1 of the stream"):
        read(tapes, b"".join([other[0], *one[1:]]))


def test_a_stream_opens_only_as_what_it_was_written(vault: Vault, tapes: DataKeys) -> None:
    sealed = written(tapes, SOUND)
    with pytest.raises(SealError, match="it is another's"):
        read(tapes, sealed, "call-2")
    with pytest.raises(SealError, match="it is another's"):
        list(tapes.stream_reader("transcript", "call-1", io.BytesIO(sealed)))
    with pytest.raises(SealError, match="it is another's"):
        read(vault.keys(CARDS), sealed)
    with pytest.raises(SealError, match="no sealed stream"):
        read(tapes, b"RIFF" + bytes(200))


def test_a_writer_that_is_left_by_an_error_leaves_a_cut_stream(tapes: DataKeys) -> None:
    sink = io.BytesIO()
    stream = tapes.stream_writer("recording", "call-1", sink)
    with suppress(ZeroDivisionError), stream:
        stream.write(SOUND)
        raise ZeroDivisionError
    stream.close()  # too late to call it whole
    with pytest.raises(StreamCutError):
        read(tapes, sink.getvalue())


def test_nothing_is_written_after_the_end(tapes: DataKeys) -> None:
    sink = io.BytesIO()
    stream = tapes.stream_writer("recording", "call-1", sink)
    stream.close()
    length = len(sink.getvalue())
    stream.close()
    for late in (lambda: stream.write(b"x"), stream.flush):
        with pytest.raises(VaultError, match="nothing more is written"):
            late()
    assert len(sink.getvalue()) == length


class FullDisk(io.BytesIO):
    """It takes `room` bytes. Then it raises, or, where it is `sly`, takes a part and says so."""

    def __init__(self, room: int, *, sly: bool) -> None:
        super().__init__()
        self._room = room
        self._sly = sly

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        left = self._room - self.tell()
        if len(data) <= left:
            return super().write(data)
        super().write(data[:left])
        if self._sly:
            return left
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("sly", [False, True])
@pytest.mark.parametrize("room", [0, 20, HEADER_BYTES + 2, HEADER_BYTES + CHUNK_BYTES + 1000])
def test_a_full_disk_leaves_a_cut_stream_and_no_nonce_twice(
    tapes: DataKeys, room: int, sly: bool
) -> None:
    disk = FullDisk(room, sly=sly)
    with pytest.raises(VaultError if sly else OSError):  # noqa: PT012 -- wherever it fails
        stream = tapes.stream_writer("recording", "call-1", disk)
        stream.write(SOUND)
    if room > HEADER_BYTES:
        with pytest.raises(VaultError, match="its file failed"):
            stream.write(SOUND)
        stream.close()
    assert len(disk.getvalue()) == room
    with pytest.raises(StreamCutError):
        read(tapes, disk.getvalue())


def test_a_nonce_is_used_up_even_where_the_key_outlives_a_failed_write(tapes: DataKeys) -> None:
    disk = FullDisk(HEADER_BYTES + 100, sly=False)
    stream = tapes.stream_writer("recording", "call-1", disk)
    cipher, nonces = stream._cipher, []

    class Noting:
        def encrypt(self, nonce: bytes, plain: bytes, head: bytes) -> bytes:
            nonces.append(nonce)
            assert cipher is not None
            return cipher.encrypt(nonce, plain, head)

    for _ in range(2):
        stream._cipher = Noting()  # type: ignore[assignment]
        with pytest.raises(OSError, match="No space"):
            stream.write(SOUND)
        assert stream._cipher is None
    assert nonces == [bytes(12), bytes(11) + b"\x01"]


def test_a_stream_is_gone_with_its_key(tapes: DataKeys) -> None:
    sealed = written(tapes, SOUND)
    tapes.forget()
    with pytest.raises(KeyDestroyedError):
        read(tapes, sealed)
    with pytest.raises(KeyDestroyedError):
        written(tapes, SOUND)
