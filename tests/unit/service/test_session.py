"""One session on a scripted callee: what it commands, what it tells, and its one end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from audio.events import DtmfReceived, PlaybackStarted
from audio.prompts import Prompt
from dialer.core.call import CallLimits
from dialer.core.events import (
    Answered,
    DialFailed,
    HoldChanged,
    InviteSent,
    LocalFault,
    PeerLost,
    Progressed,
    RemoteHungUp,
)
from dialer.core.notice_watch import SPOKEN_BY, TELLING
from dialer.core.outcome import Outcome, Reason
from dialer.core.records import CallEnd
from dialer.core.script import Script
from dialer.core.script_run import KEEP_AT_MOST
from dialer.metrics.node import Metrics
from dialer.mqtt.table import Teller
from dialer.observer import Observer
from dialer.ports import AnyLineEvent
from dialer.session import Outside, Session
from dialer.testing import (
    Act,
    Answer,
    Callee,
    Fail,
    FakeClock,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    ScriptedLine,
    Talk,
    Timer,
    Vanish,
)
from tests.support.nodes import LIMITS, Told, prompt
from tests.support.orders import contact, number, order
from tests.support.scripts import renewal

ATTEMPT = "attempt-1-1"


class Desk:
    """One session, its callee, its timer, and everybody who is told of it."""

    def __init__(
        self,
        callee: Callee,
        script: Script | None = None,
        limits: CallLimits = LIMITS,
        keeps: float | None = 0.002,
    ) -> None:
        self.keeps = keeps
        self.kept_at: float | None = None
        self.clock = FakeClock()
        self.line = ScriptedLine(lambda _dial: callee, self.clock)
        self.told = Told()
        self.metrics = Metrics(CollectorRegistry(), version="0", trunks={"carrier-a": 9}, rules=[])
        self.observer = Observer(self.metrics, Teller(self.told), "card-renewal")
        self.refusals: list[datetime] = []
        self.began = self.clock.monotonic()
        self.sent: list[float] = []
        self.answers: list[tuple[float | None, float]] = []
        self.session = Session(
            order(at=self.clock.utc(), to=contact(to=number(1))),
            script or renewal(),
            limits,
            prompt,
            Outside(
                line=self.line,
                observer=self.observer,
                sent=self.sent.append,
                answered=lambda delay, at: self.answers.append((delay, at)),
                refused=self.refuse,
                wall=self.wall,
            ),
        )
        self.ends: list[CallEnd] = []
        self._timer: Timer | None = None
        asyncio.run(self.line.start(self.hear))

    def refuse(self, at: datetime) -> None:
        """It is on record a moment later, unless `keeps` says otherwise."""
        self.refusals.append(at)
        if self.keeps is not None:
            now = self.clock.monotonic()
            self.clock.call_at(now + self.keeps, self._keep)

    def _keep(self) -> None:
        self.kept_at = self.clock.monotonic()
        self._after(self.session.refusal_kept(self.kept_at))

    def wall(self, monotonic: float) -> datetime:
        return self.clock.utc() - timedelta(seconds=self.clock.monotonic() - monotonic)

    def begin(self) -> Desk:
        self._after(self.session.begin(self.clock.monotonic()))
        return self

    def hear(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        assert attempt == ATTEMPT
        self._after(self.session.take(event, at))

    def at(self, second: float, act: Callable[[], CallEnd | None]) -> None:
        """Do it so many seconds after the start."""
        self.clock.call_at(self.began + second, lambda: self._after(act()))

    def live(self, seconds: float = 200) -> CallEnd:
        """Until long after the end; that end."""
        self.begin()
        self.clock.advance(seconds)
        assert len(self.ends) == 1, "no end, or not one"
        assert self.session.next_deadline() is None
        assert self.line.live == () or self.ends[0].last.outcome.reason is not Reason.COMPLETED
        return self.ends[0]

    def _after(self, end: CallEnd | None) -> None:
        if end is not None:
            self.ends.append(end)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.session.next_deadline()
        if deadline is not None and not self.ends:
            self._timer = self.clock.call_at(deadline, self._wake)

    def _wake(self) -> None:
        self._after(self.session.wake(self.clock.monotonic()))

    @property
    def kinds(self) -> list[str]:
        """What was told of the call, in order."""
        return [topic.rpartition("/")[2] for topic, _ in self.told.events]

    @property
    def prompts(self) -> list[str]:
        """The prompts that the callee heard begin, in order."""
        return [name for heard in self.line.heard for name in heard.prompts]


def answering(*acts: Act) -> Callee:
    return Callee(rings_after=0.01, final=Answer(0.05), acts=acts)


# How calls end.


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
    desk = Desk(callee)
    end = desk.live()
    assert end.last.outcome == outcome
    assert (end.last.attempt, end.last.call, end.contact) == (ATTEMPT, "call-1", 1)
    assert end.last.sip_call_id in {f"{ATTEMPT}@scripted", None}


def test_a_whole_conversation_is_recorded() -> None:
    desk = Desk(answering(Press("3", 0.3), Talk(2.1, 0.6), Press("2", 2.5)))
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
    desk = Desk(answering())
    said: list[str] = []
    desk.session._say = lambda key: said.append(key) or prompt(key)  # type: ignore[func-returns-value]
    desk.live()
    assert said[:4] == [key for key in said if key.startswith("disclosure.")]
    assert set(said[4:]) == {"nodes.offer", "nodes.goodbye"}


def test_who_gives_up_first_decides_whatever_crosses() -> None:
    crossing = Callee(final=None, on_cancel=OnCancel.CROSSES)
    desk = Desk(crossing)
    assert desk.live().last.outcome == Outcome.of(Reason.NO_ANSWER)
    assert desk.line.heard == []


def test_a_cancel_that_nobody_answers_is_over_after_its_grace() -> None:
    desk = Desk(Callee(final=None, on_cancel=OnCancel.IGNORES))
    end = desk.live()
    waited = (end.last.ended_at - desk.wall(desk.began)).total_seconds()
    assert waited == pytest.approx(LIMITS.ring + LIMITS.cancel_grace)
    assert desk.line.live == (ATTEMPT,)


def test_the_longest_conversation_is_bounded() -> None:
    limits = CallLimits(no_progress=4, ring=20, talk=3, cancel_grace=32, bye_grace=32)
    end = Desk(answering(), limits=limits).live()
    assert end.last.outcome == Outcome.of(Reason.TIME_LIMIT)


# Opting out.


@pytest.mark.parametrize("after", [0.0, 0.001, 0.2])
def test_an_opt_out_outlives_the_hang_up_that_follows(after: float) -> None:
    desk = Desk(answering(Press("1", 0.3), RemoteBye(0.3 + after)))
    assert desk.live().last.outcome == Outcome.of(Reason.OPTED_OUT)


def test_an_opt_out_during_our_own_hang_up_is_kept() -> None:
    desk = Desk(answering(Press("1", 0.4)))
    desk.at(0.449, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    # The key comes while the BYE is under way: the line still tells it.
    desk.at(0.45, lambda: desk.session.take(_key("1"), desk.clock.monotonic()))
    assert desk.live().last.outcome == Outcome.of(Reason.OPTED_OUT)


def test_after_an_opt_out_only_goodbye_is_said() -> None:
    desk = Desk(answering(Press("1", 0.3), Press("2", 0.35), Talk(0.4, 1.0)))
    end = desk.live()
    assert desk.prompts == ["disclosure.identity", "nodes.goodbye"]
    assert end.path == ("goodbye",)
    assert end.keys == "12"
    # Told once, when the key came and not when the call ended.
    (refused_at,) = desk.refusals
    assert refused_at < end.last.ended_at


@pytest.mark.parametrize("keeps", [0.001, 2.0, 8.0])
def test_the_call_does_not_end_before_its_refusal_is_kept(keeps: float) -> None:
    desk = Desk(answering(Press("1", 0.3)), keeps=keeps)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.OPTED_OUT)
    assert desk.prompts == ["disclosure.identity", "nodes.goodbye"]
    assert desk.kept_at is not None
    assert end.last.ended_at >= desk.wall(desk.kept_at)


def test_a_store_that_is_away_holds_the_call_for_a_bounded_time() -> None:
    desk = Desk(answering(Press("1", 0.3)), keeps=None)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.OPTED_OUT)
    held = (end.last.ended_at - desk.refusals[0]).total_seconds()
    assert KEEP_AT_MOST < held < KEEP_AT_MOST + 3


# The identity notice in time.


def test_a_notice_that_is_too_long_is_hung_up_upon_and_told() -> None:
    desk = Desk(answering())
    said = desk.session._say
    long = Prompt("disclosure.identity", np.zeros(8000 * 4, np.int16), 8000)
    desk.session._say = lambda key: long if key == "disclosure.identity" else said(key)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.NOTICE_LATE)
    assert end.last.notice_spoken is None
    assert desk.prompts == ["disclosure.identity"]
    assert desk.kinds.count("notice") == 1
    (payload,) = [each for topic, each in desk.told.events if topic.endswith("/notice")]
    assert payload["notice_spoken_seconds"] is None
    assert list(desk.observer.figures.notice) == []
    assert end.last.answered_at is not None
    held = (end.last.ended_at - end.last.answered_at).total_seconds()
    assert held == pytest.approx(SPOKEN_BY + TELLING, abs=0.05)


def _key(digit: str) -> AnyLineEvent:
    return DtmfReceived(1, 0.0, digit)


# Transfer.


def test_a_transfer_goes_on_by_otherwise() -> None:
    desk = Desk(answering(Press("0", 2.3)))
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.COMPLETED)
    assert end.path == ("offer", "goodbye")
    assert desk.prompts[-2:] == ["nodes.offer", "nodes.goodbye"]


# The INVITE.


def test_the_instant_at_which_the_invite_left_is_told_once() -> None:
    desk = Desk(Callee(rings_after=None, final=None))
    desk.line.dial = lambda _dial: None  # type: ignore[method-assign]
    desk.begin()
    assert (desk.sent, desk.session.was_sent) == ([], False)
    desk.session.take(InviteSent("one"), desk.began + 0.02)
    desk.session.take(InviteSent("one"), desk.began + 0.03)
    assert (desk.sent, desk.session.was_sent) == ([desk.began + 0.02], True)


def test_an_invite_that_never_left_is_not_told_as_sent() -> None:
    desk = Desk(Callee(rings_after=None, final=None))
    desk.line.dial = lambda _dial: None  # type: ignore[method-assign]
    desk.begin()
    end = desk.session.take(DialFailed(LocalFault.VETOED), desk.began + 0.01)
    assert end is not None
    assert (desk.sent, desk.session.was_sent) == ([], False)


# Answer to first packet.


def test_the_first_packet_is_counted_from_the_answer() -> None:
    desk = Desk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(Answered(), desk.began + 2.0)
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.021)
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.5)
    assert list(desk.observer.figures.first_packet) == [pytest.approx(0.021)]


def test_the_first_packet_may_be_told_before_the_answer() -> None:
    """The tick tells of the one, the SIP thread of the other: nothing orders them."""
    desk = Desk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.0)
    desk.session.take(Answered(), desk.began + 2.001)
    assert list(desk.observer.figures.first_packet) == [0.0]


def test_later_prompts_are_no_first_packet() -> None:
    desk = Desk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(Answered(), desk.began + 2.0)
    desk.session.take(PlaybackStarted(1, 0.0, 1), desk.began + 2.5)
    assert list(desk.observer.figures.first_packet) == []


# Barge-in.


def test_every_stop_is_counted_and_coughs_are_not() -> None:
    desk = Desk(answering(Talk(2.05, 0.05), Talk(2.15, 0.5)))
    assert desk.live().last.barge_ins == 1
    assert desk.kinds.count("barge_in") == 1


def test_speech_over_the_notice_stops_nothing() -> None:
    desk = Desk(answering(Talk(0.1, 0.3)))
    assert desk.live().last.barge_ins == 0
    assert desk.line.heard[0].completed


# What has no place.


def test_unexpected_events_are_logged_and_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(answering())
    for second, event in ((0.5, Answered()), (0.6, Progressed(180, early_media=False))):
        desk.at(second, lambda event=event: desk.session.take(event, desk.clock.monotonic()))
    with caplog.at_level(logging.ERROR):
        end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.COMPLETED)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert all(ATTEMPT in record.getMessage() for record in caplog.records)


def test_what_was_not_expected_is_not_told_either() -> None:
    desk = Desk(answering())
    desk.at(0.5, lambda: desk.session.take(Answered(), desk.clock.monotonic()))
    desk.live()
    assert desk.kinds.count("answered") == 1
    answers = desk.metrics.registry.get_sample_value(
        "dialer_trunk_answers_total", {"trunk": "carrier-a"}
    )
    assert answers == 1


def test_what_comes_after_the_end_is_heard_without_effect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(answering(RemoteBye(0.7)))
    desk.live()
    told = list(desk.told.events)
    for event in (Answered(), RemoteHungUp(), PeerLost("late"), HoldChanged(held=True), _key("1")):
        assert desk.session.take(event, desk.clock.monotonic()) is None
    assert desk.session.wake(desk.clock.monotonic()) is None
    assert desk.session.end(Reason.DRAINED, desk.clock.monotonic()) is None
    assert desk.told.events == told
    assert caplog.records == []


def test_a_wake_up_that_comes_early_does_nothing() -> None:
    desk = Desk(answering()).begin()
    deadline = desk.session.next_deadline()
    assert deadline is not None
    assert desk.session.wake(deadline - 0.001) is None
    assert desk.session.next_deadline() == deadline


# Ends that we ask for.


@pytest.mark.parametrize("second", [0.0, 0.02, 0.3, 2.3])
def test_a_call_told_to_end_ends_for_that_reason(second: float) -> None:
    desk = Desk(answering())
    desk.at(second, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.DRAINED)
    assert (end.last.ended_at - desk.wall(desk.began)).total_seconds() < second + 0.1


def test_nothing_is_said_once_we_hang_up() -> None:
    desk = Desk(answering())
    desk.at(0.3, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    desk.begin()
    played: list[object] = []
    desk.line.play = lambda attempt, playlist: played.append(playlist)  # type: ignore[method-assign]
    desk.at(0.301, lambda: desk.session.take(_key("1"), desk.clock.monotonic()))
    desk.clock.advance(100)
    assert played == []
    assert desk.ends[0].last.outcome == Outcome.of(Reason.OPTED_OUT)


@pytest.mark.parametrize(
    "callee,reason",
    [
        (answering(), Reason.DRAINED),
        (answering(Press("1", 0.1)), Reason.OPTED_OUT),
        (Callee(final=None), Reason.DRAINED),
    ],
)
def test_a_call_that_is_given_up_ends_as_it_was_going_to(callee: Callee, reason: Reason) -> None:
    desk = Desk(callee).begin()
    desk.clock.advance(0.3)
    assert desk.session.end(Reason.DRAINED, desk.clock.monotonic()) is None
    end = desk.session.give_up(desk.clock.monotonic())
    assert end is not None
    assert end.last.outcome == Outcome.of(reason)
    assert desk.session.give_up(desk.clock.monotonic()) is None


def test_no_number_is_in_a_log_line_or_an_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        desk = Desk(answering(Press("1", 0.3)))
        desk.at(0.5, lambda: desk.session.take(Answered(), desk.clock.monotonic()))
        desk.live()
    said = caplog.text + repr(desk.told.events) + repr(desk.session.order)
    assert caplog.records
    assert "7700900" not in said
