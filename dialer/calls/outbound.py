"""One live call: its state machine and its script, between the line's events and commands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from audio.events import BargeIn, DtmfReceived, PlaybackStarted, SpeechStarted
from audio.prompts import Prompt
from audio.tones import ringing
from dialer.calls.observer import Observer
from dialer.calls.transfer import HandOver, HandOverSide
from dialer.core.calls.call import Call, CallLimits, State, UnexpectedEventError
from dialer.core.calls.commands import (
    Cancel,
    Command,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
)
from dialer.core.dialog.dialog import DialogEvent
from dialer.core.dialog.script import Script, Transfer
from dialer.core.dialog.script_commands import (
    CallOff,
    EndCall,
    Play,
    RecordOptOut,
    ScriptCommand,
    StartRecording,
    StopRecording,
)
from dialer.core.dialog.script_run import OPENING, RINGING, ScriptRun
from dialer.core.values.attention import Attention
from dialer.core.values.events import (
    Answered,
    Arrived,
    CallEvent,
    CancelWaits,
    DeadlinePassed,
    DialFailed,
    DialRequested,
    EndRequested,
    HoldChanged,
    InviteSent,
    Joined,
    LocalEnded,
    OptedOut,
    Parted,
    PeerLost,
    Progressed,
    ReferAnswered,
    RefusalKept,
    Rejected,
    RemoteHungUp,
    TransferAsked,
    TransferFailed,
)
from dialer.core.values.outcome import Outcome, Reason, Who
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd
from dialer.ports.line import AnyLineEvent, Dial, Line, Playlist, PlaylistItem

_log = logging.getLogger(__name__)

_SIGNALLING = (
    InviteSent,
    Progressed,
    Answered,
    Rejected,
    DialFailed,
    RemoteHungUp,
    LocalEnded,
    CancelWaits,
    PeerLost,
    HoldChanged,
    Joined,
)


class Recording(Protocol):
    """What records one call."""

    def start(self) -> None:
        """From the next frame on, what both sides say is kept."""
        ...

    def stop(self, *, erase: bool) -> None:
        """Keep nothing more; and with `erase`, nothing of what was. May come before `start`."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What a session acts on.

    `sent` is told when the INVITE has left, with the monotonic time; `answered` at its 200, with
    the post-dial delay, None where nothing rang, and the monotonic time; `refused` when the callee
    opts out, with the UTC time, and answers by `Session.refusal_kept`; `wall` turns a monotonic
    instant into UTC; `recording` records the call, where calls are recorded.
    """

    line: Line
    observer: Observer
    sent: Callable[[float], None]
    answered: Callable[[float | None, float], None]
    refused: Callable[[datetime], None]
    wall: Callable[[float], datetime]
    hand_over: HandOver | None = None
    recording: Recording | None = None


class Session:
    """One attempt from its commit to its end. All methods belong to the event loop's thread.

    `say` gives the prompt of an utterance's key (`core.dialog.script.utterances`). Every method
    that may end the call returns the `CallEnd` if it did; that comes exactly once.
    """

    def __init__(
        self,
        order: AttemptOrder,
        script: Script,
        limits: CallLimits,
        say: Callable[[str], Prompt],
        outside: Outside,
    ) -> None:
        self.order = order
        self._call = Call(limits)
        self._script = ScriptRun(script, limits.notice, records=outside.recording is not None)
        self._recording = outside.recording
        self._say = say
        self._line = outside.line
        self._observer = outside.observer
        self._sent = outside.sent
        self._answered = outside.answered
        self._refused = outside.refused
        self._wall = outside.wall
        self._hand_over = outside.hand_over
        self._other_side: HandOverSide | None = None
        self._began_at = 0.0
        self._opened_at: float | None = None
        self._first_packet: float | None = None
        self._barge_ins = 0
        self._heard = False
        self._told_ringing = False
        self._told_answer = False
        self._told_notice = False
        self._called_off: Reason | None = None
        self._unusable = False
        self._attention = Attention()
        self._end: CallEnd | None = None
        self.retry_after: int | None = None
        """Seconds for which the carrier asked to be left alone with its final reply."""

    @property
    def was_sent(self) -> bool:
        """Whether `Outside.sent` was told."""
        return self._call.sip_call_id is not None

    @property
    def was_answered(self) -> bool:
        return self._call.answered_at is not None

    @property
    def reached(self) -> bool:
        """Whether the callee has answered, be it that the answer was of no use."""
        return self.was_answered or self._unusable

    @property
    def left_behind(self) -> bool:
        """Whether it is over while its INVITE still lives: see `dialer.calls.orphan`."""
        return self._call.left_behind

    def next_deadline(self) -> float | None:
        """The monotonic instant at which `wake` is wanted; None: never."""
        if self._end is not None:
            return None
        deadlines = (self._call.next_deadline(), self._script.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def call_off(self, why: Reason) -> None:
        """Have `begin` send no INVITE, but end the attempt for this reason."""
        self._called_off = why

    def begin(self, now: float) -> CallEnd | None:
        """The attempt is committed: send the INVITE."""
        self._began_at = now
        if self._called_off is not None:
            return self.end(self._called_off, now)
        return self._tell_call(DialRequested(), now)

    def take(self, event: AnyLineEvent, at: float) -> CallEnd | None:
        """One event of the line."""
        if isinstance(event, _SIGNALLING):
            if isinstance(event, Rejected):
                self.retry_after = event.retry_after
                self._unusable = event.reached
            was_sent, was_answered = self.was_sent, self.was_answered
            end = self._tell_call(event, at)
            if self.was_sent and not was_sent:
                self._sent(at)
            if isinstance(event, Joined):
                self._attention.attended(at)
            if self.was_answered and not was_answered:
                self._attention.answered(at)
                self._answered(self._call.post_dial_delay, at)
            self._observe_signalling(event, at)
            return end or (self._tell_script(event, at) if isinstance(event, Joined) else None)
        if isinstance(event, ReferAnswered) and self._other_side is not None:
            self._other_side.refer_answered(event)
        if isinstance(event, ReferAnswered) and 200 <= event.code < 300:
            self._attention.attended(at)
        if isinstance(event, Parted | ReferAnswered | Arrived | TransferAsked):
            return None
        self._observe_audio(event, at)
        return self._tell_script(event, at)

    def wake(self, now: float) -> CallEnd | None:
        """A deadline has come."""
        return self._tell_call(DeadlinePassed(), now) or self._tell_script(DeadlinePassed(), now)

    def end(self, reason: Reason, now: float) -> CallEnd | None:
        """We want the call to end."""
        return self._tell_call(EndRequested(reason), now)

    def transfer_failed(self, now: float) -> CallEnd | None:
        """The callee could not be handed over; the script goes on."""
        self._other_side = None
        self._attention.nobody_came()
        return self._tell_script(TransferFailed(), now)

    def refusal_kept(self, now: float) -> CallEnd | None:
        """What `Outside.refused` was told is committed."""
        return self._tell_script(RefusalKept(), now)

    def give_up(self, now: float) -> CallEnd | None:
        """The call was told to end, and the line will not say that it did: here it is over."""
        return self._tell_call(LocalEnded(), now)

    # What the machines say.

    def _tell_call(self, event: CallEvent, now: float) -> CallEnd | None:
        if self._end is not None or (
            isinstance(event, DeadlinePassed) and self._call.next_deadline() is None
        ):
            return None
        try:
            commands = self._call.handle(event, now)
        except UnexpectedEventError as fault:
            # Nothing has changed; the deadline of the present state still bounds the call.
            _log.error("attempt %s: %s", self.order.attempt, fault)
            return None
        return self._obey(commands, now)

    def _tell_script(self, event: DialogEvent, now: float) -> CallEnd | None:
        if self._end is not None:
            return None
        commands = self._script.handle(event, now)
        self._observe_notice(now)
        return self._perform(commands, now)

    def _obey(self, commands: Iterable[Command], now: float) -> CallEnd | None:
        for command in commands:
            match command:
                case SendInvite():
                    self._observer.dialing(self.order)
                    self._line.dial(
                        Dial(
                            attempt=self.order.attempt,
                            trunk=self.order.trunk,
                            callee=self.order.contact.row.number,
                            caller_id=self.order.caller_id,
                            opening=self._playlist(self._script.opening()),
                        )
                    )
                case Cancel() | HangUp():
                    self._line.end(self.order.attempt)
                case StartConversation():
                    self._perform(self._script.answered(now), now)
                case Finish(outcome):
                    self._end = self._record(outcome, now)
                    self._call_off()
        return self._end

    def _perform(self, commands: Iterable[ScriptCommand], now: float) -> CallEnd | None:
        for command in commands:
            match command:
                case Play() if self._call.state is State.ANSWERED:
                    self._line.play(self.order.attempt, self._playlist(command))
                case Play():
                    pass  # we are hanging up
                case CallOff():
                    self._call_off()
                case RecordOptOut():
                    self._refused(self._wall(now))
                    self._tell_call(OptedOut(), now)
                case StartRecording() | StopRecording():
                    self._record_sound(command)
                case EndCall(reason):
                    self._observe_late(reason, now)
                    self._tell_call(EndRequested(reason), now)
                case Transfer():
                    self._begin_transfer(command, now)
        return self._end

    def _record_sound(self, command: StartRecording | StopRecording) -> None:
        if self._recording is None:
            return
        if isinstance(command, StopRecording):
            self._recording.stop(erase=command.erase)
        elif self._call.state is State.ANSWERED:
            self._recording.start()

    def _begin_transfer(self, transfer: Transfer, now: float) -> None:
        self._attention.promised(now)
        if self._hand_over is None:
            self._attention.nobody_came()
            self._tell_script(TransferFailed(), now)
        elif self._call.state is State.ANSWERED:
            self._other_side = self._hand_over(transfer)

    def _call_off(self) -> None:
        """Whoever the callee was being handed over to is no longer wanted."""
        side, self._other_side = self._other_side, None
        if side is not None:
            side.call_off()

    def _playlist(self, play: Play) -> Playlist:
        items = tuple(PlaylistItem(self._prompt(key), policy) for key, policy in play.items)
        return Playlist(play.play_id, items)

    def _prompt(self, key: str) -> Prompt:
        if key == RINGING:
            return ringing(self._say("disclosure.identity").rate)
        return self._say(key)

    # What is told of it.

    def _observe_signalling(self, event: AnyLineEvent, at: float) -> None:
        """Each thing once, and only if the machine has taken it."""
        delay = self._call.post_dial_delay
        if isinstance(event, Progressed) and delay is not None and not self._told_ringing:
            self._told_ringing = True
            self._observer.ringing(
                self.order,
                self._wall(at),
                sip_code=event.code,
                early_media=event.early_media,
                post_dial_delay=delay,
            )
        elif isinstance(event, Answered) and self.was_answered and not self._told_answer:
            self._told_answer = True
            self._observer.answered(self.order, self._wall(at), setup=at - self._began_at)
            self._observe_first_packet()

    def _observe_audio(self, event: AnyLineEvent, at: float) -> None:
        self._heard = self._heard or isinstance(event, SpeechStarted | DtmfReceived)
        if isinstance(event, PlaybackStarted) and event.play_id == OPENING:
            self._opened_at = at
            self._observe_first_packet()
        elif isinstance(event, BargeIn):
            self._barge_ins += 1
            self._observer.barged_in(self.order, self._wall(at), latency=event.at - event.onset)

    def _observe_notice(self, now: float) -> None:
        spoken = self._script.notice_spoken
        if spoken is not None and not self._told_notice:
            self._told_notice = True
            self._observer.notice(self.order, self._wall(now), spoken=spoken)

    def _observe_late(self, reason: Reason, now: float) -> None:
        if reason is Reason.NOTICE_LATE:
            _log.warning(
                "attempt %s: its callee was not told in time who is calling; hung up",
                self.order.attempt,
            )
            if not self._told_notice:
                self._told_notice = True
                self._observer.notice(self.order, self._wall(now), spoken=None)

    def _observe_first_packet(self) -> None:
        """Answer and opening are told by two threads, so either may come first."""
        answered_at = self._call.answered_at
        if answered_at is None or self._opened_at is None or self._first_packet is not None:
            return
        self._first_packet = max(0.0, self._opened_at - answered_at)
        self._observer.first_packet(self._first_packet)

    def _record(self, outcome: Outcome, now: float) -> CallEnd:
        answered_at = self._call.answered_at
        last = AttemptEnd(
            attempt=self.order.attempt,
            call=self.order.call,
            outcome=outcome,
            ended_at=self._wall(now),
            sip_call_id=self._call.sip_call_id,
            post_dial_delay=self._call.post_dial_delay,
            answered_at=None if answered_at is None else self._wall(answered_at),
            first_packet=self._first_packet,
            notice_spoken=self._script.notice_spoken,
            barge_ins=self._barge_ins,
            speech=None if answered_at is None else self._heard,
            abandoned=self._attention.abandoned(
                self._first_packet, now, by_callee=outcome.who is Who.CALLEE
            ),
        )
        return CallEnd(
            last=last,
            contact=self.order.contact.id,
            keys=self._script.keys,
            path=self._script.path,
        )
