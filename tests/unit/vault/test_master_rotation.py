"""The master key is changed while everything goes on, and never taken away too early."""

from __future__ import annotations

import pytest

from dialer.core.values.number import E164
from dialer.errors import KeyDestroyedError, MasterKeyError
from dialer.testing import MemoryKeys
from dialer.vault import Masters, ShelvedKey, Vault
from tests.support.vault import (
    CARDS,
    LOANS,
    TAPES,
    loaded,
    master,
    new_vault,
    opened,
    rotated,
    seal,
    shelved,
    unseal,
)

NUMBER = E164("+8613812345678")


@pytest.fixture
def kept() -> MemoryKeys:
    return MemoryKeys()


def test_the_master_key_is_changed_while_everything_goes_on(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS, LOANS, TAPES)
    sealed, hashed = seal(vault), vault.lookup.number(NUMBER)
    both = Masters(master("second"), master("first"))
    with kept.transaction() as shelf:
        vault.accept(both, shelf)
    left: list[int] = []
    while not left or left[-1]:
        with kept.transaction() as shelf:
            left.append(vault.changes(shelf).rewrap(limit=3))
        # In the middle either key alone is not enough, and both are.
        assert unseal(opened_with(kept, both), sealed) == b"Wang"
    assert left == [1, 0]
    assert {key.master for key in shelved(kept)} == {master("second").id}
    assert opened(kept, "second").lookup.number(NUMBER) == hashed
    with pytest.raises(MasterKeyError):
        opened(kept, "first")
    with kept.transaction() as shelf:
        vault.accept(Masters(master("second")), shelf)
    assert unseal(vault, sealed) == b"Wang"


def opened_with(kept: MemoryKeys, masters: Masters) -> Vault:
    with kept.transaction() as shelf:
        vault = Vault.open(masters, shelf)
    loaded(vault, kept, CARDS)
    return vault


def test_a_master_key_that_is_still_needed_cannot_be_taken_away(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    with kept.transaction() as shelf, pytest.raises(MasterKeyError, match=master("first").id):
        vault.accept(Masters(master("second")), shelf)
    rotated(vault, kept, CARDS)
    assert {key.master for key in shelved(kept)} == {master("first").id}


def test_a_destroyed_key_needs_no_master_key(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.destroy(CARDS)
    with kept.transaction() as shelf:
        vault.accept(Masters(master("second"), master("first")), shelf)
        assert vault.changes(shelf).rewrap() == 0
    opened(kept, "second")


def test_a_node_that_lacks_the_new_master_goes_on_and_learns_nothing_new(
    kept: MemoryKeys,
) -> None:
    one, other = new_vault(kept, CARDS), opened(kept)
    loaded(other, kept, CARDS)
    with kept.transaction() as shelf:
        one.accept(Masters(master("second"), master("first")), shelf)
        one.changes(shelf).rewrap()
    with kept.transaction() as shelf:
        other.refresh(shelf)
    assert unseal(other, seal(one)) == b"Wang"
    rotated(one, kept, CARDS)
    with kept.transaction() as shelf, pytest.raises(MasterKeyError, match=master("second").id):
        other.refresh(shelf)
    assert other.keys(CARDS).generation == 1


def test_a_destroyed_key_is_never_unwrapped() -> None:
    gone = ShelvedKey("contacts/cards", 1, master("first").id, None)
    with pytest.raises(KeyDestroyedError, match="contacts/cards was destroyed"):
        master("first").unwrap(gone)
    Masters(master("second")).must_open([gone])
