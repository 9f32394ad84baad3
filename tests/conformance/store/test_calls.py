"""Attempts and CDRs: what is written, what the gate is shown, and that a call has one end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.values.number import prefix_of
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import (
    AttemptEnd,
    AttemptRow,
    CallEnd,
    CallRow,
    History,
    PastAttempt,
    Shown,
)
from dialer.core.values.suppression import SuppressionKind
from dialer.core.values.verdict import Allow
from dialer.errors import StoreError
from dialer.ports.store import Store
from tests.support.orders import CALLER_ID, NOON, number, order, row
from tests.support.store import (
    LATER,
    Denying,
    Watching,
    allow,
    attempt_end,
    begin,
    call_end,
    call_through,
    claim_one,
)


async def test_one_call_is_found_by_its_id(store: Store) -> None:
    campaign = await begin(store, 2)
    for name in ("1", "2"):
        await call_through(store, await claim_one(store, campaign), name)
    assert [row.call for row in await store.calls(call="call-1")] == ["call-1"]
    assert [row.call for row in await store.attempts(call="call-2")] == ["call-2"]
    assert list(await store.calls(call="call-3")) == []
    assert list(await store.attempts(call="call-3")) == []


async def test_an_allowed_call_is_live_until_its_end(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    placed = order(to=contact)
    assert await store.authorise(placed, allow) == Allow()
    (live,) = await store.calls()
    assert live == CallRow(
        call=placed.call,
        campaign="card-renewal",
        number=contact.row.number,
        node="node-1",
        started_at=NOON,
        attempts=1,
        trunk="carrier-a",
        caller_id=CALLER_ID,
        answered_at=None,
        ended_at=None,
        outcome=None,
        post_dial_delay=None,
        first_packet=None,
        barge_ins=0,
        keys="",
        path=(),
    )
    assert (await store.progress(campaign)).claimed == 1

    await store.end_call(call_end(placed))
    (ended,) = await store.calls()
    assert ended == CallRow(
        call=placed.call,
        campaign="card-renewal",
        number=contact.row.number,
        node="node-1",
        started_at=NOON,
        attempts=1,
        trunk="carrier-a",
        caller_id=CALLER_ID,
        answered_at=NOON + timedelta(seconds=2),
        ended_at=NOON + timedelta(seconds=60),
        outcome=Outcome.of(Reason.COMPLETED, 200, 16),
        post_dial_delay=0.75,
        first_packet=0.021,
        barge_ins=1,
        keys="20",
        path=("offer", "done"),
    )
    progress = await store.progress(campaign)
    assert (progress.done, dict(progress.outcomes)) == (1, {"dialer.completed": 1})


async def test_a_second_attempt_belongs_to_the_same_call(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    first = order(to=contact)
    second = order(to=contact, trunk="carrier-b", number_in_call=2, at=NOON + timedelta(seconds=3))
    await store.authorise(first, allow)
    await store.end_attempt(attempt_end(first, Reason.CONGESTION))
    await store.authorise(second, allow)
    await store.end_call(call_end(second))
    (cdr,) = await store.calls()
    assert (cdr.attempts, cdr.trunk, cdr.started_at) == (2, "carrier-b", NOON)
    assert cdr.outcome == Outcome.of(Reason.COMPLETED, 200, 16)
    assert await store.attempts() == [
        AttemptRow(
            first.attempt,
            first.call,
            "carrier-a",
            CALLER_ID,
            "priority 1",
            NOON,
            f"{first.attempt}@dialer.example",
            Outcome.of(Reason.CONGESTION, 200, 16),
        ),
        AttemptRow(
            second.attempt,
            second.call,
            "carrier-b",
            CALLER_ID,
            "priority 1",
            NOON + timedelta(seconds=3),
            f"{second.attempt}@dialer.example",
            Outcome.of(Reason.COMPLETED, 200, 16),
        ),
    ]


async def test_a_denied_call_leaves_no_trace_on_the_wire_s_side(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    await store.authorise(order(to=contact), Denying())
    assert await store.calls() == []
    assert await store.attempts() == []


async def test_a_call_has_one_end(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    placed = await call_through(store, contact, "1")
    with pytest.raises(StoreError, match=placed.call):
        await store.end_call(call_end(placed, Reason.PEER_LOST, LATER))
    (cdr,) = await store.calls()
    assert cdr.outcome == Outcome.of(Reason.COMPLETED, 200, 16)


async def test_the_gate_is_shown_a_day_of_attempts_over_all_campaigns(store: Store) -> None:
    callee = number(42)
    just = timedelta(hours=24) - timedelta(microseconds=1)
    ages = [timedelta(0), timedelta(hours=1), just, timedelta(hours=24), timedelta(days=2)]
    for turn, age in enumerate(reversed(ages)):
        campaign = await begin(store, [row(2, callee)], f"campaign-{turn}")
        contact = await claim_one(store, campaign, NOON)
        await call_through(store, contact, f"{turn}", at=NOON - age)
    other = await claim_one(store, await begin(store, [row(2, number(43))], "other"))
    await call_through(store, other, "other", at=NOON)

    contact = await claim_one(store, await begin(store, [row(2, callee)], "now"))
    gate = Watching()
    await store.authorise(order("now", NOON, contact), gate)
    shown = (Shown(CALLER_ID, NOON),)
    attempts = (NOON - just, NOON - timedelta(hours=1), NOON)
    assert gate.shown == [History(attempts, shown=shown)]


async def test_attempts_of_the_same_call_do_not_count_against_it(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    first = order("1", NOON, contact)
    await store.authorise(first, allow)
    await store.end_attempt(call_end(first, Reason.CONGESTION).last)
    gate = Watching()
    await store.authorise(order("1", LATER, contact, number_in_call=2), gate)
    assert [shown.attempts for shown in gate.shown] == [()]


async def test_a_live_attempt_and_one_of_the_future_count_too(store: Store) -> None:
    callee = number(42)
    first = await claim_one(store, await begin(store, [row(2, callee)], "one"))
    ahead = NOON + timedelta(hours=3)
    await store.authorise(order("1", ahead, first), allow)
    second = await claim_one(store, await begin(store, [row(2, callee)], "two"))
    gate = Denying()
    await store.authorise(order("2", NOON, second), gate)
    assert gate.shown == [History((ahead,), shown=(Shown(CALLER_ID, ahead),))]


@pytest.mark.parametrize("reason", [Reason.OPTED_OUT, Reason.UNWANTED])
async def test_the_gate_is_shown_the_last_refusal_however_old(store: Store, reason: Reason) -> None:
    callee = number(42)
    long_ago = NOON - timedelta(days=170)
    for turn, at in enumerate([long_ago, long_ago - timedelta(days=100)]):
        contact = await claim_one(store, await begin(store, [row(2, callee)], f"c{turn}"))
        await call_through(store, contact, f"{turn}", reason, at)
    contact = await claim_one(store, await begin(store, [row(2, callee)], "now"))
    gate = Watching()
    await store.authorise(order("now", NOON, contact), gate)
    shown = (Shown(CALLER_ID, long_ago),)
    assert gate.shown == [History((), long_ago + timedelta(seconds=60), shown)]


async def test_a_gate_that_raises_changes_nothing(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)

    def broken(*_: object) -> Allow:
        raise RuntimeError("the rule is broken")

    with pytest.raises(RuntimeError, match="the rule is broken"):
        await store.authorise(order(to=contact), broken)
    assert await store.calls() == []
    assert (await store.progress(campaign)).claimed == 1


async def test_cdrs_are_listed_newest_first_and_by_campaign(store: Store) -> None:
    one, two = await begin(store, 3, "one"), await begin(store, 1, "two")
    for name, campaign, minute in (("a", one, 1), ("b", one, 3), ("c", two, 2), ("d", one, 3)):
        contact = await claim_one(store, campaign)
        await call_through(store, contact, name, at=NOON + timedelta(minutes=minute))

    async def listed(campaign: str | None = None, limit: int | None = None) -> str:
        return "".join(row.call[-1] for row in await store.calls(campaign, limit))

    assert await listed() == "dbca"
    assert await listed(limit=2) == "db"
    assert await listed("one") == "dba"
    assert await listed("two", 5) == "c"
    assert await listed("three") == ""
    assert [row.attempt for row in await store.attempts("two")] == ["attempt-c-1"]
    assert len(await store.attempts()) == 4


@pytest.mark.parametrize("crashes", [True, False])
async def test_a_refusal_counts_from_its_instant_whatever_comes_after(
    store: Store, crashes: bool
) -> None:
    callee = number(42)
    contact = await claim_one(store, await begin(store, [row(2, callee)], "first"))
    placed = order(to=contact)
    await store.authorise(placed, allow)
    refused_at = NOON + timedelta(seconds=5)
    await store.opt_out(placed.call, refused_at)
    await store.opt_out(placed.call, refused_at + timedelta(seconds=1))
    if crashes:  # during the goodbye
        assert await store.recover("node-1", NOON + timedelta(minutes=1)) == 1
    else:
        await store.end_call(call_end(placed, Reason.OPTED_OUT))
    contact = await claim_one(store, await begin(store, [row(2, callee)], "second"))
    gate = Watching()
    await store.authorise(order("2", LATER, contact), gate)
    assert [shown.refused_at for shown in gate.shown] == [refused_at]


async def test_past_attempts_are_the_latest_with_all_that_failover_counts(store: Store) -> None:
    campaign = await begin(store, 3)
    old, answered, live = await store.claim(campaign, 3, NOON)
    await call_through(store, old, "old", at=NOON - timedelta(hours=2))
    placed = order("x", NOON, answered)
    await store.authorise(placed, allow)
    rests = NOON + timedelta(hours=1)
    end = replace(attempt_end(placed, Reason.HUNG_UP), speech=False, rests_until=rests)
    await store.end_call(CallEnd(end, answered.id))
    await store.authorise(order("y", NOON + timedelta(seconds=1), live), allow)

    found = await store.past_attempts(NOON - timedelta(hours=1), 10)
    assert list(found) == [
        PastAttempt(
            attempt=placed.attempt,
            trunk="carrier-a",
            prefix=prefix_of(answered.row.number),
            caller_id=CALLER_ID,
            placed_at=NOON,
            was_sent=True,
            outcome=end.outcome,
            ended_at=end.ended_at,
            answered_at=end.answered_at,
            post_dial_delay=0.75,
            rests_until=rests,
            speech=False,
        ),
        PastAttempt(
            attempt="attempt-y-1",
            trunk="carrier-a",
            prefix=prefix_of(live.row.number),
            caller_id=CALLER_ID,
            placed_at=NOON + timedelta(seconds=1),
            was_sent=False,
        ),
    ]
    assert list(await store.past_attempts(NOON - timedelta(hours=3), 1)) == [found[-1]]
    assert list(await store.past_attempts(NOON - timedelta(hours=1), 10, but_of="node-1")) == []
    others = await store.past_attempts(NOON - timedelta(hours=1), 10, but_of="node-2")
    assert list(others) == list(found)


@pytest.mark.parametrize(
    "reason, rang, counts",
    [
        (Reason.CONGESTION, False, 0),
        (Reason.UNREACHABLE, False, 0),
        (Reason.VETOED, False, 0),
        (Reason.COMMIT_LATE, False, 0),
        (Reason.CONGESTION, True, 1),
        (Reason.NO_REPLY, False, 1),
        (Reason.NOT_ACCEPTED, False, 1),
        (Reason.BUSY, False, 1),
        (Reason.CUT_SHORT, False, 1),
    ],
)
async def test_what_cannot_have_rung_does_not_count_to_the_callees_frequency(
    store: Store, reason: Reason, counts: int, *, rang: bool
) -> None:
    campaign = await begin(store, [row(2, number(1)), row(3, number(1))])
    first, second = await store.claim(campaign, 2, NOON)
    placed = order("1", NOON, first)
    await store.authorise(placed, allow)
    watching = Watching()
    await store.authorise(order("2", NOON + timedelta(seconds=1), second), watching)
    assert len(watching.shown[0].attempts) == 1, "one without an end may be ringing"
    await store.end_call(call_end(order("2", NOON + timedelta(seconds=1), second)))

    end = AttemptEnd(
        placed.attempt,
        placed.call,
        Outcome.of(reason),
        NOON + timedelta(seconds=5),
        post_dial_delay=0.5 if rang else None,
    )
    await store.end_call(CallEnd(end, first.id))
    later = await begin(store, [row(2, number(1))], "another")
    (third,) = await store.claim(later, 1, NOON)
    await store.authorise(order("3", NOON + timedelta(minutes=1), third), watching)
    assert len(watching.shown[1].attempts) == 1 + counts


async def test_what_the_gate_would_be_shown_can_be_asked_without_a_call(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    assert await store.history(order("ask", to=contact)) == History()
    placed = order(to=contact)
    await store.authorise(placed, allow)
    later = order("ask", NOON + timedelta(minutes=5), to=contact)
    shown = History((NOON,), shown=(Shown(CALLER_ID, NOON),))
    assert await store.history(later) == shown
    assert await store.history(later) == shown, "asking counts as nothing"
    assert await store.history(order("ask", to=contact)) == shown
    assert len(await store.attempts()) == 1


async def test_a_call_says_for_good_which_version_of_its_script_it_said(store: Store) -> None:
    campaign = await begin(store, 2)
    placed = replace(order("1", to=await claim_one(store, campaign)), script_version="a" * 64)
    await store.authorise(placed, allow)
    await store.end_call(call_end(placed))
    await call_through(store, await claim_one(store, campaign), "2", at=LATER)
    assert [call.script_version for call in await store.calls()] == ["", "a" * 64]


async def test_the_gate_is_shown_nothing_of_words_that_nobody_submitted(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    asked = replace(order(to=contact), script_version="a" * 64)
    assert (await store.history(asked)).wording is None


async def test_calls_of_some_grades_come_with_what_was_said_the_best_first(store: Store) -> None:
    campaign = await begin(store, 4)
    for name, came_of_it in (("1", "B"), ("2", "A"), ("3", "B"), ("4", "")):
        at = NOON + timedelta(seconds=int(name))
        placed = order(name, at, await claim_one(store, campaign))
        await store.authorise(placed, allow)
        end = replace(
            call_end(placed), grade=came_of_it, intents=("yes",), transcript=f"said {name}"
        )
        await store.end_call(end)
    found = [
        (row.call, row.grade, row.intents, row.transcript)
        for row in await store.calls(grades={"A", "B"})
    ]
    assert found == [
        ("call-2", "A", ("yes",), "said 2"),
        ("call-3", "B", ("yes",), "said 3"),
        ("call-1", "B", ("yes",), "said 1"),
    ]
    assert [row.call for row in await store.calls(grades={"A", "B"}, limit=1)] == ["call-2"]
    assert [row.call for row in await store.calls(campaign="other", grades={"A"})] == []
    # A list of all calls opens nothing that nobody reads.
    assert [(row.grade, row.transcript) for row in await store.calls()] == [
        ("", ""),
        ("B", ""),
        ("A", ""),
        ("B", ""),
    ]
    (one,) = await store.calls(call="call-1")
    assert one.transcript == "said 1"


async def test_a_number_whose_keys_could_not_be_heard_is_called_once(store: Store) -> None:
    campaign = await begin(store, 2)
    placed = order(to=await claim_one(store, campaign))
    await store.authorise(placed, allow)
    await store.end_call(replace(call_end(placed), digits_unheard=True, keys=""))
    (against,) = (await store.history(order("2", LATER, placed.contact))).suppressions
    assert (against.why, against.since) == (SuppressionKind.OWN_LIST, NOON + timedelta(seconds=60))
    assert (await store.calls(call=placed.call))[0].digits_unheard
