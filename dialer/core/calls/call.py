"""One attempt (one INVITE on one trunk) as a state machine.

Every transition is in TRANSITIONS, under these rules.

1.  A pair (state, trigger) that the table does not hold raises UnexpectedEventError and changes
    nothing.
2.  A call ends in exactly one `Finish`, which is the command of every step into ENDED. What the
    line still says after that, as it may after a forced end, is heard without effect.
3.  The first to act decides the outcome; what comes after only carries it out. So the far side's
    BYE that crosses ours changes nothing (RFC 3261 15.1), nor does a 487, which is but the echo
    of our CANCEL. Three things are stronger:
    a. A refusal. Once the callee has opted out, that is the outcome, however the call ends.
    b. The callee's own word (busy, declined, unwanted) as the final reply to an INVITE that we
       have cancelled: a CANCEL has no effect on an INVITE already answered (RFC 3261 9.2), so
       the callee acted first.
    c. A 200 that crosses our CANCEL: the callee was reached, so what began as the carrier's
       fault becomes our own cancellation, and no other trunk rings the callee again.
4.  A 200 that crosses our CANCEL is hung up at once (RFC 3261 9.1, 15); no conversation starts.
5.  Every state but NEW and ENDED has a deadline, so that a line that has gone silent cannot keep
    a call. A wake-up before the deadline does nothing. An INVITE we cancelled owes us a final
    reply within 64*T1; without one it is considered over (RFC 3261 9.1).
    One that drew no reply at all may not be cancelled yet: here the attempt is over at once, so
    that another trunk may try, and whoever drives the line hears of what still comes of it
    (`left_behind`). A 200 to it is hung up, and then no other trunk rings the callee.
6.  `no_progress` runs from the INVITE to the first 18x, `ring` from the INVITE to the answer.
    100 Trying counts for neither: it says only that the next hop lives.
7.  `talk` bounds the conversation with us. From the instant at which the callee is joined to a
    person, `joined` bounds it instead, and goes on to when they are parted.
8.  A line that lets go of a call which nobody had asked to end has failed: INTERNAL_ERROR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from dialer.core.calls.commands import (
    Cancel,
    Command,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
)
from dialer.core.calls.signalling import from_bye, from_fault, from_sip
from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.values.events import (
    Answered,
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
)
from dialer.core.values.outcome import Outcome, Reason, Who


class State(Enum):
    """Where the attempt stands."""

    NEW = "new"
    """Committed, not yet asked for."""
    DIALING = "dialing"
    """INVITE asked for or sent, no 18x yet."""
    RINGING = "ringing"
    """18x without media."""
    EARLY_MEDIA = "early_media"
    """18x with media: ringback or an announcement; never counts as an answer."""
    ANSWERED = "answered"
    """200: the callee listens."""
    CANCELLING = "cancelling"
    """CANCEL asked for, the final reply is awaited."""
    HANGING_UP = "hanging_up"
    """BYE asked for, its end is awaited."""
    ENDED = "ended"
    """One outcome; nothing follows."""


class Trigger(Enum):
    """What moves a call: an event, or the timer that a DeadlinePassed stands for."""

    DIAL_REQUESTED = "dial requested"
    INVITE_SENT = "INVITE sent"
    RINGING = "18x"
    EARLY_MEDIA = "18x with media"
    ANSWERED = "200"
    REJECTED = "300-699"
    DIAL_FAILED = "dial failed"
    REMOTE_HUNG_UP = "far side's BYE"
    LOCAL_ENDED = "line let go"
    CANCEL_WAITS = "no reply to cancel"
    PEER_LOST = "peer lost"
    HOLD_CHANGED = "hold changed"
    JOINED = "joined to a person"
    END_REQUESTED = "end requested"
    OPTED_OUT = "opted out"
    NO_PROGRESS = "no progress in time"
    RING_TIMEOUT = "no answer in time"
    TALK_TIMEOUT = "talk limit"
    CANCEL_TIMEOUT = "no end of the CANCEL"
    BYE_TIMEOUT = "no end of the BYE"


@dataclass(frozen=True, slots=True)
class Step:
    """One transition. Into ENDED the command is the Finish of rule 2, and `command` stays None."""

    to: State
    command: Command | None = None


def _unanswered(progress: State) -> dict[Trigger, Step]:
    """Rows shared by the states from INVITE to answer; a bare 18x leads to `progress`."""
    return {
        Trigger.RINGING: Step(progress),
        Trigger.EARLY_MEDIA: Step(State.EARLY_MEDIA),
        Trigger.ANSWERED: Step(State.ANSWERED, StartConversation()),
        Trigger.REJECTED: Step(State.ENDED),
        Trigger.DIAL_FAILED: Step(State.ENDED),
        Trigger.LOCAL_ENDED: Step(State.ENDED),
        Trigger.END_REQUESTED: Step(State.CANCELLING, Cancel()),
        Trigger.RING_TIMEOUT: Step(State.CANCELLING, Cancel()),
    }


_BY_THE_LINE: Final = (
    Trigger.INVITE_SENT,
    Trigger.RINGING,
    Trigger.EARLY_MEDIA,
    Trigger.ANSWERED,
    Trigger.REJECTED,
    Trigger.DIAL_FAILED,
    Trigger.REMOTE_HUNG_UP,
    Trigger.LOCAL_ENDED,
    Trigger.CANCEL_WAITS,
    Trigger.PEER_LOST,
    Trigger.HOLD_CHANGED,
    Trigger.JOINED,
)

TRANSITIONS: Final[Mapping[State, Mapping[Trigger, Step]]] = MappingProxyType(
    {
        State.NEW: {
            Trigger.DIAL_REQUESTED: Step(State.DIALING, SendInvite()),
            Trigger.END_REQUESTED: Step(State.ENDED),
        },
        State.DIALING: {
            Trigger.INVITE_SENT: Step(State.DIALING),
            **_unanswered(State.RINGING),
            Trigger.NO_PROGRESS: Step(State.CANCELLING, Cancel()),
        },
        State.RINGING: _unanswered(State.RINGING),
        State.EARLY_MEDIA: _unanswered(State.EARLY_MEDIA),
        State.ANSWERED: {
            Trigger.HOLD_CHANGED: Step(State.ANSWERED),
            Trigger.JOINED: Step(State.ANSWERED),
            Trigger.OPTED_OUT: Step(State.ANSWERED),
            Trigger.REMOTE_HUNG_UP: Step(State.ENDED),
            Trigger.LOCAL_ENDED: Step(State.ENDED),
            Trigger.PEER_LOST: Step(State.ENDED),
            Trigger.END_REQUESTED: Step(State.HANGING_UP, HangUp()),
            Trigger.TALK_TIMEOUT: Step(State.HANGING_UP, HangUp()),
        },
        State.CANCELLING: {
            Trigger.INVITE_SENT: Step(State.CANCELLING),
            Trigger.RINGING: Step(State.CANCELLING),
            Trigger.EARLY_MEDIA: Step(State.CANCELLING),
            Trigger.ANSWERED: Step(State.HANGING_UP, HangUp()),
            Trigger.END_REQUESTED: Step(State.CANCELLING),
            Trigger.REJECTED: Step(State.ENDED),
            Trigger.DIAL_FAILED: Step(State.ENDED),
            Trigger.REMOTE_HUNG_UP: Step(State.ENDED),
            Trigger.LOCAL_ENDED: Step(State.ENDED),
            Trigger.CANCEL_WAITS: Step(State.ENDED),
            Trigger.PEER_LOST: Step(State.ENDED),
            Trigger.CANCEL_TIMEOUT: Step(State.ENDED),
        },
        State.HANGING_UP: {
            Trigger.HOLD_CHANGED: Step(State.HANGING_UP),
            Trigger.JOINED: Step(State.HANGING_UP),
            Trigger.END_REQUESTED: Step(State.HANGING_UP),
            Trigger.OPTED_OUT: Step(State.HANGING_UP),
            Trigger.REMOTE_HUNG_UP: Step(State.ENDED),
            Trigger.LOCAL_ENDED: Step(State.ENDED),
            Trigger.PEER_LOST: Step(State.ENDED),
            Trigger.BYE_TIMEOUT: Step(State.ENDED),
        },
        State.ENDED: dict.fromkeys(
            (*_BY_THE_LINE, Trigger.END_REQUESTED, Trigger.OPTED_OUT), Step(State.ENDED)
        ),
    }
)

TIMERS: Final[Mapping[State, tuple[Trigger, ...]]] = MappingProxyType(
    {
        State.DIALING: (Trigger.NO_PROGRESS, Trigger.RING_TIMEOUT),
        State.RINGING: (Trigger.RING_TIMEOUT,),
        State.EARLY_MEDIA: (Trigger.RING_TIMEOUT,),
        State.ANSWERED: (Trigger.TALK_TIMEOUT,),
        State.CANCELLING: (Trigger.CANCEL_TIMEOUT,),
        State.HANGING_UP: (Trigger.BYE_TIMEOUT,),
    }
)
"""The timers that run in each state: from the INVITE where it is unanswered, else from entry."""

_TIMED_FROM_ENTRY: Final = frozenset({State.ANSWERED, State.CANCELLING, State.HANGING_UP})

_OF_EVENT: Final[Mapping[type[CallEvent], Trigger]] = MappingProxyType(
    {
        DialRequested: Trigger.DIAL_REQUESTED,
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
        Trigger.NO_PROGRESS: Reason.NO_REPLY,
        Trigger.RING_TIMEOUT: Reason.NO_ANSWER,
        Trigger.TALK_TIMEOUT: Reason.TIME_LIMIT,
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

    no_progress: float = 4.0
    """INVITE to the first 18x; then another trunk may try."""
    ring: float = 40.0
    """INVITE to the answer."""
    talk: float = 600.0
    """Longest conversation."""
    joined: float = 7200.0
    """Longest conversation with a person, from when the two were joined."""
    notice: float = SPOKEN_BY
    """Answer to the end of the identity notice."""
    cancel_grace: float = 32.0
    """CANCEL to the end of the INVITE: 64*T1 (RFC 3261 9.1)."""
    bye_grace: float = 32.0
    """BYE to its end: timer F, 64*T1 (RFC 3261 17.1.2.2)."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            seconds: float = getattr(self, limit.name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{limit.name}: {seconds} is no span of seconds above 0")
        if self.notice > SPOKEN_BY:
            raise ValueError(f"notice: {self.notice} s is over the {SPOKEN_BY:g} s of the law")


