"""One leg as a state machine, on the table and under the rules of `call_table`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from dialer.core.calls.call_table import TIMERS, TRANSITIONS, State, Trigger
from dialer.core.calls.commands import Command, Finish
from dialer.core.calls.signalling import from_bye, from_fault, from_sip
from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.values.events import (
    Answered,
    AnswerRequested,
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
    PeerLost,
    Progressed,
    Rejected,
    RemoteHungUp,
    Unread,
)
from dialer.core.values.outcome import Outcome, Reason, Who

_TIMED_FROM_INVITE: Final = frozenset({State.DIALING, State.RINGING, State.EARLY_MEDIA})

_OF_EVENT: Final[Mapping[type[CallEvent], Trigger]] = MappingProxyType(
    {
        DialRequested: Trigger.DIAL_REQUESTED,
        Arrived: Trigger.ARRIVED,
        AnswerRequested: Trigger.ANSWER_REQUESTED,
        InviteSent: Trigger.INVITE_SENT,
        Answered: Trigger.ANSWERED,
        Rejected: Trigger.REJECTED,
        DialFailed: Trigger.DIAL_FAILED,
        RemoteHungUp: Trigger.REMOTE_HUNG_UP,
        LocalEnded: Trigger.LOCAL_ENDED,
        CancelWaits: Trigger.CANCEL_WAITS,
        PeerLost: Trigger.PEER_LOST,
        HoldChanged: Trigger.HOLD_CHANGED,
        Joined: Trigger.JOINED,
        EndRequested: Trigger.END_REQUESTED,
        OptedOut: Trigger.OPTED_OUT,
    }
)

_REASON_OF: Final[Mapping[Trigger, Reason]] = MappingProxyType(
    {
        Trigger.PEER_LOST: Reason.PEER_LOST,
        Trigger.LOCAL_ENDED: Reason.INTERNAL_ERROR,  # rule 8; where we asked for it, rule 3
        Trigger.OPTED_OUT: Reason.OPTED_OUT,
        Trigger.LOOK_UP_TIMEOUT: Reason.INTERNAL_ERROR,
        Trigger.ACK_TIMEOUT: Reason.INTERNAL_ERROR,
        Trigger.NO_PROGRESS: Reason.NO_REPLY,
        Trigger.RING_TIMEOUT: Reason.NO_ANSWER,
        Trigger.TALK_TIMEOUT: Reason.TIME_LIMIT,
        Trigger.HOLD_TIMEOUT: Reason.HELD,
        Trigger.UNREAD: Reason.UNREADABLE,
    }
)

_CALLEES_WORD: Final = frozenset({Reason.BUSY, Reason.DECLINED, Reason.UNWANTED})


class UnexpectedEventError(Exception):
    """The event has no place in this state: a fault of ours or of the line. Nothing changed."""

    def __init__(self, state: State, what: str) -> None:
        super().__init__(f"{what} has no place in state {state.value}")
        self.state = state


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Spans in seconds, each finite and above 0; raises ValueError otherwise.

    `notice` is the law's, so that it can be shorter but never longer.
    """

    look_up: float = 5.0
    """Arrival of a call to our answer."""
    ack: float = 40.0
    """Our 200 to its ACK: 64*T1 (RFC 3261 13.3.1.4), and some more."""
    no_progress: float = 4.0
    """INVITE to the first 18x; then another trunk may try."""
    ring: float = 40.0
    """INVITE to the answer."""
    talk: float = 600.0
    """Longest conversation."""
    hold: float = 60.0
    """Longest time on hold, until a person has been joined."""
    joined: float = 7200.0
    """Longest conversation with a person, from when the two were joined."""
    notice: float = SPOKEN_BY
    """Answer to the end of the identity notice."""
    cancel_grace: float = 32.0
    """CANCEL to the end of the INVITE: 64*T1 (RFC 3261 9.1)."""
    bye_grace: float = 32.0
    """BYE, or a final reply that turns a call away, to the end: 64*T1 (RFC 3261 17.1.2.2)."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            seconds: float = getattr(self, limit.name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{limit.name}: {seconds} is no span of seconds above 0")
        if self.notice > SPOKEN_BY:
            raise ValueError(f"notice: {self.notice} s is over the {SPOKEN_BY:g} s of the law")


class Call:
    """One leg, from DialRequested or Arrived to its Finish.

    Give `handle` every event of the line and every wish of ours, with the monotonic time at which
    it happened, and do what it returns. Give it DeadlinePassed when `next_deadline()` has come.
    """

    def __init__(self, limits: CallLimits) -> None:
        self._spans = {
            Trigger.LOOK_UP_TIMEOUT: limits.look_up,
            Trigger.ACK_TIMEOUT: limits.ack,
            Trigger.NO_PROGRESS: limits.no_progress,
            Trigger.RING_TIMEOUT: limits.ring,
            Trigger.TALK_TIMEOUT: limits.talk,
            Trigger.HOLD_TIMEOUT: limits.hold,
            Trigger.CANCEL_TIMEOUT: limits.cancel_grace,
            Trigger.BYE_TIMEOUT: limits.bye_grace,
        }
        self._joined = limits.joined
        self._state = State.NEW
        self._decided: Outcome | None = None
        # No timer runs before these two are set: what they begin with is seen by nobody.
        self._invited_at = 0.0
        self._entered_at = 0.0
        self._post_dial_delay: float | None = None
        self._answered_at: float | None = None
        self._sip_call_id: str | None = None
        self._held = False
        self._held_at: float | None = None
        self._was_joined = False
        self._hung_up_at: float | None = None
        self._left_behind = False

    @property
    def state(self) -> State:
        return self._state

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None until then."""
        return self._decided if self._state is State.ENDED else None

    @property
    def sip_call_id(self) -> str | None:
        """The INVITE's Call-ID header; None until it was sent."""
        return self._sip_call_id

    @property
    def post_dial_delay(self) -> float | None:
        """Seconds from INVITE to the first 18x (PDD); None where none came."""
        return self._post_dial_delay

    @property
    def answered_at(self) -> float | None:
        """Monotonic time of the 200, also of one that crossed our CANCEL; None where none came."""
        return self._answered_at

    def over_at(self, now: float) -> float:
        """When it was over, if its end came at `now`: our BYE may be answered late, or never."""
        return now if self._hung_up_at is None else self._hung_up_at

    @property
    def held(self) -> bool:
        """Whether the far side holds us."""
        return self._held

    @property
    def left_behind(self) -> bool:
        """Whether the attempt is over while its INVITE, without any reply, still lives."""
        return self._left_behind

    def next_deadline(self) -> float | None:
        """The monotonic instant at which this call wants a DeadlinePassed; None: never."""
        timer = self._timer()
        return None if timer is None else timer[0]

    def handle(self, event: CallEvent, now: float) -> tuple[Command, ...]:
        """Take one event, tell what to do.

        Raises UnexpectedEventError where the event has no place in the present state.
        """
        if isinstance(event, DeadlinePassed) and not self._is_due(now):
            return ()
        trigger = self._trigger(event)
        step = TRANSITIONS[self._state].get(trigger)
        if step is None:
            raise UnexpectedEventError(self._state, trigger.value)
        if self._state is State.ENDED:
            return ()
        self._decided = _decide(self._decided, trigger, event)
        self._note(event, now)
        if step.to is not self._state:
            self._state = step.to
            self._entered_at = now
            if step.to is State.HANGING_UP:
                self._hung_up_at = now
        if step.to is State.ENDED:
            self._decided = self._decided or Outcome.of(Reason.INTERNAL_ERROR)
            return (Finish(self._decided),)
        return () if step.command is None else (step.command,)

    def _is_due(self, now: float) -> bool:
        timer = self._timer()
        return timer is not None and now >= timer[0]

    def _trigger(self, event: CallEvent) -> Trigger:
        timer = self._timer()
        if isinstance(event, DeadlinePassed) and timer is not None:
            return timer[1]
        if isinstance(event, Progressed):
            return Trigger.EARLY_MEDIA if event.early_media else Trigger.RINGING
        if isinstance(event, Unread):
            return Trigger.UNREAD if event.code >= 200 else Trigger.UNREAD_PROGRESS
        trigger = _OF_EVENT.get(type(event))
        if trigger is None:
            raise UnexpectedEventError(self._state, type(event).__name__)
        return trigger

    def _timer(self) -> tuple[float, Trigger] | None:
        """The timer that runs out next, and when."""
        timers = TIMERS.get(self._state, ())
        begun = ((self._began(timer), timer) for timer in timers)
        due = [(since + self._spans[timer], timer) for since, timer in begun if since is not None]
        return min(due, key=itemgetter(0), default=None)

    def _began(self, timer: Trigger) -> float | None:
        """When a timer of the present state began; None while it does not run."""
        if timer is Trigger.HOLD_TIMEOUT:
            return None if self._was_joined else self._held_at
        return self._invited_at if self._state in _TIMED_FROM_INVITE else self._entered_at

    def _note(self, event: CallEvent, now: float) -> None:
        """Keep what the record of the attempt will want."""
        match event:
            case DialRequested():
                self._invited_at = now
            case InviteSent(sip_call_id):
                self._sip_call_id = sip_call_id
                self._invited_at = now  # the wire's time is the exact one
            case Progressed() if self._post_dial_delay is None:
                self._post_dial_delay = now - self._invited_at
            case HoldChanged(held):
                self._held = held
                self._held_at = now if held else None
            case Rejected(reached=True) if self._answered_at is None:
                self._answered_at = now
            case Joined() if self._state is State.ANSWERED:
                self._was_joined = True
                self._spans[Trigger.TALK_TIMEOUT] = self._joined
                self._entered_at = now
            case Answered():
                self._answered_at = now
            case CancelWaits():
                self._left_behind = True
            case _:
                pass


