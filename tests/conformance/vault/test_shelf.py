"""What any KeyShelf must do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace

from dialer.vault import KeyShelf, ShelvedKey

Transaction = Callable[[], AbstractContextManager[KeyShelf]]

ONE = ShelvedKey("contacts/one", 1, "aaaa", bytes(range(61)))
ONE_AGAIN = ShelvedKey("contacts/one", 2, "aaaa", b"\xff\x00wrapped")
TWO = ShelvedKey("contacts/two", 1, "bbbb", b"other")
ODD = ShelvedKey("evidence/信用卡 'x' % _ /", 65_535, "cccc", b"")


def filled(transaction: Transaction, *keys: ShelvedKey) -> None:
    with transaction() as shelf:
        for key in keys:
            assert shelf.put(key)


def test_a_new_shelf_is_empty(transaction: Transaction) -> None:
    with transaction() as shelf:
        assert list(shelf.everything()) == []
        assert list(shelf.get("contacts/one")) == []


def test_what_was_put_is_there_to_the_byte_and_in_order(transaction: Transaction) -> None:
    filled(transaction, TWO, ODD, ONE_AGAIN, ONE)
    with transaction() as shelf:
        assert list(shelf.everything()) == [ONE, ONE_AGAIN, TWO, ODD]
        assert list(shelf.get("contacts/one")) == [ONE, ONE_AGAIN]
        assert list(shelf.get(ODD.name)) == [ODD]


def test_the_tenth_generation_comes_after_the_ninth(transaction: Transaction) -> None:
    generations = [replace(ONE, generation=number) for number in range(1, 12)]
    filled(transaction, *reversed(generations))
    with transaction() as shelf:
        assert list(shelf.get(ONE.name)) == generations
        assert list(shelf.everything()) == generations


def test_a_transaction_sees_its_own_changes(transaction: Transaction) -> None:
    with transaction() as shelf:
        shelf.put(ONE)
        assert list(shelf.get(ONE.name)) == [ONE]


def test_a_name_and_generation_are_given_once(transaction: Transaction) -> None:
    filled(transaction, ONE)
    with transaction() as shelf:
        assert not shelf.put(replace(ONE, wrapped=b"another"))
    with transaction() as shelf:
        assert list(shelf.get(ONE.name)) == [ONE]


def test_a_key_is_replaced_only_where_it_is_what_was_read(transaction: Transaction) -> None:
    filled(transaction, ONE, ONE_AGAIN)
    new = replace(ONE, master="dddd", wrapped=b"new")
    with transaction() as shelf:
        assert shelf.replace(ONE, new)
    with transaction() as shelf:
        assert list(shelf.get(ONE.name)) == [new, ONE_AGAIN]
        assert not shelf.replace(ONE, replace(ONE, wrapped=b"too late"))
        assert not shelf.replace(replace(new, master="aaaa"), ONE)
        assert not shelf.replace(TWO, replace(TWO, wrapped=b"was never there"))
    with transaction() as shelf:
        assert list(shelf.everything()) == [new, ONE_AGAIN]


def test_destruction_takes_all_generations_and_keeps_their_names(transaction: Transaction) -> None:
    filled(transaction, ONE, ONE_AGAIN, TWO)
    with transaction() as shelf:
        assert shelf.destroy(ONE.name) == 2
    with transaction() as shelf:
        gone = shelf.get(ONE.name)
        assert [(key.generation, key.wrapped) for key in gone] == [(1, None), (2, None)]
        assert all(key.is_destroyed for key in gone)
        assert list(shelf.get(TWO.name)) == [TWO]


def test_what_was_destroyed_does_not_come_back(transaction: Transaction) -> None:
    filled(transaction, ONE)
    with transaction() as shelf:
        shelf.destroy(ONE.name)
    with transaction() as shelf:
        assert not shelf.put(ONE)
        assert not shelf.replace(ONE, replace(ONE, master="dddd"))
        assert shelf.destroy(ONE.name) == 0
    with transaction() as shelf:
        assert [key.wrapped for key in shelf.everything()] == [None]


def test_nothing_is_destroyed_by_a_name_that_only_begins_alike(transaction: Transaction) -> None:
    filled(transaction, ONE)
    with transaction() as shelf:
        assert shelf.destroy("contacts/on") == 0
        assert shelf.destroy("contacts/on_") == 0
        assert shelf.destroy("contacts/%") == 0
        assert shelf.destroy("CONTACTS/ONE") == 0
        assert list(shelf.everything()) == [ONE]


def test_a_rollback_leaves_everything_as_it_was(transaction: Transaction) -> None:
    filled(transaction, ONE, TWO)
    with suppress(ZeroDivisionError), transaction() as shelf:
        shelf.put(ONE_AGAIN)
        shelf.replace(ONE, replace(ONE, wrapped=b"new"))
        shelf.destroy(TWO.name)
        raise ZeroDivisionError
    with transaction() as shelf:
        assert list(shelf.everything()) == [ONE, TWO]
