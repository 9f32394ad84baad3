"""The book of suppressions says the same in memory as in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.errors import SuppressionError
from dialer.ports.desks import ListImport, SuppressionDesk
from tests.support.orders import NOON, number

DAY = timedelta(days=1)
ONE, TWO, THREE = number(1), number(2), number(3)


def a_list(name: str = "dnc", *, at: datetime = NOON, until: datetime | None = None) -> ListImport:
    return ListImport(name, "the authority", "0" * 64, at, "ann", 0, until)


def listed(name: str = "dnc", at: datetime = NOON, until: datetime | None = None) -> Suppression:
    return Suppression(SuppressionKind.IMPORTED, at, until, name, "the authority")


async def test_the_book_is_empty_at_first(book: SuppressionDesk) -> None:
    assert list(await book.check(ONE)) == []
    assert list(await book.entries()) == []
    assert list(await book.lists()) == []


async def test_a_number_is_on_our_own_list_once_with_its_first_reason(
    book: SuppressionDesk,
) -> None:
    assert await book.add(ONE, "asked at the branch", "ann", NOON)
    assert not await book.add(ONE, "asked again", "bob", NOON + DAY)
    assert await book.add(TWO, "asked by letter", "bob", NOON + DAY)
    assert list(await book.check(ONE)) == [Suppression(SuppressionKind.OWN_LIST, NOON)]
    latest, first = await book.entries()
    assert (first.why, first.since, first.by, first.reason) == (
        SuppressionKind.OWN_LIST,
        NOON,
        "ann",
        "asked at the branch",
    )
    assert latest.by == "bob"
    assert list(await book.entries(1)) == [latest]
    assert len(first.number) == 64
    assert ONE.digits not in first.number


async def test_what_is_on_our_own_list_is_lifted_for_a_reason(book: SuppressionDesk) -> None:
    await book.add(ONE, "by mistake", "ann", NOON)
    with pytest.raises(SuppressionError, match="reason"):
        await book.remove(ONE, " ", "ann", NOON)
    await book.remove(ONE, "was another number", "ann", NOON)
    assert list(await book.check(ONE)) == []
    with pytest.raises(SuppressionError, match="not in the book"):
        await book.remove(ONE, "again", "ann", NOON)
    assert await book.add(ONE, "now truly", "ann", NOON + DAY)


async def test_a_reason_without_words_or_with_a_number_is_refused(book: SuppressionDesk) -> None:
    for reason in ("", f"it is {TWO.clear}"):
        with pytest.raises(SuppressionError):
            await book.add(ONE, reason, "ann", NOON)
    assert list(await book.entries()) == []


async def test_a_list_counts_until_it_ends(book: SuppressionDesk) -> None:
    made = await book.import_list(a_list(until=NOON + DAY), [ONE, TWO, ONE], replace=False)
    assert made.numbers == 2
    assert list(await book.lists()) == [made]
    assert list(await book.check(ONE)) == [listed(until=NOON + DAY)]
    assert list(await book.check(THREE)) == []
    with pytest.raises(SuppressionError, match="--replace"):
        await book.remove(ONE, "a good reason", "ann", NOON)


async def test_imports_of_one_name_add_up(book: SuppressionDesk) -> None:
    first = await book.import_list(a_list(), [ONE], replace=False)
    second = await book.import_list(a_list(at=NOON + DAY), [ONE, TWO], replace=False)
    other = await book.import_list(a_list("carrier"), [ONE], replace=False)
    assert list(await book.lists()) == [other, second, first]
    assert set(await book.check(ONE)) == {listed(), listed(at=NOON + DAY), listed("carrier")}


async def test_a_list_is_replaced_as_a_whole(book: SuppressionDesk) -> None:
    await book.import_list(a_list(), [ONE, TWO], replace=False)
    other = await book.import_list(a_list("carrier"), [ONE], replace=True)
    made = await book.import_list(a_list(at=NOON + DAY), [THREE], replace=True, most_gone=1.0)
    assert list(await book.lists()) == [other, made]
    assert list(await book.check(ONE)) == [listed("carrier")]
    assert list(await book.check(TWO)) == []
    assert list(await book.check(THREE)) == [listed(at=NOON + DAY)]


async def test_a_list_without_a_name_or_a_source_is_refused(book: SuppressionDesk) -> None:
    for wanted in (a_list("two words"), ListImport("dnc", " ", "", NOON, "ann", 0)):
        with pytest.raises(SuppressionError):
            await book.import_list(wanted, [ONE], replace=True)
    assert list(await book.lists()) == []


async def test_a_list_does_not_shrink_by_more_than_its_share_however_small_the_steps(
    book: SuppressionDesk,
) -> None:
    many = [number(1000 + n) for n in range(20)]
    await book.import_list(a_list(), many, replace=False)
    made = await book.import_list(a_list(at=NOON + DAY), many[1:], replace=True)
    assert (made.numbers, made.gone) == (19, 1)
    await book.import_list(a_list(at=NOON + 2 * DAY), many[2:], replace=True)
    with pytest.raises(SuppressionError, match="1 of 18 numbers off dnc, after 2 in the last 30"):
        await book.import_list(a_list(at=NOON + 3 * DAY), many[3:], replace=True)
    assert len(await book.check(many[2])) == 1
    await book.import_list(a_list(at=NOON + 40 * DAY), many[3:], replace=True)
    assert list(await book.check(many[2])) == []


async def test_a_replacement_does_not_end_before_what_it_replaces(book: SuppressionDesk) -> None:
    await book.import_list(a_list(until=NOON + 3 * DAY), [ONE], replace=False)
    with pytest.raises(SuppressionError, match="end before what it replaces"):
        await book.import_list(a_list(until=NOON + 2 * DAY), [ONE], replace=True)
    await book.import_list(a_list(until=NOON + 4 * DAY), [ONE], replace=True)
    assert len(await book.lists()) == 1
