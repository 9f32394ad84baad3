"""One leg of any kind: its state machine and its dialog, between the line's events and commands.

What legs differ in is given to the driver: the dialog, whoever watches, what is acted on, and the
record that is made of the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

from audio.prompts import Prompt
from audio.speech.recogniser import ListensFor
from audio.tones import ringing
from dialer.calls.transfer import HandOver, HandOverSide
from dialer.core.calls.call import Call, UnexpectedEventError
from dialer.core.calls.call_table import State
from dialer.core.calls.commands import (
    AnswerCall,
    Cancel,
    Command,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
    TurnAway,
)
from dialer.core.dialog.dialog import Dialog, DialogEvent, HangingUp
from dialer.core.dialog.script import Transfer
from dialer.core.dialog.script_commands import (
    CallLater,
    CallOff,
    EndCall,
    OpenComplaint,
    Play,
    RecordOptOut,
    ScriptCommand,
    StartRecording,
    StopRecording,
)
from dialer.core.dialog.script_run import RINGING
from dialer.core.values.events import (
    AnswerRequested,
    Arrived,
    CallEvent,
    CallLineEvent,
    DeadlinePassed,
    DialRequested,
    EndRequested,
    Joined,
    KeysUnheard,
    LocalEnded,
    OptedOut,
    Parted,
    ReferAnswered,
    RefusalKept,
    Rejected,
    TransferAsked,
    TransferFailed,
)
from dialer.core.values.legs import LegOrder
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, AttemptOrder
from dialer.ports.line import AnyLineEvent, Dial, Line, Playlist, PlaylistItem

_log = logging.getLogger(__name__)

Say = Callable[[str], Prompt]
"""Gives the prompt of an item of a Play."""

RETRY_AFTER: Final = 30
"""Seconds after which a caller who was let in, but could not be answered, may try again."""

Order = TypeVar("Order")
End = TypeVar("End")


class Recording(Protocol):
    """What records one call."""

    def start(self) -> None:
        """From the next frame on, what both sides say is kept."""
        ...

    def stop(self, *, erase: bool) -> None:
        """Keep nothing more; and with `erase`, nothing of what was. May come before `start`."""
        ...


class Watcher:
    """Is told of a leg's life; only of what the state machine has taken. Here: does nothing."""

    def dialing(self, now: float) -> None:
        """The INVITE is asked for."""

    def sent(self, at: float) -> None:
        """The INVITE has left."""

    def turned_away(self) -> None:
        """It came in and is refused, for now."""

    def asked_to_rest(self, seconds: int, at: float) -> None:
        """The carrier wants to be left alone for so long."""

    def opened(self, at: float) -> None:
        """The leg is up, and wanted."""

    def answered(self, at: float) -> None:
        """The 200 came, be it that we have given up meanwhile."""

    def signalled(self, event: CallLineEvent, at: float) -> None:
        """Signalling said this."""

    def heard(self, event: AnyLineEvent, at: float) -> None:
        """The line said this, and it was no signalling."""

    def plays(self, play: Play) -> None:
        """The line is told to play this, now or at the answer."""

    def records(self, command: StartRecording | StopRecording, now: float) -> None:
        """What the far side says may be kept from now on, or no more."""

    def said(self, now: float) -> None:
        """The dialog has taken an event."""

    def ending(self, reason: Reason, now: float) -> None:
        """The dialog wants the leg to end."""

    def promised(self, now: float) -> None:
        """The far side was told that a person comes."""

    def nobody_came(self) -> None:
        """The person cannot be had."""


@dataclass(frozen=True, slots=True)
class LegParts(Generic[End]):
    """What a leg is made of.

    `first` is what it begins with: the INVITE to be sent, or the call that came in. `record` makes
    the record of the end, of the outcome and the monotonic time; `wall` turns a monotonic instant
    into UTC; `refused` is told when the far side opts out, with the UTC time, and answers by
    `Leg.refusal_kept`; `complained` when it complains of us, with the UTC time; `call_later` when
    it was promised a call at another time.
    """

    line: Line
    first: Dial | Arrived
    wall: Callable[[float], datetime]
    record: Callable[[Outcome, float], End]
    watcher: Watcher = field(default_factory=Watcher)
    say: Say | None = None
    refused: Callable[[datetime], None] | None = None
    hand_over: HandOver | None = None
    recording: Recording | None = None
    listens: ListensFor | None = None
    """What is listened for in the words of a caller; of a Dial it is its own."""
    complained: Callable[[datetime], None] | None = None
    call_later: Callable[[], None] | None = None