def _decide(decided: Outcome | None, trigger: Trigger, event: CallEvent) -> Outcome | None:
    """The outcome as far as it is settled (rule 3)."""
    said = _said(trigger, event)
    if said is not None and said.reason is Reason.OPTED_OUT:
        return said
    if decided is None:
        return said
    if decided.reason is Reason.OPTED_OUT:
        return decided
    if said is not None and (
        (trigger is Trigger.REJECTED and said.reason in _CALLEES_WORD)
        or (trigger is Trigger.UNREAD and decided.who is Who.CARRIER)
    ):
        return said
    if trigger is Trigger.ANSWERED and decided.who is Who.CARRIER:
        return Outcome.of(Reason.CANCELLED)
    return decided


def _said(trigger: Trigger, event: CallEvent) -> Outcome | None:
    """What one event, by itself, says of the call's end; None where it says nothing."""
    match event:
        case Rejected(reached=True):
            return Outcome.of(Reason.NO_MEDIA)
        case Rejected():
            return from_sip(event.code, event.q850, heard=event.heard, meant=event.meant)
        case DialFailed():
            return from_fault(event.fault)
        case RemoteHungUp():
            return from_bye(event.q850)
        case EndRequested():
            return Outcome.of(event.reason)
        case _:
            reason = _REASON_OF.get(trigger)
            return None if reason is None else Outcome.of(reason)
