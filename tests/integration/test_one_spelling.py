"""What was kept of one telephone under several spellings becomes one history, the strictest."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, text

from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason
from dialer.core.values.suppression import SuppressionKind
from dialer.store import SqlSuppressions
from dialer.store.queries.suppression import Book
from dialer.store.schema import (
    audit_log,
    contacts,
    list_imports,
    listed_numbers,
    numbers_shown,
)
from dialer.store.values import micros
from tests.support.orders import CALLER_ID, NOON, contact, order, row
from tests.support.places import Place
from tests.support.store import AS_AT_22, begin, call_through, claim_one

RIGHT, OLD, TWICE = (E164(f"+86{zeros}13800138000") for zeros in ("", "0", "00"))
BEIJING, BEIJING_OLD = E164("+861065550177"), E164("+8601065550177")
TAKEN_ONCE = E164("+86000655501")
"""Of a length that was taken, and of no number that is certain."""
UNKNOWN, UNKNOWN_OLD = E164("+8613900139000"), E164("+86013900139000")
"""Nothing in the store tells it; it is known by the hash of an older spelling."""
DAY = timedelta(days=1)


def go_back(connection: Connection) -> None:
    for statement in AS_AT_22:
        connection.execute(text(statement))


async def left_by_the_version_before(place: Place) -> None:
    """One person in three spellings: called, refused, complained, listed, shown two numbers."""
    store = place.store()
    await store.open()
    rows = [row(2, OLD), row(3, RIGHT), row(4, BEIJING_OLD), row(5, TAKEN_ONCE)]
    campaign = await begin(store, rows)
    await call_through(store, await claim_one(store, campaign), "1", Reason.OPTED_OUT)
    await begin(store, [row(2, TWICE)], name="another")
    hashed = store.channel.vault.lookup.number
    book = Book(store.channel.dialect)

    def more(connection: Connection) -> None:
        book.enter(connection, hashed(RIGHT), SuppressionKind.OWN_LIST, NOON, "li", "asked")
        book.enter(connection, hashed(TWICE), SuppressionKind.OWN_LIST, NOON - DAY, "wu", "first")
        book.refused(connection, hashed(RIGHT), NOON - 9 * DAY, "node-0")
        book.enter(connection, hashed(UNKNOWN_OLD), SuppressionKind.ASKED, NOON, "node-1")
        for number in (OLD, RIGHT):
            values = {"number": hashed(number), "caller_id": CALLER_ID.clear}
            at = micros(NOON - (DAY if number is OLD else 2 * DAY))
            connection.execute(insert(numbers_shown).values(**values, at=at))
        made = connection.execute(
            insert(list_imports)
            .values(
                name="register",
                source="s",
                digest="d",
                imported_at=0,
                by="li",
                numbers=2,
                state="in force",
            )
            .returning(list_imports.c.id)
        ).scalar_one()
        for number in (BEIJING, BEIJING_OLD):
            connection.execute(
                insert(listed_numbers).values({"number": hashed(number), "import": made})
            )
        go_back(connection)

    await store.channel.submit(more)
    await store.close()


async def test_the_strictest_history_of_all_spellings_remains(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await left_by_the_version_before(place)
    caplog.set_level(logging.WARNING)
    store = place.store()
    await store.open()
    try:
        desk = SqlSuppressions(store.channel)
        against = {each.why: each for each in await desk.check(RIGHT)}
        assert set(against) == {SuppressionKind.OWN_LIST, SuppressionKind.REFUSAL}
        assert against[SuppressionKind.OWN_LIST].since == NOON - DAY
        history = await store.history(order("ask", to=contact(9, 1, RIGHT)))
        assert history.refused_at is not None
        assert history.refused_at > NOON - DAY
        assert len(history.attempts) == 1
        assert [each.caller_id for each in history.shown] == [CALLER_ID]
        assert [each.why for each in await desk.check(BEIJING)] == [SuppressionKind.IMPORTED]
        assert await desk.check(UNKNOWN) == await desk.check(UNKNOWN_OLD) != ()
        # Who was called in this campaign under another spelling is not called again.
        progress = await store.progress(1)
        assert progress.refused == {"one_spelling": 2}
        assert (progress.total, progress.done, progress.waiting) == (4, 3, 1)
        left = await claim_one(store, 1)
        assert left.row.number == BEIJING
        assert (await claim_one(store, 2)).row.number == RIGHT
        # The evidence tells what was dialled.
        assert [call.number for call in await store.calls()] == [OLD]
    finally:
        await store.close()
    told = [each.getMessage() for each in caplog.records if "spelling" in each.getMessage()]
    assert len(told) == 1
    assert "contacts: 3, calls: 1" in told[0]
    assert "3800138" not in caplog.text


async def test_the_audit_log_tells_what_was_moved_and_once(place: Place) -> None:
    await left_by_the_version_before(place)
    for _ in range(2):
        store = place.store()
        await store.open()
        hashed = store.channel.vault.lookup.number
        pairs = {(hashed(n).hex(), hashed(old).hex()) for n, old in ((RIGHT, OLD), (RIGHT, TWICE))}
        pairs.add((hashed(BEIJING).hex(), hashed(BEIJING_OLD).hex()))
        bodies = await store.channel.read(
            lambda c: c.scalars(
                select(audit_log.c.body).where(audit_log.c.kind == "number_respelled")
            ).all()
        )
        counts = await store.channel.read(
            lambda c: c.scalars(
                select(audit_log.c.body).where(audit_log.c.kind == "numbers_respelled")
            ).all()
        )
        await store.close()
        found = [json.loads(each) for each in bodies]
        assert {(each["number"], each["was"]) for each in found} == pairs
        assert len(found) == len(pairs)
        (told,) = counts
        assert json.loads(told)["counts"]["repeats"] == 1


async def test_what_is_lifted_is_lifted_in_every_spelling(place: Place) -> None:
    store = place.store()
    await store.open()
    desk = SqlSuppressions(store.channel)
    hashed, book = store.channel.vault.lookup.number, Book(store.channel.dialect)
    await store.channel.submit(
        lambda c: book.enter(c, hashed(UNKNOWN_OLD), SuppressionKind.OWN_LIST, NOON, "li", "x")
    )
    assert [each.why for each in await desk.check(UNKNOWN)] == [SuppressionKind.OWN_LIST]
    await desk.remove(UNKNOWN, "it was a mistake", "li", NOON)
    assert await desk.check(UNKNOWN) == ()
    await store.close()


async def test_a_store_with_one_spelling_of_each_says_nothing(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    store = place.store()
    await store.open()
    await begin(store, [row(2, RIGHT), row(3, BEIJING)])
    await store.channel.submit(go_back)
    await store.close()
    await store.open()
    assert await store.channel.read(lambda c: c.scalar(select(contacts.c.number_key))) is not None
    assert "spelling" not in caplog.text
    await store.close()
