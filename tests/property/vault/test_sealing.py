"""Whatever bytes are sealed, they open where they belong, and any change is found."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialer.errors import KeyUnknownError, MasterKeyError, SealError, StreamCutError, VaultError
from dialer.testing import MemoryKeys
from dialer.vault import Masters, Purpose, Scope, ShelvedKey
from dialer.vault.material import Secret, bound
from dialer.vault.streams import CHUNK_BYTES, HEADER_BYTES
from tests.support.vault import CARDS, TAPES, master, new_vault

VAULT = new_vault(MemoryKeys(), CARDS, TAPES)
KEYS = VAULT.keys(CARDS)
rows = st.integers() | st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text(st.characters(codec="utf-8"), max_size=12)
places = st.tuples(names, names, rows)
sizes = st.integers(0, 3 * CHUNK_BYTES)


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one of its bits turned."""
    turned = bytearray(data)
    turned[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(turned)


@given(place=places, plain=st.binary(max_size=300))
def test_a_value_opens_in_its_place(place: tuple[str, str, int | str], plain: bytes) -> None:
    table, column, row = place
    sealed = KEYS.column(table, column).seal(row, plain)
    assert KEYS.column(table, column).open(row, sealed) == plain


@given(place=places, plain=st.binary(max_size=50), bit=st.integers(0, 10**6))
def test_any_bit_turned_in_a_value_is_found(
    place: tuple[str, str, int | str], plain: bytes, bit: int
) -> None:
    table, column, row = place
    sealed = KEYS.column(table, column).seal(row, plain)
    with pytest.raises((SealError, KeyUnknownError)):
        KEYS.column(table, column).open(row, flipped(sealed, bit))


@given(here=places, there=places)
@example(here=("a", "bc", 1), there=("ab", "c", 1))
@example(here=("a", "b", 1), there=("a", "b", "1"))
@example(here=("a", "b", "#1"), there=("a", "b", 1))
@example(here=("a", "b\x01\x00\x01#1", 2), there=("a", "b", "1\x01\x00\x01#2"))
def test_a_value_opens_nowhere_else(
    here: tuple[str, str, int | str], there: tuple[str, str, int | str]
) -> None:
    sealed = KEYS.column(*here[:2]).seal(here[2], b"x")
    if here == there:
        return
    with pytest.raises(SealError):
        KEYS.column(*there[:2]).open(there[2], sealed)


@given(one=st.lists(names, max_size=4), other=st.lists(names, max_size=4))
def test_additional_data_of_different_places_differ(one: list[str], other: list[str]) -> None:
    assert (bound("label", *one) == bound("label", *other)) is (one == other)


@given(
    name=names, generation=st.integers(1, 65_535), plain=st.binary(min_size=32, max_size=32),
    bit=st.integers(0, 10**6),
)  # fmt: skip
def test_a_wrapped_key_opens_as_what_it_is_and_any_bit_turned_is_found(
    name: str, generation: int, plain: bytes, bit: int
) -> None:
    key = master("first").wrap(name, generation, Secret(bytearray(plain)))
    assert bytes(master("first").unwrap(key).held) == plain
    assert key.wrapped is not None
    for wrong in (
        ShelvedKey(name, generation, key.master, flipped(key.wrapped, bit)),
        ShelvedKey(name + "x", generation, key.master, key.wrapped),
        ShelvedKey(name, generation + 1, key.master, key.wrapped),
    ):
        with pytest.raises(SealError):
            Masters(master("first")).unwrap(wrong)
    with pytest.raises(MasterKeyError):
        Masters(master("second")).unwrap(key)
    # Relabelled as another master key's, it still does not open.
    forged = ShelvedKey(name, generation, master("second").id, key.wrapped)
    with pytest.raises(SealError):
        Masters(master("second")).unwrap(forged)


@given(st.sampled_from(Purpose), names, st.sampled_from(Purpose), names)
def test_scopes_have_names_of_their_own(
    purpose: Purpose, campaign: str, other_purpose: Purpose, other_campaign: str
) -> None:
    one, other = Scope(purpose, campaign), Scope(other_purpose, other_campaign)
    assert (one.name == other.name) is (one == other)
    assert one.name != "lookup"


# ---------------------------------------------------------------------------------------- streams


def stream_of(plain: bytes, cuts: list[int]) -> bytes:
    """`plain` as a stream, written in pieces that end at `cuts`; each third piece is flushed."""
    sink = io.BytesIO()
    edges = [0, *sorted({cut % (len(plain) + 1) for cut in cuts}), len(plain)]
    with VAULT.keys(TAPES).stream_writer("recording", 1, sink) as stream:
        for number, (start, end) in enumerate(itertools.pairwise(edges)):
            stream.write(plain[start:end])
            if number % 3 == 2:
                stream.flush()
    return sink.getvalue()


def pieces(sealed: bytes) -> tuple[bytes, Exception | None]:
    """What a reader gives before it ends, and the error that it ends with."""
    got = bytearray()
    try:
        for chunk in VAULT.keys(TAPES).stream_reader("recording", 1, io.BytesIO(sealed)):
            got += chunk
    except VaultError as error:
        return bytes(got), error
    return bytes(got), None


def sound(size: int) -> bytes:
    return bytes(at * 7 % 251 for at in range(size))


@given(size=sizes, cuts=st.lists(st.integers(0, 10**6), max_size=8))
def test_a_stream_is_read_as_it_was_written(size: int, cuts: list[int]) -> None:
    assert pieces(stream_of(sound(size), cuts)) == (sound(size), None)


@given(
    size=sizes, cuts=st.lists(st.integers(0, 10**6), max_size=5), bit=st.integers(0, 10**7),
    early=st.booleans(),
)  # fmt: skip
def test_any_bit_turned_in_a_stream_is_found(
    size: int, cuts: list[int], bit: int, early: bool
) -> None:
    sealed = stream_of(sound(size), cuts)
    got, error = pieces(flipped(sealed, bit % (8 * (HEADER_BYTES + 8)) if early else bit))
    assert isinstance(error, SealError | StreamCutError | KeyUnknownError)
    assert sound(size).startswith(got)


@given(size=sizes, cuts=st.lists(st.integers(0, 10**6), max_size=5), cut=st.integers(0, 10**6))
def test_a_stream_that_is_cut_anywhere_says_so(size: int, cuts: list[int], cut: int) -> None:
    sealed = stream_of(sound(size), cuts)
    got, error = pieces(sealed[: cut % len(sealed)])
    assert isinstance(error, StreamCutError)
    assert sound(size).startswith(got)


@given(size=sizes, cuts=st.lists(st.integers(0, 10**6), max_size=5), more=st.binary(min_size=1))
def test_nothing_can_be_added_to_a_stream(size: int, cuts: list[int], more: bytes) -> None:
    got, error = pieces(stream_of(sound(size), cuts) + more)
    assert isinstance(error, SealError)
    assert got == sound(size)
