"""A carrier's fault moves the call to the next trunk; the callee's own answer never does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dialer.core.gate.compliance import Gate, Rule
from dialer.core.gate.rules import PerNumber, per_number_frequency
from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.retry import MOST_CALLS
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.testing import Answer, Callee, Garble, Reject
from tests.support.campaigns import Desk
from tests.support.nodes import Node, trunk

TRUNKS = ("first", "second", "third")


def node(behaviour: dict[str, Callee], gate: Gate | None = None, **limits: float) -> Node:
    """A node whose trunks, tried in the order of TRUNKS, behave as given."""
    trunks = [
        replace(trunk(name, **limits), priority=at) for at, name in enumerate(TRUNKS, start=1)
    ]
    return Node(
        callee_of=lambda dial: behaviour[dial.trunk],
        trunks=trunks,
        gate=gate or Gate([per_number_frequency(PerNumber(hour=1, day=3))]),
    )


def trunks_dialled(at: Node) -> list[str]:
    return [dial.trunk for dial in at.scripted.dialled]


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_carriers_fault_moves_on_at_once_and_each_attempt_is_its_own_trunks(code: int) -> None:
    at = node(
        {
            "first": Callee(final=Reject(code)),
            "second": Callee(final=Reject(code)),
            "third": Callee(final=Answer(0.1)),
        }
    )
    summary = Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first", "second", "third"]
    assert summary.snapshot.outcomes == {"dialer.completed": 1}
    rows = asyncio.run(at.store.attempts())
    assert [row.trunk for row in rows] == ["first", "second", "third"]
    assert len({row.call for row in rows}) == 1
    assert [row.outcome.sip_code for row in rows if row.outcome] == [code, code, None]
    (call,) = asyncio.run(at.store.calls())
    assert (call.trunk, call.attempts) == ("third", 3)
    (story,) = at.told.of_calls().values()
    assert story[0] == "dialing"
    assert story.count("dialing") == 3
    assert story.count("attempt_ended") == 2
    assert story[-1] == "ended"
    assert all(each.load.in_use == 0 for each in at.trunks)


@pytest.mark.parametrize("code", [404, 408, 480, 486, 600, 603, 604, 607, 608])
def test_the_callees_own_answer_is_not_asked_for_again(code: int) -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(final=Reject(code))))
    Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first"]


def test_an_answer_of_no_use_is_an_answer_and_nobody_is_rung_twice() -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(None, final=Reject(488, reached=True))))
    summary = Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first"]
    assert summary.snapshot.outcomes == {"carrier.no_media": 1}
    assert summary.snapshot.answered == 1
    assert (summary.progress.done, dict(summary.progress.waiting_later)) == (1, {})


def test_a_final_reply_that_cannot_be_read_rings_nobody_again() -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(rings_after=None, final=Garble(200))))
    summary = Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first"]
    assert summary.snapshot.outcomes == {"carrier.unreadable": 1}
    assert (summary.progress.done, dict(summary.progress.waiting_later)) == (1, {})


def test_ringing_that_cannot_be_read_is_ringing() -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(rings_after=None, final=Garble(180))))
    summary = Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first"]
    assert summary.snapshot.outcomes == {"callee.no_answer": 1}


def test_a_silent_carrier_is_given_up_and_the_next_is_tried() -> None:
    at = node(
        {
            "first": Callee(rings_after=None, final=None, trying=False),
            "second": Callee(final=Reject(486)),
            "third": Callee(),
        }
    )
    summary = Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first", "second"]
    assert summary.snapshot.outcomes == {"callee.busy": 1}


def test_when_no_trunk_is_left_the_call_ends_with_the_last_ones_fault() -> None:
    # It rang before: so it counts to the callee's frequency, and another run may try.
    at = node(dict.fromkeys(TRUNKS, Callee(final=Reject(503))))
    summary = Desk(at, contacts=2).run()
    assert sorted(trunks_dialled(at)) == sorted(TRUNKS * 2)
    assert summary.snapshot.outcomes == {"carrier.congestion": 2}
    assert summary.progress.done == 0
    assert summary.progress.waiting_later == {"per_number": 2}


def test_a_trunk_that_rests_for_long_is_waited_for_no_longer_than_any_other() -> None:
    at = node({"first": Callee(final=Reject(503)), "second": Callee(), "third": Callee()})
    for each in at.trunks[1:]:
        each.load.rest(at.clock.monotonic(), at.clock.monotonic() + 60)
    Desk(at, contacts=1).run()
    (only,) = asyncio.run(at.store.attempts())
    assert only.trunk == "first", "the call was over before another had room"


def test_retry_after_lets_the_trunk_rest() -> None:
    at = node(
        {
            "first": Callee(final=Reject(503, retry_after=30)),
            "second": Callee(final=Reject(486)),
            "third": Callee(),
        }
    )
    Desk(at, contacts=3, concurrency=1).run()
    # RFC 3261 21.5.4: while it rests, nobody is sent there.
    assert trunks_dialled(at) == ["first", "second", "second", "second"]


def test_what_a_callee_says_with_retry_after_is_no_matter_of_the_trunk() -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(final=Reject(480, retry_after=3000))))
    Desk(at, contacts=3, concurrency=1).run(limit=60)
    # RFC 3261 20.33: it tells when the callee expects to be there.
    assert trunks_dialled(at) == ["first"] * 3


def test_the_gate_is_asked_for_each_attempt_and_may_stop_the_moving_on() -> None:
    def only_the_first(order: AttemptOrder, _history: History) -> Verdict:
        return Allow() if order.trunk == "first" else Deny("caller_id_verified", "not there")

    at = node(
        dict.fromkeys(TRUNKS, Callee(final=Reject(503))),
        gate=Gate([Rule("caller_id_verified", only_the_first)]),
    )
    summary = Desk(at, contacts=1).run(limit=3 * 3600)
    assert set(trunks_dialled(at)) == {"first"}
    assert summary.snapshot.outcomes == {"carrier.congestion": MOST_CALLS}
    assert summary.progress.done == 1


def test_a_call_waits_a_little_for_room_on_the_next_trunk() -> None:
    at = node(
        {
            "first": Callee(final=Reject(503)),
            "second": Callee(final=Reject(486)),
            "third": Callee(final=Reject(486)),
        },
        cps=2,
    )
    summary = Desk(at, contacts=8).run()
    assert summary.snapshot.outcomes == {"callee.busy": 8}


def test_after_an_answer_nothing_is_placed_again() -> None:
    at = node(dict.fromkeys(TRUNKS, Callee(final=Answer(0.1), acts=())))
    Desk(at, contacts=1).run()
    assert trunks_dialled(at) == ["first"]
    (call,) = asyncio.run(at.store.calls())
    assert call.outcome is not None
    assert call.outcome.reason is Reason.COMPLETED