class Call:
    """One attempt, from DialRequested to its Finish.

    Give `handle` every event of the line and every wish of ours, with the monotonic time at which
    it happened, and do what it returns. Give it DeadlinePassed when `next_deadline()` has come.
    """

    def __init__(self, limits: CallLimits) -> None:
        self._spans = {
            Trigger.NO_PROGRESS: limits.no_progress,
            Trigger.RING_TIMEOUT: limits.ring,
            Trigger.TALK_TIMEOUT: limits.talk,
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
        trigger = _OF_EVENT.get(type(event))
        if trigger is None:
            raise UnexpectedEventError(self._state, type(event).__name__)
        return trigger

    def _timer(self) -> tuple[float, Trigger] | None:
        """The timer that runs out next, and when."""
        since = self._entered_at if self._state in _TIMED_FROM_ENTRY else self._invited_at
        timers = TIMERS.get(self._state, ())
        due = [(since + self._spans[timer], timer) for timer in timers]
        return min(due, key=itemgetter(0), default=None)

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
            case Joined() if self._state is State.ANSWERED:
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
    if trigger is Trigger.REJECTED and said is not None and said.reason in _CALLEES_WORD:
        return said
    if trigger is Trigger.ANSWERED and decided.who is Who.CARRIER:
        return Outcome.of(Reason.CANCELLED)
    return decided


def _said(trigger: Trigger, event: CallEvent) -> Outcome | None:
    """What one event, by itself, says of the call's end; None where it says nothing."""
    match event:
        case Rejected():
            return from_sip(event.code, event.q850, heard=event.heard)
        case DialFailed():
            return from_fault(event.fault)
        case RemoteHungUp():
            return from_bye(event.q850)
        case EndRequested():
            return Outcome.of(event.reason)
        case _:
            reason = _REASON_OF.get(trigger)
            return None if reason is None else Outcome.of(reason)