class Leg(Generic[Order, End]):
    """One leg from its commit, or its arrival, to its end; a `dialer.calls.live.Live`.

    All methods belong to the event loop's thread. Every method that may end the leg returns the
    end if it did; that comes exactly once.
    """

    def __init__(
        self, name: str, order: Order, call: Call, dialog: Dialog, parts: LegParts[End]
    ) -> None:
        self.name = name
        self.order = order
        self._call = call
        self._dialog = dialog
        self._parts = parts
        self._line = parts.line
        self._watcher = parts.watcher
        self._say = parts.say
        self._other_side: HandOverSide | None = None
        self._called_off: Reason | None = None
        self._end: End | None = None
        self.joined_at: float | None = None
        """Monotonic time at which it was first joined with another leg."""
        self.retry_after: int | None = None
        """Seconds for which the carrier asked to be left alone with its final reply."""

    @property
    def was_sent(self) -> bool:
        """Whether the INVITE has left."""
        return self._call.sip_call_id is not None

    @property
    def was_answered(self) -> bool:
        return self._call.answered_at is not None

    @property
    def reached(self) -> bool:
        """Whether the far side has answered, be it that the answer was of no use."""
        return self.was_answered

    @property
    def was_joined(self) -> bool:
        return self.joined_at is not None

    @property
    def left_behind(self) -> bool:
        """Whether it is over while its INVITE still lives: see `dialer.calls.orphan`."""
        return self._call.left_behind

    def next_deadline(self) -> float | None:
        """The monotonic instant at which `wake` is wanted; None: never."""
        if self._end is not None:
            return None
        deadlines = (self._call.next_deadline(), self._dialog.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def call_off(self, why: Reason) -> None:
        """Have `begin` send no INVITE, but end the attempt for this reason."""
        self._called_off = why

    def begin(self, now: float) -> End | None:
        """The leg is committed: send the INVITE; or it has arrived: `answer` or `end` is next."""
        if self._called_off is not None:
            return self.end(self._called_off, now)
        first = self._parts.first
        return self._tell_call(first if isinstance(first, Arrived) else DialRequested(), now)

    def answer(self, say: Say, now: float) -> End | None:
        """The prompts for a call that came in are made, and its dialog knows who calls."""
        self._say = say
        return self._tell_call(AnswerRequested(), now)

    def take(self, event: AnyLineEvent, at: float) -> End | None:
        """One event of the line."""
        if isinstance(event, CallLineEvent):
            return self._take_signalling(event, at)
        if isinstance(event, ReferAnswered) and self._other_side is not None:
            self._other_side.refer_answered(event)
        self._watcher.heard(event, at)
        if isinstance(event, Parted | ReferAnswered | Arrived | TransferAsked | KeysUnheard):
            return None
        return self._tell_dialog(event, at)

    def wake(self, now: float) -> End | None:
        """A deadline has come."""
        return self._tell_call(DeadlinePassed(), now) or self._tell_dialog(DeadlinePassed(), now)

    def end(self, reason: Reason, now: float) -> End | None:
        """We want the leg to end."""
        return self._tell_call(EndRequested(reason), now)

    def transfer_failed(self, now: float) -> End | None:
        """The far side could not be handed over; the dialog goes on."""
        self._other_side = None
        self._watcher.nobody_came()
        return self._tell_dialog(TransferFailed(), now)

    def refusal_kept(self, now: float, *, kept: bool = True) -> End | None:
        """What `LegParts.refused` was told is committed; or, where not `kept`, could not be."""
        return self._tell_dialog(RefusalKept(kept), now)

    def give_up(self, now: float) -> End | None:
        """The leg was told to end, and the line will not say that it did: here it is over."""
        return self._tell_call(LocalEnded(), now)

    # What the machines say.

    def _take_signalling(self, event: CallLineEvent, at: float) -> End | None:
        was_sent, was_answered = self.was_sent, self.was_answered
        if isinstance(event, Rejected):
            self.retry_after = event.retry_after
            if event.retry_after:
                self._watcher.asked_to_rest(event.retry_after, at)
            if event.reached and not was_answered:
                # Answered all the same: its record is made now, and knows it.
                self._watcher.answered(at)
                was_answered = True
        end = self._tell_call(event, at)
        if self.was_sent and not was_sent:
            self._watcher.sent(at)
        if isinstance(event, Joined) and self.joined_at is None:
            self.joined_at = at
        if self.was_answered and not was_answered:
            self._watcher.answered(at)
        self._watcher.signalled(event, at)
        return end or (self._tell_dialog(event, at) if isinstance(event, Joined) else None)

    def _tell_call(self, event: CallEvent, now: float) -> End | None:
        if self._end is not None or (
            isinstance(event, DeadlinePassed) and self._call.next_deadline() is None
        ):
            return None
        try:
            commands = self._call.handle(event, now)
        except UnexpectedEventError as fault:
            # Nothing has changed; the deadline of the present state still bounds the leg.
            _log.error("leg %s: %s", self.name, fault)
            return None
        return self._obey(commands, now)

    def _tell_dialog(self, event: DialogEvent, now: float) -> End | None:
        if self._end is not None:
            return None
        commands = self._dialog.handle(event, now)
        self._watcher.said(now)
        return self._perform(commands, now)

    def _obey(self, commands: Iterable[Command], now: float) -> End | None:
        for command in commands:
            match command:
                case SendInvite() | AnswerCall():
                    self._open(now)
                case TurnAway():
                    self._watcher.turned_away()
                    self._line.turn_away(self.name, 503, RETRY_AFTER)
                case Cancel():
                    self._line.end(self.name)
                case HangUp():
                    self._perform(self._dialog.handle(HangingUp(), now), now)
                    self._line.end(self.name)
                case StartConversation():
                    self._watcher.opened(now)
                    self._perform(self._dialog.answered(now), now)
                case Finish(outcome):
                    self._end = self._parts.record(outcome, now)
                    self._call_off()
        return self._end

    def _perform(self, commands: Iterable[ScriptCommand], now: float) -> End | None:
        for command in commands:
            match command:
                case Play() if self._call.state is State.ANSWERED:
                    self._watcher.plays(command)
                    self._line.play(self.name, self._playlist(command))
                case Play():
                    pass  # we are hanging up
                case CallOff():
                    self._call_off()
                case RecordOptOut(decides):
                    self._take_refusal(now, decides=decides)
                case StartRecording() | StopRecording():
                    self._record_sound(command, now)
                case OpenComplaint() | CallLater():
                    self._pass_on(command, now)
                case EndCall(reason):
                    self._watcher.ending(reason, now)
                    self._tell_call(EndRequested(reason), now)
                case Transfer():
                    self._begin_transfer(command, now)
        return self._end

    def _open(self, now: float) -> None:
        """Send the INVITE, or our 200, with the opening armed."""
        first, opening = self._parts.first, self._dialog.opening()
        armed = None if opening is None else self._playlist(opening)
        if opening is not None:
            self._watcher.plays(opening)
        if isinstance(first, Dial):
            self._watcher.dialing(now)
            self._line.dial(replace(first, opening=armed))
        elif armed is not None:
            self._line.answer(self.name, armed, self._parts.listens)

    def _take_refusal(self, now: float, *, decides: bool) -> None:
        if self._parts.refused is not None:
            self._parts.refused(self._parts.wall(now))
        if decides:
            self._tell_call(OptedOut(), now)

    def _pass_on(self, wish: OpenComplaint | CallLater, now: float) -> None:
        parts = self._parts
        if isinstance(wish, CallLater):
            if parts.call_later is not None:
                parts.call_later()
        elif parts.complained is not None:
            parts.complained(parts.wall(now))

    def _record_sound(self, command: StartRecording | StopRecording, now: float) -> None:
        recording = self._parts.recording
        self._watcher.records(command, now)
        if recording is None:
            return
        if isinstance(command, StopRecording):
            recording.stop(erase=command.erase)
        elif self._call.state is State.ANSWERED:
            recording.start()

    def _begin_transfer(self, transfer: Transfer, now: float) -> None:
        self._watcher.promised(now)
        if self._parts.hand_over is None:
            self._watcher.nobody_came()
            self._tell_dialog(TransferFailed(), now)
        elif self._call.state is State.ANSWERED:
            self._other_side = self._parts.hand_over(transfer)

    def _call_off(self) -> None:
        """Whoever the far side was being handed over to is no longer wanted."""
        side, self._other_side = self._other_side, None
        if side is not None:
            side.call_off()

    def _playlist(self, play: Play) -> Playlist:
        items = tuple(PlaylistItem(self._prompt(key), policy) for key, policy in play.items)
        return Playlist(play.play_id, items)

    def _prompt(self, key: str) -> Prompt:
        say, opening = self._say, self._dialog.opening()
        if say is None or opening is None:
            raise RuntimeError("this leg has no words")
        return ringing(say(opening.items[0][0]).rate) if key == RINGING else say(key)


def attempt_end(
    order: AttemptOrder | LegOrder,
    call: Call,
    outcome: Outcome,
    now: float,
    wall: Callable[[float], datetime],
) -> AttemptEnd:
    """The record of a leg that we have dialled, as far as signalling tells it."""
    answered_at, ended_at = spoken_between(call, now, wall)
    return AttemptEnd(
        attempt=order.attempt,
        call=order.call,
        outcome=outcome,
        ended_at=ended_at,
        sip_call_id=call.sip_call_id,
        post_dial_delay=call.post_dial_delay,
        answered_at=answered_at,
    )


def spoken_between(
    call: Call, now: float, wall: Callable[[float], datetime]
) -> tuple[datetime | None, datetime]:
    """When it was answered, and when it was over, whose end came at `now`; in that order."""
    over_at = wall(call.over_at(now))
    if call.answered_at is None:
        return None, over_at
    # Hung up at once, the two are one instant; the wall clock is steered between two looks.
    answered_at = wall(call.answered_at)
    return answered_at, max(answered_at, over_at)
