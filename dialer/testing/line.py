"""A Line without SIP or RTP, whose callees do as they were told beforehand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from audio.recording import Tape
from audio.speech.recogniser import ListensFor
from dialer.core.dialog.script import KEYS
from dialer.core.trunks.trunk_state import TrunkState
from dialer.core.values.events import Arrived, LocalEnded, RemoteHungUp
from dialer.core.values.targets import Target
from dialer.ports.line import AnyLineEvent, Dial, LineSink, Playlist, TrunkSink
from dialer.testing.callee import (
    Callee,
)
from dialer.testing.clock import LoopTimers, Timer, Timers
from dialer.testing.leg import Heard, Leg


class ScriptedLine:
    """A Line whose callees follow the plan that `callee_of` gives for each Dial.

    Time is the event loop's, or a FakeClock's: then events come, synchronously, out of its
    `advance`. `dialled`, `heard`, `sent_dtmf` and `referred` keep what was asked of the line, in
    order. Commands raise RuntimeError before `start` and after `close`. A hold is told, but does
    not hold up what is being played; a tape gets no sound, only its end.
    """

    def __init__(self, callee_of: Callable[[Dial], Callee], timers: Timers | None = None) -> None:
        self._callee_of = callee_of
        self._timers = timers or LoopTimers()
        self._sink: LineSink | None = None
        self._legs: dict[str, Leg] = {}
        self._handles = count(1)
        self._states: dict[str, TrunkState] = {}
        self._trunk_sinks: list[TrunkSink] = []
        self.dialled: list[Dial] = []
        self.heard: list[Heard] = []
        self.sent_dtmf: list[tuple[str, str]] = []
        self.referred: list[tuple[str, Target]] = []
        self.told_referrers: list[tuple[str, int]] = []
        self.turned_away: list[tuple[str, int, int | None]] = []

    @property
    def live(self) -> tuple[str, ...]:
        """Attempts whose story has not ended."""
        return tuple(self._legs)

    async def start(self, sink: LineSink) -> None:
        self._sink = sink

    async def close(self) -> None:
        for leg in tuple(self._legs.values()):
            leg.finish(LocalEnded())
        self._sink = None

    def trunk_states(self) -> tuple[TrunkState, ...]:
        """The states that `turn` has given."""
        return tuple(self._states.values())

    def watch_trunks(self, sink: TrunkSink) -> None:
        self._trunk_sinks.append(sink)

    def turn(self, state: TrunkState) -> None:
        """Have a trunk be in `state` from now on."""
        self._states[state.name] = state
        for sink in self._trunk_sinks:
            sink(state)

    def dial(self, order: Dial) -> None:
        """Raises ValueError for an attempt that was dialled before."""
        self._must_be_up()
        if any(order.attempt == dial.attempt for dial in self.dialled):
            raise ValueError(f"attempt {order.attempt} was dialled before")
        self.dialled.append(order)
        leg = Leg(self, order.attempt, order.opening, self._callee_of(order), next(self._handles))
        self._legs[order.attempt] = leg
        leg.allow(order.may_refer_to)
        leg.begin()

    def arrive(self, name: str, arrived: Arrived, caller: Callee | None = None) -> None:
        """Somebody calls in, and once answered acts as planned."""
        self._must_be_up()
        leg = Leg(self, name, None, caller or Callee(), next(self._handles))
        self._legs[name] = leg
        leg.come_in(arrived)

    def hang_up(self, attempt: str) -> None:
        """The far side ends the call now: by CANCEL while it rings here, else by BYE."""
        if leg := self._leg(attempt):
            leg.finish(RemoteHungUp())

    def answer(self, call: str, opening: Playlist, listens: ListensFor | None = None) -> None:  # noqa: ARG002
        if leg := self._leg(call):
            leg.answer(opening)

    def turn_away(self, call: str, code: int, retry_after: int | None = None) -> None:
        if leg := self._leg(call):
            self.turned_away.append((call, code, retry_after))
            leg.turn_away()

    def end(self, attempt: str) -> None:
        if leg := self._leg(attempt):
            leg.end()

    def play(self, attempt: str, playlist: Playlist) -> None:
        if leg := self._leg(attempt):
            leg.play(playlist)

    def stop(self, attempt: str) -> None:
        if leg := self._leg(attempt):
            leg.stop()

    def record(self, attempt: str, tape: Tape) -> None:
        if leg := self._leg(attempt):
            leg.record(tape)
        else:
            tape.end(0)

    def stop_recording(self, attempt: str) -> None:
        if leg := self._leg(attempt):
            leg.stop_recording()

    def send_dtmf(self, attempt: str, digits: str) -> None:
        """Raises ValueError for anything but 0-9 * # A-D."""
        if not digits or not KEYS.issuperset(digits):
            raise ValueError("keys are 0-9, *, # and A-D")
        if self._leg(attempt):
            self.sent_dtmf.append((attempt, digits))

    def join(self, attempt: str, other: str) -> None:
        one, two = self._leg(attempt), self._leg(other)
        if one and two and one is not two and one.can_join and two.can_join:
            one.join(two)

    def part(self, attempt: str) -> None:
        if leg := self._leg(attempt):
            leg.part()

    def refer(self, attempt: str, target: Target) -> None:
        if (leg := self._leg(attempt)) and leg.talks:
            self.referred.append((attempt, target))
            leg.refer()

    def tell_referrer(self, attempt: str, code: int) -> None:
        if self._leg(attempt):
            self.told_referrers.append((attempt, code))

    # For the legs.

    def now(self) -> float:
        return self._timers.monotonic()

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        return self._timers.call_at(when, callback)

    def tell(self, attempt: str, event: AnyLineEvent) -> None:
        if self._sink is not None:
            self._sink(attempt, self.now(), event)

    def forget(self, attempt: str) -> None:
        del self._legs[attempt]

    def _must_be_up(self) -> None:
        if self._sink is None:
            raise RuntimeError("the line is not up")

    def _leg(self, attempt: str) -> Leg | None:
        self._must_be_up()
        return self._legs.get(attempt)
