"""A sealed value opens in its own place and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialer.errors import KeyDestroyedError, KeyUnknownError, SealError, VaultError
from dialer.testing import MemoryKeys
from dialer.vault import DataKeys, Vault, fields
from tests.support.vault import CARDS, LOANS, TAPES, new_vault

PLAIN = b"+8613812345678"


@pytest.fixture
def vault() -> Vault:
    return new_vault(MemoryKeys(), CARDS, LOANS, TAPES)


@pytest.fixture
def cards(vault: Vault) -> DataKeys:
    return vault.keys(CARDS)


@pytest.mark.parametrize("plain", [b"", PLAIN, bytes(1_000_000), "王小明".encode()])
@pytest.mark.parametrize("row", [7, -7, 2**63, "7", "", "a call"])
def test_what_is_sealed_opens(cards: DataKeys, row: int | str, plain: bytes) -> None:
    column = cards.column("contact", "name")
    sealed = column.seal(row, plain)
    assert column.open(row, sealed) == plain
    assert len(sealed) == len(plain) + fields.OVERHEAD
    assert not plain or plain not in sealed


def test_the_same_value_never_looks_the_same(cards: DataKeys) -> None:
    column = cards.column("contact", "number")
    assert len({column.seal(1, PLAIN) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda vault, sealed: vault.keys(CARDS).column("contact", "number").open(8, sealed),
        lambda vault, sealed: vault.keys(CARDS).column("contact", "number").open("7", sealed),
        lambda vault, sealed: vault.keys(CARDS).column("contact", "name").open(7, sealed),
        lambda vault, sealed: vault.keys(CARDS).column("call", "number").open(7, sealed),
        lambda vault, sealed: vault.keys(CARDS).column("contactn", "umber").open(7, sealed),
        lambda vault, sealed: vault.keys(LOANS).column("contact", "number").open(7, sealed),
        lambda vault, sealed: vault.keys(TAPES).column("contact", "number").open(7, sealed),
    ],
)
def test_a_value_that_was_moved_does_not_open(
    vault: Vault, elsewhere: Callable[[Vault, bytes], bytes]
) -> None:
    sealed = vault.keys(CARDS).column("contact", "number").seal(7, PLAIN)
    with pytest.raises(SealError, match="moved here from another place"):
        elsewhere(vault, sealed)


@pytest.mark.parametrize("sealed", [b"", b"\x01", PLAIN, b"\x02" + bytes(40), bytes(40)])
def test_what_was_never_sealed_is_refused(cards: DataKeys, sealed: bytes) -> None:
    with pytest.raises(SealError, match=r"contact\.number .*: this is no sealed value"):
        cards.column("contact", "number").open(7, sealed)


def test_many_at_once_are_sealed_like_one_by_one(cards: DataKeys) -> None:
    column = cards.column("contact", "number")
    values: list[tuple[int | str, bytes]] = [(row, b"%d" % row) for row in range(500)]
    sealed = column.seal_many(values)
    assert [column.open(row, text) for (row, _), text in zip(values, sealed, strict=True)] == [
        plain for _, plain in values
    ]
    assert column.seal_many([]) == []


def test_nonces_do_not_repeat_over_a_long_run(cards: DataKeys) -> None:
    column = cards.column("contact", "number")
    nonces = {column.seal(1, b"")[3:15] for _ in range(50_000)}
    nonces |= {sealed[3:15] for sealed in column.seal_many((row, b"") for row in range(50_000))}
    assert len(nonces) == 100_000


def test_a_key_is_not_used_beyond_what_it_may_seal(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "SEALS_PER_KEY", 3)
    kept = MemoryKeys()
    tired = new_vault(kept, CARDS)
    column = tired.keys(CARDS).column("contact", "number")
    sealed = [column.seal(1, PLAIN), *column.seal_many([(2, PLAIN), (3, PLAIN)])]
    for used_up in (
        lambda: column.seal(4, PLAIN),
        lambda: column.seal_many([(4, PLAIN)]),
        lambda: tired.keys(CARDS).stream_writer("recording", 1, Nowhere()),
    ):
        with pytest.raises(VaultError, match="give it a new generation"):
            used_up()
    with kept.transaction() as shelf:
        changes = tired.changes(shelf)
        changes.rotate(CARDS)
    changes.committed()
    column.seal(4, PLAIN)
    assert column.open(1, sealed[0]) == PLAIN


def test_a_generation_made_elsewhere_is_said_to_be_unknown(cards: DataKeys) -> None:
    column = cards.column("contact", "number")
    sealed = bytearray(column.seal(7, PLAIN))
    sealed[2] = 9
    with pytest.raises(KeyUnknownError, match="generation 9 of key contacts/card-renewal"):
        column.open(7, bytes(sealed))


def test_threads_may_share_a_column_while_it_is_destroyed(cards: DataKeys) -> None:
    column = cards.column("contact", "number")
    ready = threading.Barrier(5)

    def work(first: int) -> int:
        ready.wait(10)
        for row in range(first, first + 1_000_000):
            try:
                assert column.open(row, column.seal(row, b"%d" % row)) == b"%d" % row
            except KeyDestroyedError:
                return row - first
        raise AssertionError("it went on after the key was gone")

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, first * 10**7) for first in range(4)]
        ready.wait(10)
        while cards.latest().left > fields.SEALS_PER_KEY - 4000:
            pass
        cards.forget()
        assert sum(each.result(30) for each in working) > 1000


class Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)
