"""One session on a scripted callee: how calls end, each with its one outcome."""

from __future__ import annotations

import pytest

from dialer.core.calls.call import CallLimits
from dialer.core.values.events import LocalFault
from dialer.core.values.outcome import Outcome, Reason
from dialer.testing import Callee, Fail, OnCancel, Press, Reject, RemoteBye, Talk, Vanish
from tests.support.nodes import LIMITS, prompt
from tests.support.sessions import ATTEMPT, SessionDesk, answering


@pytest.mark.parametrize(
    "callee,outcome",
    [
        (answering(Press("2", 2.5)), Outcome.of(Reason.COMPLETED)),
        (answering(), Outcome.of(Reason.COMPLETED)),
        (answering(RemoteBye(0.7, 16)), Outcome.of(Reason.HUNG_UP, None, 16)),
        (answering(Press("1", 0.3)), Outcome.of(Reason.OPTED_OUT)),
        (answering(Vanish(1.0)), Outcome.of(Reason.PEER_LOST)),
        (Callee(final=Reject(486)), Outcome.of(Reason.BUSY, 486)),
        (Callee(final=Reject(603, q850=21)), Outcome.of(Reason.DECLINED, 603, 21)),
        (Callee(final=Reject(503, q850=34)), Outcome.of(Reason.CONGESTION, 503, 34)),
        (Callee(final=Reject(408, heard=False)), Outcome.of(Reason.NO_REPLY, 408)),
        (Callee(final=Reject(607)), Outcome.of(Reason.UNWANTED, 607)),
        (Callee(final=None), Outcome.of(Reason.NO_ANSWER)),
        (Callee(rings_after=None, final=None), Outcome.of(Reason.NO_REPLY)),
        (Callee(final=Fail(LocalFault.VETOED)), Outcome.of(Reason.VETOED)),
        (Callee(final=Fail(LocalFault.UNRESOLVED)), Outcome.of(Reason.UNREACHABLE)),
    ],
    ids=lambda value: str(value) if isinstance(value, Outcome) else "",
)
def test_each_way_a_call_goes_has_its_one_outcome(callee: Callee, outcome: Outcome) -> None:
    desk = SessionDesk(callee)
    end = desk.live()
    assert end.last.outcome == outcome
    assert (end.last.attempt, end.last.call, end.contact) == (ATTEMPT, "call-1", 1)
    assert end.last.sip_call_id in {f"{ATTEMPT}@scripted", None}


def test_a_whole_conversation_is_recorded() -> None:
    desk = SessionDesk(answering(Press("3", 0.3), Talk(2.1, 0.6), Press("2", 2.5)))
    started = desk.clock.utc()
    end = desk.live()
    last = end.last
    assert end.keys == "32"
    assert end.path == ("offer", "done")
    assert last.post_dial_delay == pytest.approx(0.01)
    assert last.answered_at is not None
    assert (last.answered_at - started).total_seconds() == pytest.approx(0.05)
    assert last.ended_at > last.answered_at
    assert last.first_packet == pytest.approx(0.0)
    assert last.notice_spoken == pytest.approx(prompt("disclosure.identity").seconds)
    assert last.barge_ins == 1
    assert desk.prompts[:4] == [
        "disclosure.identity",
        "disclosure.purpose",
        "disclosure.recording",
        "disclosure.opt_out",
    ]
    assert desk.kinds == ["dialing", "ringing", "answered", "notice", "barge_in"]
    assert list(desk.observer.figures.barge_in) == [pytest.approx(0.2)]


def test_the_words_of_each_contact_are_its_own() -> None:
    desk = SessionDesk(answering())
    said: list[str] = []
    desk.session._say = lambda key: said.append(key) or prompt(key)  # type: ignore[func-returns-value]
    desk.live()
    assert said[:4] == [key for key in said if key.startswith("disclosure.")]
    assert set(said[4:]) == {"nodes.offer", "nodes.goodbye"}


def test_who_gives_up_first_decides_whatever_crosses() -> None:
    crossing = Callee(final=None, on_cancel=OnCancel.CROSSES)
    desk = SessionDesk(crossing)
    assert desk.live().last.outcome == Outcome.of(Reason.NO_ANSWER)
    assert desk.line.heard == []


def test_a_cancel_that_nobody_answers_is_over_after_its_grace() -> None:
    desk = SessionDesk(Callee(final=None, on_cancel=OnCancel.IGNORES))
    end = desk.live()
    waited = (end.last.ended_at - desk.wall(desk.began)).total_seconds()
    assert waited == pytest.approx(LIMITS.ring + LIMITS.cancel_grace)
    assert desk.line.live == (ATTEMPT,)


def test_the_longest_conversation_is_bounded() -> None:
    limits = CallLimits(no_progress=4, ring=20, talk=3, cancel_grace=32, bye_grace=32)
    end = SessionDesk(answering(), limits=limits).live()
    assert end.last.outcome == Outcome.of(Reason.TIME_LIMIT)


def test_a_transfer_goes_on_by_otherwise() -> None:
    desk = SessionDesk(answering(Press("0", 2.3)))
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.COMPLETED)
    assert end.path == ("offer", "goodbye")
    assert desk.prompts[-2:] == ["nodes.offer", "nodes.goodbye"]
