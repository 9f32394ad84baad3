"""The watch over calls that say nothing, on calls that are made up: who is given up, and when."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import pjsua2 as pj
import pytest

from dialer.core.values.events import DialFailed, HoldChanged, LocalEnded, LocalFault, PeerLost
from dialer.ports.line import AnyLineEvent
from dialer.sip import calls as calls_module
from dialer.sip import pjlib
from dialer.sip.calls import Calls, _fault


class Call:
    """In slot `slot` of the stack; `packets` have been heard of its far side."""

    def __init__(self, desk: Desk, attempt: str = "a", slot: int = 0) -> None:
        self.attempt, self.slot_of_stack = attempt, slot
        self.placed_at = desk.now
        self.answered_at: float | None = None
        self.ending_since: float | None = None
        self.told = self.held = self.came_in = self.disowned = False
        self.handle, self.slot, self.streams = 0, -1, 0
        self.packets: int | None = 0
        self.heard, self.heard_at, self.next_listen = 0, 0.0, 0.0
        self._desk = desk

    def answered(self) -> None:
        self.answered_at = self.heard_at = self._desk.now

    def getId(self) -> int:  # noqa: N802 -- pjsua2's
        return self.slot_of_stack

    def packets_heard(self) -> int:
        if self.packets is None:
            raise pj.Error
        return self.packets

    def end(self) -> pjlib.Ending:
        self.ending_since = self._desk.now
        return pjlib.Ending.SENT

    def hangup(self, _reply: object) -> None:
        self._desk.replies += 1

    def __disown__(self) -> None:
        self.disowned = True


class Desk:
    """The calls, and what is told of them; `tend` lets seconds pass, looking every 0.1 s."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rtp_silence: float = 20.0) -> None:
        self.now = 1000.0
        self.replies = 0
        self.told: list[tuple[float, str, AnyLineEvent]] = []
        self.used = {0, 1}
        monkeypatch.setattr(calls_module, "time", SimpleNamespace(monotonic=lambda: self.now))
        mailbox = Mock()
        mailbox.put = lambda attempt, at, event: self.told.append((at - 1000, attempt, event))
        self.calls = Calls(mailbox, Mock(), 4, rtp_silence, Mock())
        self.calls._slots = Mock(used=lambda: self.used)

    def call(self, attempt: str = "a", slot: int = 0) -> Call:
        call = Call(self, attempt, slot)
        self.calls._telling[attempt] = call  # type: ignore[assignment]
        self.calls._held_alive.add(call)  # type: ignore[arg-type]
        return call

    def tend(self, seconds: float, call: Call | None = None) -> None:
        """`call`: one of which packets come all the while."""
        for _ in range(round(seconds * 10)):
            self.now = round(self.now + 0.1, 3)
            if call is not None and call.packets is not None:
                call.packets += 5
            self.calls.tend(self.now)

    @property
    def events(self) -> list[AnyLineEvent]:
        return [event for _, _, event in self.told]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


@pytest.mark.parametrize("silence", [2.0, 20.0, 100.0])
def test_a_peer_is_lost_so_long_after_its_last_packet(
    monkeypatch: pytest.MonkeyPatch, silence: float
) -> None:
    desk = Desk(monkeypatch, silence)
    call = desk.call()
    call.answered()
    desk.tend(30, call)
    assert desk.told == []
    desk.tend(silence - 0.1)
    assert desk.told == []
    # What came last may be seen a look later, and so may its want: a quarter of the time each.
    desk.tend(2 * max(1.1, silence / 4) + 1.1)
    assert [(name, event) for _, name, event in desk.told] == [("a", PeerLost("rtp silence"))]
    assert call.ending_since is not None
    desk.tend(30)
    assert len(desk.told) == 1


def test_silence_is_no_loss_before_it_is_longer_than_allowed(desk: Desk) -> None:
    call = desk.call()
    call.answered()
    for now, lost in ((1020.0, False), (1025.0, True)):
        desk.now = now
        desk.calls.tend(now)
        assert bool(desk.told) is lost


def test_after_a_hold_silence_counts_from_its_end(desk: Desk) -> None:
    call = desk.call()
    call.answered()
    desk.tend(5, call)
    desk.tend(6)  # so that no packet from before the hold is seen only after it
    desk.calls.media_changed(call, held=True)  # type: ignore[arg-type]
    desk.tend(300)
    desk.calls.media_changed(call, held=False)  # type: ignore[arg-type]
    desk.tend(19.9)
    assert desk.events == [HoldChanged(held=True), HoldChanged(held=False)]
    desk.tend(6)
    assert desk.events[2:] == [PeerLost("rtp silence")]


