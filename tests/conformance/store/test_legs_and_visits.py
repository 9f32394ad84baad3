"""Second legs, and calls that came in: on record before anything is done, each with one end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder, LastCall
from dialer.core.values.legs import LegEnd, LegKind, LegOrder
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, History
from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.core.values.targets import Extension
from dialer.core.values.verdict import Allow, Deny
from dialer.errors import StoreError
from dialer.ports.store import Store
from tests.support.orders import CALLER_ID, NOON, number, order, row
from tests.support.store import Watching, begin, call_through, claim_one

LEG = LegOrder(
    "leg-1", "call-1", "node-1", "pbx", CALLER_ID, Extension("8000", "pbx"), LegKind.BRIDGE, NOON
)
VISIT = InboundOrder("in-1", "node-1", "carrier-a", number(1), CALLER_ID, "1@x", NOON)
HOUR = timedelta(hours=1)
SOON = NOON + timedelta(seconds=30)


async def test_a_leg_that_is_allowed_is_on_record_and_one_that_is_not_is_not(store: Store) -> None:
    assert await store.authorise_leg(LEG, lambda _leg, _history: Allow()) == Allow()
    refused = replace(LEG, attempt="leg-2", target=number(9))
    denial = Deny("caller_id_verified", "as told")
    assert await store.authorise_leg(refused, lambda _leg, _history: denial) == denial
    (leg,) = await store.legs()
    assert (leg.attempt, leg.call, leg.trunk, leg.target) == (
        "leg-1",
        "call-1",
        "pbx",
        "sip:8000@pbx",
    )
    assert (leg.kind, leg.committed_at, leg.caller_id) == (LegKind.BRIDGE, NOON, CALLER_ID)
    assert (leg.ended_at, leg.outcome, leg.joined_at) == (None, None, None)


async def test_a_leg_to_a_number_is_shown_what_was_dialled_to_it(store: Store) -> None:
    """By campaigns, by legs before it, and what the book of suppressions says."""
    campaign = await begin(store, [row(2, number(1))])
    await call_through(store, await claim_one(store, campaign), "9", at=NOON)
    await store.arrive(replace(VISIT, at=NOON))
    await store.suppress("in-1", NOON)
    seen: list[History] = []

    def decide(_leg: LegOrder, history: History) -> Allow:
        seen.append(history)
        return Allow()

    later = NOON + timedelta(hours=2)
    to_number = replace(LEG, target=number(1), trunk="carrier-a", at=later)
    await store.authorise_leg(to_number, decide)
    await store.authorise_leg(replace(to_number, attempt="leg-2", at=later + HOUR), decide)
    await store.authorise_leg(replace(to_number, attempt="leg-3", target=number(2)), decide)
    await store.authorise_leg(replace(LEG, attempt="leg-4", at=later), decide)
    assert [each.attempts for each in seen] == [(NOON,), (NOON, later), (), ()]
    assert [len(each.suppressions) for each in seen] == [1, 1, 0, 0]


async def test_a_leg_has_one_end(store: Store) -> None:
    await store.authorise_leg(LEG, lambda _leg, _history: Allow())
    last = AttemptEnd(
        "leg-1", "call-1", Outcome.of(Reason.HUNG_UP, None, 16), SOON, "2@x", 0.5, NOON
    )
    await store.end_leg(LegEnd(last, joined_at=NOON))
    (leg,) = await store.legs("call-1")
    assert (leg.ended_at, leg.joined_at, leg.sip_call_id) == (SOON, NOON, "2@x")
    assert leg.outcome == last.outcome
    assert await store.legs("call-2") == []
    with pytest.raises(StoreError, match="one end"):
        await store.end_leg(LegEnd(last))


async def test_who_was_called_is_told_of_the_last_call(store: Store) -> None:
    campaign = await begin(store, [row(2, number(1)), row(3, number(2))])
    earlier, later = NOON, NOON + timedelta(days=1)
    await call_through(store, await claim_one(store, campaign), "1", at=earlier)
    again = await begin(store, [row(2, number(1))], name="second-try")
    await call_through(store, await claim_one(store, again), "2", at=later)
    about = await store.arrive(VISIT)
    assert about == LastCall("call-2", "second-try", "card-renewal", later)
    assert await store.arrive(replace(VISIT, call="in-2", caller=number(7))) is None
    assert await store.arrive(replace(VISIT, call="in-3", caller=None)) is None
    rows = {each.call: each for each in await store.inbound_calls()}
    assert (rows["in-1"].about, rows["in-1"].campaign) == ("call-2", "second-try")
    assert (rows["in-2"].about, rows["in-2"].campaign) == (None, None)
    assert (rows["in-3"].caller, rows["in-3"].called) == (None, CALLER_ID)


async def test_a_visit_has_one_end_and_they_are_told_newest_first(store: Store) -> None:
    await store.arrive(VISIT)
    await store.arrive(replace(VISIT, call="in-2", at=SOON))
    end = InboundEnd("in-1", InboundEnding.TOLD, SOON, NOON, "59")
    await store.end_inbound(end)
    second, first = await store.inbound_calls()
    assert (second.call, second.ending, second.ended_at) == ("in-2", None, None)
    assert (first.ending, first.ended_at, first.answered_at, first.keys) == (
        InboundEnding.TOLD,
        SOON,
        NOON,
        "59",
    )
    assert [each.call for each in await store.inbound_calls(1)] == ["in-2"]
    assert [each.call for each in await store.inbound_calls(call="in-1")] == ["in-1"]
    with pytest.raises(StoreError, match="one end"):
        await store.end_inbound(end)
    await store.recover("node-1", SOON + timedelta(days=1))
    assert (await store.inbound_calls(call="in-1")) == [first]


async def test_a_visit_over_the_end_of_a_month_belongs_to_its_beginning(store: Store) -> None:
    arrived = NOON.replace(month=3, day=31, hour=23, minute=59)
    await store.arrive(replace(VISIT, at=arrived))
    ended_at = arrived + timedelta(minutes=2)
    await store.end_inbound(InboundEnd("in-1", InboundEnding.TOLD, ended_at, arrived, "59"))
    (visit,) = await store.inbound_calls()
    assert (visit.keys, visit.ended_at) == ("59", ended_at)


async def test_never_again_is_shown_to_the_gate_by_every_campaign(store: Store) -> None:
    await store.arrive(VISIT)
    await store.suppress("in-1", SOON)
    await store.suppress("in-1", SOON + timedelta(days=1))
    campaign = await begin(store, [row(2, number(1)), row(3, number(2))])
    gate = Watching()
    for name in ("1", "2"):
        contact = await claim_one(store, campaign)
        await store.authorise(order(name, to=contact), gate)
    asked = Suppression(SuppressionKind.ASKED, SOON, unproven=True)
    assert [shown.suppressions for shown in gate.shown] == [(asked,), ()]


async def test_who_shows_no_number_cannot_be_promised_anything(store: Store) -> None:
    await store.arrive(replace(VISIT, caller=None))
    for call in ("in-1", "unknown"):
        with pytest.raises(StoreError):
            await store.suppress(call, SOON)


async def test_what_a_killed_process_left_is_cut_short(store: Store) -> None:
    await store.authorise_leg(LEG, lambda _leg, _history: Allow())
    await store.arrive(VISIT)
    await store.authorise_leg(
        replace(LEG, attempt="leg-2", node="node-2"), lambda _leg, _history: Allow()
    )
    await store.recover("node-1", SOON)
    mine, others = await store.legs()
    assert (mine.outcome, mine.ended_at) == (Outcome.of(Reason.CUT_SHORT), SOON)
    assert others.outcome is None
    (visit,) = await store.inbound_calls()
    assert (visit.ending, visit.ended_at) == (InboundEnding.CUT_SHORT, SOON)


async def test_what_an_unverified_caller_asks_for_is_marked_until_it_is_proven(
    store: Store,
) -> None:
    seen: list[History] = []

    def decide(_leg: LegOrder, history: History) -> Allow:
        seen.append(history)
        return Allow()

    for call, attested in (("in-1", False), ("in-2", False), ("in-3", True), ("in-4", False)):
        await store.arrive(replace(VISIT, call=call, attested=attested))
        await store.suppress(call, SOON)
        await store.authorise_leg(replace(LEG, attempt=call, target=number(1)), decide)
    marks = [[each.unproven for each in history.suppressions] for history in seen]
    assert marks == [[True], [True], [False], [False]]
    assert [row.attested for row in await store.inbound_calls()].count(True) == 1


async def test_who_was_called_as_one_of_our_people_was_called(store: Store) -> None:
    """A campaign's cap counts legs to the number, but for those of the same call."""
    contact = await claim_one(store, await begin(store, 2))
    number_ = contact.row.number
    for call, at in (("call-x", NOON), ("call-1", NOON), ("call-y", NOON - timedelta(hours=25))):
        leg = LegOrder(f"leg-{call}", call, "n", "pbx", CALLER_ID, number_, LegKind.BRIDGE, at)
        await store.authorise_leg(leg, lambda _leg, _history: Allow())
    seen = await store.history(order("1", NOON + timedelta(minutes=1), contact))
    assert seen.attempts == (NOON,)
