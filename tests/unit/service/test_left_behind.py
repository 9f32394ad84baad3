"""A carrier without any reply: the call moves on, and nobody who answers late is called twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dialer.campaigns.run import CampaignRun
from dialer.testing import Answer, Callee, OnCancel
from tests.support.campaigns import Desk
from tests.support.nodes import LIMITS, Node, trunk

SILENT = Callee(rings_after=None, final=None, trying=False)
TALKS = Callee(final=Answer(0.5))
RINGS = Callee(final=None)


def node(first: Callee, second: Callee, channels: int = 20) -> Node:
    behaviour = {"first": first, "second": second}
    return Node(
        callee_of=lambda dial: behaviour[dial.trunk],
        trunks=[
            replace(trunk("first"), priority=1),
            replace(trunk("second", channels=channels), priority=2),
        ],
    )


def answers(after: float) -> Callee:
    return replace(SILENT, final=Answer(after))


def dialled(at: Node) -> list[str]:
    return [dial.trunk for dial in at.scripted.dialled]


def late_answers(at: Node) -> float:
    return at.counted("dialer_trunk_late_answers_total").get(("first",), 0)


def test_a_silent_carrier_is_left_behind_in_time_and_keeps_its_channel_till_the_end() -> None:
    at = node(SILENT, TALKS)
    seen: list[tuple[float, list[str], int]] = []

    async def look(_running: CampaignRun) -> None:
        began = at.clock.monotonic()
        for second in (LIMITS.no_progress - 0.01, LIMITS.no_progress + 0.05, 12.0):
            await asyncio.sleep(began + second - at.clock.monotonic())
            seen.append((second, dialled(at), at.trunks[0].load.in_use))

    summary = Desk(at, contacts=1).run(look)
    assert [(trunks, used) for _, trunks, used in seen] == [
        (["first"], 1),
        (["first", "second"], 1),
        (["first", "second"], 1),
    ]
    assert at.trunks[0].load.in_use == 0, "the line is closed"
    assert summary.snapshot.outcomes == {"dialer.completed": 1}
    first, _ = asyncio.run(at.store.attempts())
    assert str(first.outcome) == "carrier.no_reply"


def test_a_carrier_that_said_trying_is_cancelled_first() -> None:
    at = node(replace(SILENT, trying=True), TALKS)
    Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert at.service.rates.reports["first"].figures.seizures <= 1


def test_what_rings_late_is_cancelled_and_the_call_goes_on() -> None:
    at = node(replace(SILENT, rings_after=5.0), TALKS)
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert summary.snapshot.outcomes == {"dialer.completed": 1}
    assert late_answers(at) == 0
    assert at.trunks[0].load.in_use == 0


@pytest.mark.parametrize("on_cancel", [OnCancel.OBEYS, OnCancel.CROSSES])
def test_a_late_answer_while_the_next_rings_ends_both(on_cancel: OnCancel) -> None:
    at = node(answers(6.0), replace(RINGS, on_cancel=on_cancel))
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert summary.snapshot.outcomes == {"dialer.cancelled": 1}
    assert summary.progress.done == 1
    assert late_answers(at) == 1
    assert [heard for heard in at.scripted.heard if heard.prompts] == [], "nobody heard a thing"
    assert all(each.load.in_use == 0 for each in at.trunks)


def test_a_late_answer_while_the_next_talks_leaves_the_conversation_alone() -> None:
    at = node(answers(8.0), TALKS)
    summary = Desk(at, contacts=1).run()
    assert summary.snapshot.outcomes == {"dialer.completed": 1}
    assert late_answers(at) == 1
    assert summary.progress.done == 1
    assert len({heard.attempt for heard in at.scripted.heard}) == 1


def test_a_late_answer_while_the_next_is_waited_for_sends_no_further_invite() -> None:
    at = node(answers(5.0), TALKS, channels=1)
    at.trunks[1].load.seize(at.clock.monotonic())  # full, for ever
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first"]
    assert summary.progress.done == 1
    assert summary.snapshot.outcomes == {"carrier.no_reply": 1}


@pytest.mark.parametrize("answered, trunks", [(5.0, ["first"]), (40.0, ["first", "second"])])
def test_room_that_comes_after_the_late_answer_is_not_used(
    answered: float, trunks: list[str]
) -> None:
    at = node(answers(answered), TALKS, channels=1)
    full = at.trunks[1].load
    for step in (full.seize, full.depart, full.sent):
        step(at.clock.monotonic())

    async def make_room(_running: CampaignRun) -> None:
        await asyncio.sleep(5.5)
        full.release()

    Desk(at, contacts=1).run(make_room)
    assert dialled(at) == trunks
    assert [row.trunk for row in asyncio.run(at.store.attempts())] == trunks


def test_who_answers_when_the_call_is_over_is_not_called_again() -> None:
    at = node(answers(20.0), SILENT)
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert (summary.progress.done, dict(summary.progress.waiting_later)) == (1, {})
    assert summary.snapshot.waits == ()
    assert late_answers(at) == 1


def test_silent_carriers_without_a_late_answer_leave_the_contact_waiting() -> None:
    calls: list[str] = []

    def callee(dial: object) -> Callee:
        calls.append("x")
        return SILENT if len(calls) <= 2 else TALKS

    at = Node(callee_of=callee, trunks=[trunk("first"), trunk("second")])
    summary = Desk(at, contacts=1).run()
    assert len(calls) == 3
    assert summary.progress.done == 1
    assert summary.snapshot.outcomes == {"carrier.no_reply": 1, "dialer.completed": 1}
