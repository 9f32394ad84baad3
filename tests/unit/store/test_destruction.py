"""What is destroyed, statement by statement: bounds of months, instants that stay, second turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from dialer.core.office.retention import Matter
from dialer.core.values.inbound_records import InboundOrder
from dialer.core.values.outcome import Reason
from dialer.core.values.records import Shown
from dialer.ports.desks import Destruction
from dialer.store import SqlStore
from dialer.store.queries import destruction as queries
from dialer.store.queries.tallies import Tallies
from tests.support.orders import CALLER_ID, NOON, number, order, row
from tests.support.store import Denying, allow, begin, call_end, call_through, claim_one

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(tmp_path, "node-1")
    await made.open()
    yield made
    await made.close()


async def ended(store: SqlStore, at: datetime) -> list[tuple[str, datetime]]:
    return list(await store.channel.submit(lambda c: queries.end_finished(c, at, "node-1")))


async def test_a_campaign_that_called_nobody_ends_when_it_is_through(store: SqlStore) -> None:
    contact = await claim_one(store, await begin(store, 1, "cards"))
    assert await ended(store, NOON) == []
    await store.authorise(order(to=contact), Denying(None))
    assert await ended(store, NOON) == [("cards", NOON)]
    assert await ended(store, NOON) == [], "it has an end"


async def test_a_campaign_that_is_through_settles_for_a_day(store: SqlStore) -> None:
    await call_through(store, await claim_one(store, await begin(store, 1, "cards")), "1")
    last = NOON + timedelta(seconds=60)
    assert await ended(store, last + DAY - MOMENT) == []
    assert await ended(store, last + DAY) == [("cards", last)]


async def test_before_the_clock_was_ever_believed_the_log_says_when(store: SqlStore) -> None:
    assert await store.channel.read(queries.last_seen) is None
    campaign = await begin(store, 2)
    late = NOON.replace(year=2040)  # the store notes of its own keys at the instant that it is
    for turn, at in enumerate((late, late - DAY)):
        await store.authorise(order(f"{turn}", at, await claim_one(store, campaign)), allow)
    assert await store.channel.read(queries.last_seen) == late
    await store.channel.submit(lambda c: queries.saw(c, NOON))
    assert await store.channel.read(queries.last_seen) == NOON
    await store.channel.submit(lambda c: queries.saw(c, NOON - DAY))
    assert await store.channel.read(queries.last_seen) == NOON - DAY


async def test_a_destruction_is_finished_once(store: SqlStore) -> None:
    await begin(store, 1, "cards")
    made = Destruction("d-1", Matter.CONTACTS, "cards", "over", "me", NOON, (), "m", {})
    await store.channel.submit(lambda c: queries.put(c, made, 1))
    finished = [
        await store.channel.submit(lambda c, at=at: queries.finish(c, made, at, f"of {at}"))
        for at in (NOON, NOON + DAY)
    ]
    assert finished == [True, False]
    assert await store.channel.read(queries.certificates) == [f"of {NOON}"]
    (life,) = await store.channel.read(queries.lives)
    assert life.contacts_destroyed_at == NOON


@pytest.mark.parametrize("order_of_going", [(0, 1), (1, 0)])
async def test_of_what_was_shown_the_latest_stays_in_whatever_order_calls_go(
    store: SqlStore, order_of_going: tuple[int, int]
) -> None:
    for turn, at in enumerate((NOON, NOON + DAY)):
        campaign = await begin(store, [row(2, number(7))], f"c{turn}")
        contact = await claim_one(store, campaign, at)
        # Two attempts; the number was shown in both.
        first = order(f"{turn}", at, contact)
        await store.authorise(first, allow)
        await store.end_attempt(call_end(first, Reason.CONGESTION).last)
        second = order(f"{turn}", at + 60 * MOMENT, contact, number_in_call=2)
        await store.authorise(second, allow)
        await store.end_call(call_end(second))
    for turn in order_of_going:

        def go(connection: Connection, turn: int = turn) -> None:
            made = Destruction("d", Matter.EVIDENCE, f"c{turn}", "", "", NOON, (), "", {})
            piece = queries.next_piece(connection, made, 0)
            counts = queries.destroy_calls(connection, piece.rows)
            assert counts == {"calls": 1, "attempts": 2, "legs": 0}

        await store.channel.submit(go)
    contact = await claim_one(store, await begin(store, [row(2, number(7))], "new"))
    shown = (await store.history(order("9", NOON + 9 * DAY, contact))).shown
    assert shown == (Shown(CALLER_ID, NOON + DAY + 60 * MOMENT),)


async def test_who_is_at_work_is_not_emptied_though_the_row_be_named(store: SqlStore) -> None:
    campaign = await begin(store, 2, "cards")
    held = await claim_one(store, campaign)
    tallies = Tallies(store.channel.dialect, "node-1")
    rows = [held.id, held.id + 1]
    emptied = await store.channel.submit(
        lambda c: queries.destroy_contacts(c, tallies, rows, "campaign_ended")
    )
    assert emptied == 1
    progress = await store.progress(campaign)
    assert (progress.claimed, progress.waiting, dict(progress.refused)) == (
        1,
        0,
        {"campaign_ended": 1},
    )
    await store.release([held.id])
    assert (await claim_one(store, campaign)).row == held.row


async def test_who_was_put_off_waits_for_nothing_once_emptied(store: SqlStore) -> None:
    campaign = await begin(store, 2, "cards")
    put_off = await claim_one(store, campaign)
    await store.authorise(order(to=put_off), Denying())
    tallies = Tallies(store.channel.dialect, "node-1")
    await store.channel.submit(
        lambda c: queries.destroy_contacts(c, tallies, [put_off.id], "campaign_ended")
    )
    progress = await store.progress(campaign)
    assert (progress.waiting, dict(progress.waiting_later), progress.done) == (1, {}, 1)


async def test_a_month_is_from_its_first_instant_up_to_the_next_month_s(store: SqlStore) -> None:
    april, may = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    instants = [april - MOMENT, april, may - MOMENT, may]
    for turn, at in enumerate(instants):
        name = f"in-{turn}"
        await store.arrive(
            InboundOrder(name, "node-1", "carrier-a", number(1), CALLER_ID, f"{name}@x", at)
        )
    months = await store.channel.read(queries.months)
    assert dict(months) == {"2026-03": 0, "2026-04": 0, "2026-05": 0}
    made = Destruction("d", Matter.INCOMING, "2026-04", "", "", NOON, (), "", {})
    piece = await store.channel.read(lambda c: queries.next_piece(c, made, 0))
    assert piece.calls == ("in-1", "in-2")
