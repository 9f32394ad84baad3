"""What the vault writes, put together by hand: whatever is kept today opens in ten years' release.

Labels, versions and the order of what is bound are held here; a change of any needs a new version.
"""

from __future__ import annotations

import io

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from dialer.errors import SealError
from dialer.testing import MemoryKeys
from dialer.vault import ShelvedKey, Vault
from dialer.vault.fields import MOST_GENERATIONS, OVERHEAD, SEALS_PER_KEY
from dialer.vault.material import Secret, bound
from dialer.vault.streams import CHUNK_BYTES, HEADER_BYTES
from tests.support.vault import TAPES, loaded, master, opened, plain_master

NAME = "evidence/card-renewal"
KEY, NONCE = bytes(range(32)), bytes(range(100, 112))


def told(*parts: str) -> bytes:
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


def derived(what: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, what).derive(plain_master("first"))


def wrapped(name: str, generation: int, key: bytes = KEY, version: bytes = b"\x01") -> ShelvedKey:
    """A key as release 0.1 shelved it."""
    id_ = derived(b"veridial master key: name 1", 8).hex()
    place = told("veridial wrapped key 1", id_, name, str(generation))
    wrapping = AESGCM(derived(b"veridial master key: wrapping 1", 32))
    sealed = wrapping.encrypt(NONCE, key, place)
    return ShelvedKey(name, generation, id_, version + NONCE + sealed)


@pytest.fixture
def vault() -> Vault:
    kept = MemoryKeys()
    with kept.transaction() as shelf:
        for name, generation in (("lookup", 1), (NAME, 1), (NAME, 258)):
            shelf.put(wrapped(name, generation))
    vault = opened(kept)
    loaded(vault, kept, TAPES)
    return vault


def test_figures_of_the_format_and_of_the_standards_behind_it() -> None:
    assert (OVERHEAD, HEADER_BYTES, CHUNK_BYTES) == (31, 67, 8192)
    assert MOST_GENERATIONS == 65_535
    # NIST SP 800-38D 8.3: no more than 2^32 random nonces a key, here for four processes.
    assert SEALS_PER_KEY * 4 == 2**32


def test_a_key_is_wrapped_as_it_always_was() -> None:
    with master("first").unwrap(wrapped("lookup", 1)) as plain:
        assert bytes(plain.held) == KEY
    for changed in (wrapped("lookup", 1, version=b"\x02"), wrapped("lookup", 1, KEY + b"x")):
        with pytest.raises(SealError):
            master("first").unwrap(changed)
    ours = master("first").wrap("lookup", 1, Secret(bytearray(KEY)))
    assert ours.wrapped is not None
    assert len(ours.wrapped) == 1 + 12 + 32 + 16
    nonces = {bytes((master("first").wrap("x", 1, Secret(bytearray(32))).wrapped or b"")[1:13])}
    assert ours.wrapped[1:13] not in nonces


@pytest.mark.parametrize("row,written", [(7, "#7"), ("7", "'7")])
@pytest.mark.parametrize("generation", [1, 258])
def test_a_value_is_sealed_as_it_always_was(
    vault: Vault, generation: int, row: int | str, written: str
) -> None:
    head = b"\x01" + generation.to_bytes(2, "big")
    place = told("veridial field 1", NAME, "calls", "number") + head + written.encode()
    sealed = head + NONCE + AESGCM(KEY).encrypt(NONCE, b"Wang", place)
    column = vault.keys(TAPES).column("calls", "number")
    assert column.open(row, sealed) == b"Wang"
    for ours in (column.seal(row, b"Wang"), *column.seal_many([(row, b"Wang")])):
        assert ours[:3] == b"\x01\x01\x02", "under the last generation"
        place = told("veridial field 1", NAME, "calls", "number") + ours[:3] + written.encode()
        assert AESGCM(KEY).decrypt(ours[3:15], ours[15:], place) == b"Wang"


def test_a_stream_is_sealed_as_it_always_was(vault: Vault) -> None:
    own = bytes(range(32, 64))
    start = b"VRDS\x01" + (258).to_bytes(2, "big")
    place = told("veridial stream 1") + told(NAME, "recording", "'call-1") + start
    sealed = start + NONCE + AESGCM(KEY).encrypt(NONCE, own, place)
    for at, (plain, mark) in enumerate([(b"a" * 8192, 0), (b"end", 1 << 31)]):
        head = (mark | len(plain)).to_bytes(4, "big")
        sealed += head + AESGCM(own).encrypt(at.to_bytes(12, "big"), plain, head)
    reader = vault.keys(TAPES).stream_reader("recording", "call-1", io.BytesIO(sealed))
    assert b"".join(reader) == b"a" * 8192 + b"end"
    sink = io.BytesIO()
    with vault.keys(TAPES).stream_writer("recording", "call-1", sink) as stream:
        stream.write(b"sound")
    ours = sink.getvalue()
    assert ours[:7] == start
    key = AESGCM(KEY).decrypt(ours[7:19], ours[19:67], place)
    assert AESGCM(key).decrypt(bytes(12), ours[71:], ours[67:71]) == b"sound"


def test_no_two_lists_are_bound_alike() -> None:
    assert bound("a", "b", "ü") == told("a", "b", "ü")
    lists = [("ab",), ("a", "b"), ("a", "", "b"), ("", "ab"), ("a", "b", "")]
    assert len({bound(*each) for each in lists}) == len(lists)
