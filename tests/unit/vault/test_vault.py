"""Keys are made, found, changed and destroyed with the transaction they belong to."""

from __future__ import annotations

import hmac
import io
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

import pytest

from dialer.core.values.number import E164
from dialer.errors import (
    KeyDestroyedError,
    KeyUnknownError,
    MasterKeyError,
    SealError,
    VaultError,
)
from dialer.testing import MemoryKeys
from dialer.vault import Masters, ShelvedKey, Vault, fields
from dialer.vault.lookup import Lookup
from dialer.vault.material import Secret
from tests.support.vault import (
    CARDS,
    LOANS,
    TAPES,
    Killed,
    MortalKeys,
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
FIRST = Masters(master("first"))


@pytest.fixture
def kept() -> MemoryKeys:
    return MemoryKeys()


# -------------------------------------------------------------------------------------- opening


def test_a_vault_opens_again_with_all_that_was_in_it(kept: MemoryKeys) -> None:
    before = new_vault(kept, CARDS)
    sealed, hashed = seal(before), before.lookup.number(NUMBER)
    after = opened(kept)
    with pytest.raises(KeyUnknownError, match="not been loaded here"):
        after.keys(CARDS)
    loaded(after, kept, CARDS)
    assert unseal(after, sealed) == b"Wang"
    assert after.lookup.number(NUMBER) == hashed


def test_the_lookup_tells_numbers_apart_and_stores_apart(kept: MemoryKeys) -> None:
    lookup = new_vault(kept).lookup
    assert lookup.number(NUMBER) == lookup.number(E164(NUMBER.clear))
    assert lookup.number(NUMBER) != lookup.number(E164("+8613812345679"))
    assert lookup.number(NUMBER) != new_vault(MemoryKeys()).lookup.number(NUMBER)
    assert len(lookup.number(NUMBER)) == 32


def test_a_number_is_hashed_as_written_in_the_decision() -> None:
    """HMAC-SHA256 of a label and the number: by itself a hash says of what it is."""
    for name in ("+8613812345678", "+442079460000"):
        lookup = Lookup(Secret(bytearray(range(32))))
        by_hand = hmac.digest(bytes(range(32)), b"veridial number 1\0" + name.encode(), "sha256")
        assert lookup.number(E164(name)) == by_hand


def test_a_wrong_master_key_is_refused_by_name(kept: MemoryKeys) -> None:
    new_vault(kept, CARDS)
    with pytest.raises(MasterKeyError, match="wrong master key") as refused:
        opened(kept, "second")
    assert master("first").id in str(refused.value)
    assert master("second").id in str(refused.value)
    assert opened(kept, "second", "first").lookup


def test_all_master_keys_that_are_missing_are_named_at_once(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    with kept.transaction() as shelf:
        vault.accept(Masters(master("second"), master("first")), shelf)
        vault.changes(shelf).rewrap(1)
    with pytest.raises(MasterKeyError) as refused:
        opened(kept, "third")
    assert all(master(name).id in str(refused.value) for name in ("first", "second", "third"))


def test_a_shelf_without_keys_is_never_filled_in_silence(kept: MemoryKeys) -> None:
    with pytest.raises(VaultError, match="has lost its keys"):
        opened(kept)
    new_vault(kept, CARDS)
    with pytest.raises(VaultError, match="has keys already"):
        new_vault(kept)
    lost = MemoryKeys()
    with lost.transaction() as shelf:
        assert shelf.put(next(key for key in shelved(kept) if key.name != "lookup"))
    with pytest.raises(VaultError, match="has lost its keys"):
        opened(lost)
    with pytest.raises(VaultError, match="has keys already"):
        new_vault(lost)


def test_a_changed_key_is_found_at_the_start(kept: MemoryKeys) -> None:
    new_vault(kept, CARDS)
    for key in shelved(kept):
        wrapped = key.wrapped
        assert wrapped is not None
        wrong = [
            replace(key, wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1])),
            replace(key, wrapped=wrapped[:-1]),
            replace(key, wrapped=b""),
            *(replace(key, wrapped=other.wrapped) for other in shelved(kept) if other != key),
        ]
        for changed in wrong:
            with kept.transaction() as shelf:
                assert shelf.replace(key, changed)
            with pytest.raises(SealError, match=r"has been changed in the store.*backup"):
                opened(kept)
            with kept.transaction() as shelf:
                assert shelf.replace(changed, key)
    opened(kept)


