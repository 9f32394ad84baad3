"""Refusals enter the book of suppressions: whole or not at all, and those of older versions too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, text

from dialer.core.gate.rules import RefusalRest, refusal_rest
from dialer.core.values.months import months_after
from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason
from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.core.values.verdict import Allow, Deny
from dialer.errors import StoreError
from dialer.store import SqlSuppressions
from dialer.store.keyring import Keyring
from dialer.store.migrations.versions import r0017_refusals_entered as entering
from dialer.store.queries.cdr import Cdrs
from dialer.store.schema import audit_log, calls, do_not_call
from dialer.store.values import maybe_micros, micros
from tests.support.orders import NOON, contact, number, order
from tests.support.places import Place, at_schema
from tests.support.store import allow, begin, call_end, claim_one

DAY = timedelta(days=1)


@dataclass
class Before:
    """What a store of the version before has of one number."""

    number: E164
    in_calls: tuple[tuple[str, datetime | None], ...] = ()
    """The node of each call, and when the callee refused in it."""
    in_book: tuple[tuple[SuppressionKind, datetime], ...] = ()

    @property
    def refused_at(self) -> datetime | None:
        """As that version told it: the latest of what calls and book say."""
        kept = [at for why, at in self.in_book if why is SuppressionKind.REFUSAL]
        return max([*kept, *(at for _, at in self.in_calls if at is not None)], default=None)


BEFORE = (
    Before(number(1)),
    Before(number(2), (("node-1", None),)),
    Before(number(3), (("node-1", NOON),)),
    Before(number(4), (("node-1", NOON - DAY), ("node-2", NOON), ("node-1", None))),
    Before(number(5), (("node-1", NOON),), ((SuppressionKind.REFUSAL, NOON - DAY),)),
    Before(number(6), (("node-1", NOON - DAY),), ((SuppressionKind.REFUSAL, NOON),)),
    Before(number(7), (), ((SuppressionKind.REFUSAL, NOON),)),
    Before(
        number(8),
        (("node-1", NOON),),
        ((SuppressionKind.COMPLAINT, NOON), (SuppressionKind.ASKED, NOON - DAY)),
    ),
)
BY = {
    number(3): "node-1",
    number(4): "node-2",
    number(5): "node-1",
    number(6): "a destroyed call",
    number(7): "a destroyed call",
    number(8): "node-1",
}
"""Of each refusal that is in the book after: whom it has it from."""


def fill(connection: Connection, keys: Keyring) -> None:
    """Put what was before into the tables, as the version before would have."""
    connection.execute(
        text(
            "INSERT INTO campaigns "
            "(id, name, purpose, caller_id, contacts_digest, script_digest, contacts) "
            "VALUES (1, 'cards', 'cards', '+442079460000', 'c0', '5c', 1)"
        )
    )
    connection.execute(
        text(
            'INSERT INTO contacts (id, campaign, "row", consent_purpose, consent_at, state) '
            "VALUES (1, 1, 2, 'cards', 0, 'done')"
        )
    )
    call = text(
        "INSERT INTO calls (call, campaign, contact, node, started_at, attempts, trunk, "
        "caller_id, refused_at, barge_ins, path, number_key) "
        "VALUES (:call, 1, 1, :node, 0, 1, 'carrier-a', '+442079460000', :at, 0, '[]', :number)"
    )
    entry = text(
        'INSERT INTO do_not_call (number, why, since, "by") '
        "VALUES (:number, :why, :at, 'a destroyed call')"
    )
    for each in BEFORE:
        hash_ = keys.vault.lookup.number(each.number)
        for place, (node, at) in enumerate(each.in_calls):
            name = f"call-{each.number.clear}-{place}"
            told = {"call": name, "node": node, "at": maybe_micros(at), "number": hash_}
            connection.execute(call, told)
        for why, since in each.in_book:
            connection.execute(entry, {"number": hash_, "why": why.value, "at": micros(since)})


def book_of(connection: Connection) -> list[tuple[object, ...]]:
    asked = select(do_not_call).order_by(do_not_call.c.number, do_not_call.c.why)
    return [tuple(row) for row in connection.execute(asked)]


async def test_refusals_of_the_version_before_are_entered_and_verdicts_stay(place: Place) -> None:
    with at_schema(place, 16) as (connection, keys):
        fill(connection, keys)
    store = place.store()
    await store.open()
    book = SqlSuppressions(store.channel)
    rests = refusal_rest(RefusalRest(6))
    by = {
        entry.number: entry.by
        for entry in await book.entries()
        if entry.why is SuppressionKind.REFUSAL
    }
    lookup = store.channel.vault.lookup
    assert by == {lookup.number(whose).hex(): who for whose, who in BY.items()}
    for each in BEFORE:
        shown = await store.history(order("ask", to=contact(9, 1, each.number)))
        assert shown.refused_at == each.refused_at, each
        others = {
            # Nobody verified a caller's number then.
            Suppression(why, at, unproven=why is SuppressionKind.ASKED)
            for why, at in each.in_book
            if why is not SuppressionKind.REFUSAL
        }
        assert set(shown.suppressions) == others
        if each.refused_at is None:
            continue
        assert Suppression(SuppressionKind.REFUSAL, each.refused_at) in await book.check(
            each.number
        )
        until = months_after(each.refused_at, 6)
        just_before = order("ask", until - timedelta(microseconds=1))
        assert isinstance(rests.judge(just_before, shown), Deny)
        assert rests.judge(order("ask", until), shown) == Allow()
    await store.close()


async def test_entering_them_again_changes_nothing(place: Place) -> None:
    with at_schema(place, 16) as (connection, keys):
        fill(connection, keys)
    store = place.store()
    await store.open()
    before = await store.channel.read(book_of)
    await store.channel.submit(lambda connection: connection.execute(text(entering.LATEST)))
    assert await store.channel.read(book_of) == before != []
    await store.close()


async def test_a_node_of_the_version_before_can_write_no_refusal_that_nobody_reads(
    place: Place,
) -> None:
    store = place.store()
    await store.open()

    def as_before(connection: Connection) -> None:
        connection.execute(text("UPDATE calls SET refused_at = 1 WHERE refused_at IS NULL"))

    with pytest.raises(StoreError, match="refused_at"):
        await store.channel.submit(as_before)
    await store.close()


async def test_the_record_of_a_call_tells_of_its_refusal_as_records_of_before_do(
    place: Place,
) -> None:
    """The audit log has digests of those: another name within, and none of them is right."""
    store = place.store()
    await store.open()
    placed = order(to=await claim_one(store, await begin(store, 1)))
    await store.authorise(placed, allow)
    await store.opt_out(placed.call, NOON)
    await store.end_call(call_end(placed, Reason.OPTED_OUT))
    cdrs = Cdrs(store.channel.dialect, store.channel.people)
    record = await store.channel.read(lambda connection: cdrs.record(connection, placed.call))
    assert record is not None
    assert json.loads(record[0])["refused_at"] == "2026-03-02T12:00:00.000000+00:00"
    assert b"opted_out_at" not in record[0]
    await store.close()


@pytest.mark.parametrize("at_its_end", [True, False])
async def test_what_cannot_enter_the_book_is_not_in_the_call_either(
    place: Place, *, at_its_end: bool
) -> None:
    store = place.store()
    await store.open()
    placed = order(to=await claim_one(store, await begin(store, 1)))
    await store.authorise(placed, allow)

    async def refuse() -> None:
        if at_its_end:
            await store.end_call(call_end(placed, Reason.OPTED_OUT))
        else:
            await store.opt_out(placed.call, NOON)

    async def rename(old: str, new: str) -> None:
        asked = text(f"ALTER TABLE {old} RENAME TO {new}")
        await store.channel.submit(lambda connection: connection.execute(asked))

    async def kept() -> tuple[int | None, str | None, int]:
        """When the callee refused and how it ended, by the call; what the audit log has."""

        def asked(connection: Connection) -> tuple[int | None, str | None, int]:
            (call,) = connection.execute(select(calls.c.opted_out_at, calls.c.outcome)).all()
            told = connection.scalar(select(func.count()).select_from(audit_log))
            return call.opted_out_at, call.outcome, told or 0

        return await store.channel.read(asked)

    before = await kept()
    assert before[:2] == (None, None)
    await rename("do_not_call", "elsewhere")
    with pytest.raises(StoreError, match="do_not_call"):
        await refuse()
    await rename("elsewhere", "do_not_call")
    assert await kept() == before
    await refuse()
    (against,) = await SqlSuppressions(store.channel).check(placed.contact.row.number)
    at, _outcome, told = await kept()
    assert (against.why, micros(against.since)) == (SuppressionKind.REFUSAL, at)
    assert told > before[2]
    await store.close()
