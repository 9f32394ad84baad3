"""One call that came in: its state machine between the line's events and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audio.prompts import Prompt
from audio.tones import ringing
from dialer.calls.transfer import HandOverSide
from dialer.core.calls.inbound import (
    Answer,
    FetchPerson,
    Finish,
    HangUp,
    InboundCall,
    InboundEvent,
    NotReady,
    Ready,
    Suppress,
    TurnAway,
    Written,
)
from dialer.core.calls.inbound_prompts import IDENTITY
from dialer.core.dialog.script_commands import CallOff, Play
from dialer.core.dialog.script_run import RINGING
from dialer.core.values.events import (
    Arrived,
    DeadlinePassed,
    EndRequested,
    LocalEnded,
    TransferFailed,
)
from dialer.core.values.inbound_records import InboundEnd
from dialer.core.values.outcome import Reason
from dialer.ports.line import AnyLineEvent, Line, Playlist, PlaylistItem

Say = Callable[[str], Prompt]

RETRY_AFTER = 30
"""Seconds after which a caller who was let in, but could not be answered, may try again."""


@dataclass(frozen=True, slots=True)
class House:
    """What a session acts on.

    `suppress` writes that the caller is never to be called again and answers by `written`;
    `fetch` hands the caller over to the operator; `wall` turns a monotonic instant into UTC.
    """

    line: Line
    suppress: Callable[[datetime], None]
    fetch: Callable[[], HandOverSide]
    answered: Callable[[], None]
    wall: Callable[[float], datetime]


class InboundSession:
    """One call from Arrived to its end; a `dialer.calls.live.Live`."""

    def __init__(self, name: str, arrived: Arrived, machine: InboundCall, house: House) -> None:
        self.name = name
        self.arrived = arrived
        self._machine = machine
        self._house = house
        self._say: Say | None = None
        self._other_side: HandOverSide | None = None
        self._end: InboundEnd | None = None

    def begin(self, _now: float) -> InboundEnd | None:
        """It has arrived; what comes next is `ready`."""
        return None

    def ready(self, say: Say, now: float, *, known: bool) -> InboundEnd | None:
        """Who is calling is on record, and the prompts are made."""
        self._say = say
        return self._tell(Ready(known), now)

    def not_ready(self, now: float) -> InboundEnd | None:
        """The call cannot be answered."""
        return self._tell(NotReady(), now)

    def written(self, now: float, *, kept: bool) -> InboundEnd | None:
        """What came of `House.suppress`."""
        return self._tell(Written(kept), now)

    def transfer_failed(self, now: float) -> InboundEnd | None:
        """Nobody could be fetched."""
        self._other_side = None
        return self._tell(TransferFailed(), now)

    def take(self, event: AnyLineEvent, at: float) -> InboundEnd | None:
        """One event of the line."""
        was_answered = self._machine.answered_at is not None
        end = self._tell(event, at)
        if self._machine.answered_at is not None and not was_answered:
            self._house.answered()
        return end

    def wake(self, now: float) -> InboundEnd | None:
        """A deadline has come."""
        return self._tell(DeadlinePassed(), now)

    def end(self, reason: Reason, now: float) -> InboundEnd | None:
        """We want the call to end."""
        return self._tell(EndRequested(reason), now)

    def give_up(self, now: float) -> InboundEnd | None:
        """The call was told to end, and the line will not say that it did: here it is over."""
        return self._tell(LocalEnded(), now)

    def next_deadline(self) -> float | None:
        """The monotonic instant at which `wake` is wanted; None: never."""
        return self._machine.next_deadline()

    def _tell(self, event: InboundEvent, now: float) -> InboundEnd | None:
        if self._end is not None:
            return None
        for command in self._machine.handle(event, now):
            match command:
                case Suppress():
                    self._house.suppress(self._house.wall(now))
                case FetchPerson():
                    self._other_side = self._house.fetch()
                case CallOff():
                    self._call_off()
                case Finish(ending):
                    answered_at = self._machine.answered_at
                    self._end = InboundEnd(
                        call=self.name,
                        ending=ending,
                        ended_at=self._house.wall(now),
                        answered_at=None if answered_at is None else self._house.wall(answered_at),
                        keys=self._machine.keys,
                    )
                case _:
                    self._command(command)
        return self._end

    def _command(self, command: Answer | TurnAway | Play | HangUp) -> None:
        """What the line is told."""
        line = self._house.line
        match command:
            case Answer(opening):
                line.answer(self.name, self._playlist(opening))
            case TurnAway():
                line.turn_away(self.name, 503, RETRY_AFTER)
            case Play():
                line.play(self.name, self._playlist(command))
            case HangUp():
                line.end(self.name)

    def _call_off(self) -> None:
        side, self._other_side = self._other_side, None
        if side is not None:
            side.call_off()

    def _playlist(self, play: Play) -> Playlist:
        say = self._say
        if say is None:
            raise RuntimeError("a call is answered only once its prompts are made")
        tone = ringing(say(IDENTITY).rate)
        return Playlist(
            play.play_id,
            tuple(
                PlaylistItem(tone if key == RINGING else say(key), policy)
                for key, policy in play.items
            ),
        )