def test_the_id_of_a_master_key_tells_only_which_it_is() -> None:
    assert master("first").id == master("first").id
    assert master("first").id != master("second").id
    assert len(master("first").id) == 16


# --------------------------------------------------------------------------------- transactions


def test_keys_of_a_transaction_serve_it_at_once(kept: MemoryKeys) -> None:
    vault = new_vault(kept)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        keys = changes.obtain(CARDS)
        sealed = keys.column("contact", "name").seal(1, b"Wang")
        assert changes.obtain(CARDS) is keys
        assert changes.load(CARDS) is keys
        with pytest.raises(KeyUnknownError):
            vault.keys(CARDS)
    changes.committed()
    changes.committed()
    assert unseal(vault, sealed) == b"Wang"


def test_a_key_that_was_rolled_back_seals_nothing(kept: MemoryKeys) -> None:
    mortal = MortalKeys(kept)
    vault = new_vault(kept, LOANS)
    mortal.lives = 2
    with suppress(Killed), mortal.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.obtain(CARDS)
        changes.rotate(LOANS)
    with pytest.raises(KeyUnknownError):
        vault.keys(CARDS)
    assert vault.keys(LOANS).generation == 1
    assert {key.name for key in shelved(kept)} == {"lookup", LOANS.name}


def test_a_key_is_obtained_once(kept: MemoryKeys) -> None:
    one = new_vault(kept, CARDS)
    other = opened(kept)
    with kept.transaction() as shelf:
        changes = other.changes(shelf)
        changes.obtain(CARDS)
    changes.committed()
    assert unseal(other, seal(one)) == b"Wang"
    assert len(shelved(kept)) == 2


def test_what_was_never_made_is_unknown(kept: MemoryKeys) -> None:
    vault = new_vault(kept)
    with kept.transaction() as shelf:
        for ask in (vault.changes(shelf).load, vault.changes(shelf).rotate):
            with pytest.raises(KeyUnknownError, match="contacts/card-renewal has not been made"):
                ask(CARDS)
        assert vault.changes(shelf).destroy(CARDS) == 0


# ------------------------------------------------------------------------------ rotation of data