def test_a_change_of_media_that_is_no_hold_is_told_nobody(desk: Desk) -> None:
    call = desk.call()
    desk.calls.media_changed(call, held=True)  # type: ignore[arg-type]
    assert (call.held, desk.told) == (True, []), "answered on hold: `answered` tells it"
    call.answered()
    desk.calls.media_changed(call, held=True)  # type: ignore[arg-type]
    assert desk.told == []
    call.ending_since = desk.now
    desk.calls.media_changed(call, held=False)  # type: ignore[arg-type]
    assert desk.told == []


@pytest.mark.parametrize("packets", [0, None])
def test_where_silence_is_no_matter_or_cannot_be_told_nobody_is_lost_by_it(
    monkeypatch: pytest.MonkeyPatch, packets: int | None
) -> None:
    desk = Desk(monkeypatch, 0.0 if packets == 0 else 20.0)
    call = desk.call()
    call.packets = packets
    call.answered()
    desk.tend(100)
    assert desk.told == []


def test_a_packet_count_that_begins_anew_is_a_sign_of_life(desk: Desk) -> None:
    call = desk.call()
    call.answered()
    desk.tend(5, call)
    desk.tend(15)
    call.packets = 3  # another stream
    desk.tend(15)
    assert desk.told == []


@pytest.mark.parametrize(
    "answered, came_in, most, end",
    [
        (False, False, 300, DialFailed(LocalFault.INTERNAL)),
        (False, True, 300, PeerLost("watchdog")),
        (True, False, 4 * 3600, PeerLost("watchdog")),
    ],
)
def test_no_call_outlives_every_limit(
    monkeypatch: pytest.MonkeyPatch, *, answered: bool, came_in: bool, most: int, end: AnyLineEvent
) -> None:
    desk = Desk(monkeypatch, 0.0)
    call = desk.call()
    call.came_in = came_in
    if answered:
        call.answered()
    for seconds, told in ((most, []), (most + 1.5, [end]), (most + 3, [end])):
        desk.now = 1000.0 + seconds
        desk.calls.tend(desk.now)
        assert desk.events == told
    assert desk.calls.watchdog_hits == 1


def test_an_end_that_never_comes_is_given_up_and_its_object_is_never_destroyed(desk: Desk) -> None:
    call = desk.call()
    desk.calls.end("a")
    assert call.ending_since == 1000.0
    desk.calls.tend(1070.0)
    assert (desk.told, desk.calls.live) == ([], 1)
    desk.calls.tend(1071.5)
    assert (desk.events, desk.calls.live, call.disowned) == ([LocalEnded()], 0, True)
    assert desk.calls.watchdog_hits == 1


@pytest.mark.parametrize(
    "answered, end", [(False, DialFailed(LocalFault.INTERNAL)), (True, PeerLost("watchdog"))]
)
def test_a_call_of_which_the_stack_knows_nothing_is_given_up(
    desk: Desk, *, answered: bool, end: AnyLineEvent
) -> None:
    call = desk.call()
    if answered:
        call.answered()
    desk.used = {1}
    desk.calls.tend(1000.0)
    assert (desk.events, desk.calls.live, call.disowned) == ([end], 0, True)


def test_of_two_calls_in_one_slot_the_later_one_has_it(desk: Desk) -> None:
    before = desk.call("a")
    desk.now += 1
    after = desk.call("b")
    desk.calls.tend(desk.now)
    assert [name for _, name, _ in desk.told] == ["a"]
    assert (before.disowned, after.disowned) == (True, False)


def test_the_watch_looks_once_a_second(desk: Desk) -> None:
    desk.call()
    looks: list[float] = []
    desk.calls._slots = Mock(used=lambda: looks.append(desk.now) or {0})
    desk.tend(3.05)
    assert [round(at - 1000, 1) for at in looks] == [0.1, 1.1, 2.1]


def test_who_calls_in_is_turned_away_once_and_never_once_answered(desk: Desk) -> None:
    call = desk.call()
    for _ in range(2):
        desk.calls.turn_away("a", 503, 30)
    assert (desk.replies, call.ending_since) == (1, 1000.0)
    other = desk.call("b", 1)
    other.answered()
    desk.calls.turn_away("b", 503, 30)
    assert (desk.replies, other.ending_since) == (1, None)


@pytest.mark.parametrize(
    "status, fault",
    [
        (calls_module._guard.VETOED, LocalFault.VETOED),
        (119_999, LocalFault.INTERNAL),
        (120_000, LocalFault.TRANSPORT),
        (120_111, LocalFault.TRANSPORT),
    ],
)
def test_from_the_first_error_of_the_system_on_it_is_the_network(
    status: int, fault: LocalFault
) -> None:
    assert _fault(status) is fault