def test_a_new_generation_seals_and_the_old_ones_open(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    column = vault.keys(CARDS).column("contact", "name")
    sealed = [column.seal(1, b"Wang")]
    tape = io.BytesIO()
    with vault.keys(CARDS).stream_writer("recording", 1, tape) as stream:
        stream.write(b"sound")
    for _ in range(3):
        rotated(vault, kept, CARDS)
        sealed.append(column.seal(1, b"Wang"))
    assert [text[2] for text in sealed] == [1, 2, 3, 4]
    for each in (vault, opened(kept)):
        loaded(each, kept, CARDS)
        assert {unseal(each, text) for text in sealed} == {b"Wang"}
        tape.seek(0)
        assert list(each.keys(CARDS).stream_reader("recording", 1, tape)) == [b"sound"]


def test_another_node_learns_of_a_new_generation_when_it_refreshes(kept: MemoryKeys) -> None:
    one, other = new_vault(kept, CARDS, LOANS), opened(kept)
    loaded(other, kept, CARDS)
    rotated(one, kept, CARDS)
    sealed = seal(one)
    with pytest.raises(KeyUnknownError, match="generation 2"):
        unseal(other, sealed)
    with kept.transaction() as shelf:
        other.refresh(shelf)
    assert unseal(other, sealed) == b"Wang"
    assert other.keys(CARDS).generation == 2


def test_of_two_nodes_that_rotate_at_once_one_wins_and_both_go_on(kept: MemoryKeys) -> None:
    one, other = new_vault(kept, CARDS), opened(kept)
    loaded(other, kept, CARDS)
    rotated(one, kept, CARDS)

    class Late:
        """A shelf that showed the state before the other node's commit, and then refuses."""

        def __init__(self, shelf: object) -> None:
            self._shelf = shelf
            self._shown = 0

        def get(self, name: str) -> list[ShelvedKey]:
            self._shown += 1
            found: list[ShelvedKey] = list(self._shelf.get(name))  # type: ignore[attr-defined]
            return found[:1] if self._shown == 1 else found

        def __getattr__(self, name: str) -> object:
            return getattr(self._shelf, name)

    with kept.transaction() as shelf:
        changes = other.changes(Late(shelf))  # type: ignore[arg-type]
        changes.rotate(CARDS)
    changes.committed()
    assert unseal(one, seal(other)) == unseal(other, seal(one)) == b"Wang"
    assert [key.generation for key in shelved(kept) if key.name == CARDS.name] == [1, 2]


def test_generations_come_to_an_end(kept: MemoryKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.vault.changes.MOST_GENERATIONS", 2)
    assert fields.MOST_GENERATIONS == 0xFFFF
    vault = new_vault(kept, CARDS)
    rotated(vault, kept, CARDS)
    with pytest.raises(VaultError, match="all the generations"):
        rotated(vault, kept, CARDS)


# ---------------------------------------------------------------------------------- destruction


def test_what_was_sealed_under_a_destroyed_key_never_opens_again(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS, TAPES)
    rotated(vault, kept, CARDS)
    column = vault.keys(CARDS).column("contact", "name")
    sealed, tape = column.seal(1, b"Wang"), seal(vault, TAPES)
    hashed = vault.lookup.number(NUMBER)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        mine = changes.load(CARDS)
        assert changes.destroy(CARDS) == 2
        with pytest.raises(KeyDestroyedError):
            changes.load(CARDS)
    changes.committed()
    for late in (
        lambda: column.open(1, sealed),
        lambda: column.seal(1, b"Wang"),
        lambda: column.seal_many([(1, b"Wang")]),
        lambda: mine.generation,
        lambda: mine.column("contact", "name").open(1, sealed),
    ):
        with pytest.raises(KeyDestroyedError, match="gone for good"):
            late()
    with pytest.raises(KeyUnknownError):
        vault.keys(CARDS)
    for each in (vault, opened(kept)):
        with kept.transaction() as shelf:
            for ask in (
                each.changes(shelf).load,
                each.changes(shelf).obtain,
                each.changes(shelf).rotate,
            ):
                with pytest.raises(KeyDestroyedError):
                    ask(CARDS)
        loaded(each, kept, TAPES)
        assert unseal(each, tape, TAPES) == b"Wang"
        assert each.lookup.number(NUMBER) == hashed


def test_a_key_of_which_one_generation_is_destroyed_is_used_no_more(kept: MemoryKeys) -> None:
    """As it looks to a node that reads while another destroys, or after a restored backup."""
    vault = new_vault(kept, CARDS)
    rotated(vault, kept, CARDS)
    for generation in (1, 2):
        half = MemoryKeys()
        with half.transaction() as shelf:
            for key in shelved(kept):
                is_gone = (key.name, key.generation) == (CARDS.name, generation)
                shelf.put(replace(key, wrapped=None) if is_gone else key)
            other = Vault.open(FIRST, shelf)
            changes = other.changes(shelf)
            knows_all = vault.changes(shelf)
            for ask in (changes.load, changes.obtain, changes.rotate, knows_all.rotate):
                with pytest.raises(KeyDestroyedError):
                    ask(CARDS)
            assert len(shelf.get(CARDS.name)) == 2, "nor was one made"
            refreshed = opened(kept)
            loaded(refreshed, kept, CARDS)
            refreshed.refresh(shelf)
            with pytest.raises(KeyUnknownError):
                refreshed.keys(CARDS)


def test_a_key_made_and_destroyed_in_one_transaction_is_gone_with_it(kept: MemoryKeys) -> None:
    vault = new_vault(kept)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        column = changes.obtain(CARDS).column("contact", "name")
        assert changes.destroy(CARDS) == 1
        for ask in (changes.load, changes.obtain, changes.rotate):
            with pytest.raises(KeyDestroyedError):
                ask(CARDS)
    changes.committed()
    with pytest.raises(KeyDestroyedError):
        column.seal(1, b"Wang")
    with pytest.raises(KeyUnknownError):
        vault.keys(CARDS)


def test_a_key_that_another_node_is_making_just_now_is_asked_for_again(kept: MemoryKeys) -> None:
    """Its name is taken, and not to be seen before that node's commit."""
    vault = new_vault(kept)

    class Taken:
        def get(self, _name: str) -> list[ShelvedKey]:
            return []

        def put(self, _key: ShelvedKey) -> bool:
            return False

    with pytest.raises(KeyUnknownError, match=r"another node is making .* try again"):
        vault.changes(Taken()).obtain(CARDS)  # type: ignore[arg-type]


def test_keys_loaded_twice_are_dropped_wherever_they_went(kept: MemoryKeys) -> None:
    new_vault(kept, CARDS)
    vault = opened(kept)
    with kept.transaction() as shelf:
        first, second = vault.changes(shelf), vault.changes(shelf)
        columns = [each.load(CARDS).column("contact", "name") for each in (first, second)]
    second.committed()
    first.committed()
    with kept.transaction() as shelf:
        vault.changes(shelf).destroy(CARDS)
    for column in columns:
        with pytest.raises(KeyDestroyedError):
            column.seal(1, b"Wang")


def test_a_key_that_came_back_before_the_commit_goes_with_it(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    before = MemoryKeys()
    with before.transaction() as copy:
        for key in shelved(kept):
            copy.put(key)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.destroy(CARDS)
        # Another thread reads what was committed before.
        loaded(vault, before, CARDS)
        column = vault.keys(CARDS).column("contact", "name")
    changes.committed()
    with pytest.raises(KeyDestroyedError):
        column.seal(1, b"Wang")


def test_a_destruction_that_was_rolled_back_leaves_the_key_to_be_loaded_again(
    kept: MemoryKeys,
) -> None:
    sealed = seal(new_vault(kept, CARDS))
    vault = opened(kept)
    with kept.transaction() as shelf:
        reading = vault.changes(shelf)
        mine = reading.load(CARDS)
    mortal = MortalKeys(kept)
    mortal.lives = 1
    with suppress(Killed), mortal.transaction() as shelf:
        vault.changes(shelf).destroy(CARDS)
    reading.committed()
    with pytest.raises(KeyDestroyedError):
        mine.column("contact", "name").seal(1, b"Wang")
    with pytest.raises(KeyUnknownError):
        vault.keys(CARDS)
    loaded(vault, kept, CARDS)
    assert unseal(vault, sealed) == b"Wang"


def test_another_node_drops_a_destroyed_key_when_it_refreshes(kept: MemoryKeys) -> None:
    one, other = new_vault(kept, CARDS), opened(kept)
    loaded(other, kept, CARDS)
    column = other.keys(CARDS).column("contact", "name")
    with kept.transaction() as shelf:
        one.changes(shelf).destroy(CARDS)
    column.seal(1, b"Wang")
    with kept.transaction() as shelf:
        other.refresh(shelf)
    with pytest.raises(KeyDestroyedError):
        column.seal(1, b"Wang")


def test_a_refresh_that_finds_a_key_gone_says_so(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    with MemoryKeys().transaction() as shelf, pytest.raises(VaultError, match="has lost the key"):
        vault.refresh(shelf)


def test_a_key_that_is_made_while_the_shelf_is_read_is_not_lost(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    before, as_it_was = vault.loaded, deepcopy(kept)
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.obtain(LOANS)
    changes.committed()
    with as_it_was.transaction() as shelf:
        vault.refresh(shelf, before)
    assert set(vault.loaded) == {*before, LOANS}
    assert unseal(vault, seal(vault, LOANS), LOANS) == b"Wang"


def test_a_closed_vault_holds_nothing(kept: MemoryKeys) -> None:
    vault = new_vault(kept, CARDS)
    column = vault.keys(CARDS).column("contact", "name")
    vault.close()
    for late in (lambda: column.seal(1, b"Wang"), lambda: vault.lookup.number(NUMBER)):
        with pytest.raises(VaultError, match="the vault is closed"):
            late()
    with pytest.raises(KeyUnknownError):
        vault.keys(CARDS)


def test_a_closed_vault_takes_back_what_only_a_transaction_had(kept: MemoryKeys) -> None:
    vault = new_vault(kept)
    with kept.transaction() as shelf:
        column = vault.changes(shelf).obtain(CARDS).column("contact", "name")
        vault.close()
        with pytest.raises(VaultError, match="the vault is closed"):
            column.seal(1, b"Wang")
