"""The table of one leg's states: an INVITE of ours on one trunk, or a call that came in.

Every transition is in TRANSITIONS, under these rules.

1.  A pair (state, trigger) that the table does not hold raises UnexpectedEventError and changes
    nothing.
2.  A call ends in exactly one `Finish`, which is the command of every step into ENDED. What the
    line still reports after that, as it may after a forced end, has no effect.
3.  The first to act decides the outcome; what comes after only carries it out. So the far side's
    BYE that crosses ours changes nothing (RFC 3261 15.1), nor does a 487, which only answers
    our CANCEL. Three things are stronger:
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
    that another trunk may try. Later replies to that INVITE go to its orphan (`left_behind`).
    A 200 to it is hung up, and then no other trunk rings the callee.
6.  `no_progress` runs from the INVITE to the first 18x, `ring` from the INVITE to the answer.
    100 Trying counts for neither: it says only that the next hop lives.
7.  `talk` bounds the conversation with us. From the instant at which the callee is joined to a
    person, `joined` bounds it instead, and goes on to when they are parted. Until then `hold`
    bounds each time on hold: nobody hears us.
8.  If the line drops a call that nobody asked to end, the line has failed: INTERNAL_ERROR.
9.  A final reply that cannot be read ends the attempt: the INVITE is cancelled, for it may stand
    for an answer, and no other trunk rings the callee. Whatever can be read after it, as the far
    side repeats itself or answers the CANCEL, has its say under rule 3. After a provisional one it
    counts as ringing all the same, so that `no_progress` is no reason for another trunk.
10. A call that came in rings at the caller's end until it is known what to say. Where that takes
    longer than `look_up`, or an end is wanted, it is turned away by a final reply.
11. From our 200 to its ACK we may not send BYE (RFC 3261 15). A call that is not wanted any more
    by then is let go as soon as the line can; its ACK begins no conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from dialer.core.calls.commands import (
    AnswerCall,
    Cancel,
    Command,
    HangUp,
    SendInvite,
    StartConversation,
    TurnAway,
)


class State(Enum):
    """The states of a leg."""

    NEW = "new"
    """Committed, and the INVITE is not requested yet; or the inbound call is not reported yet."""
    ARRIVED = "arrived"
    """An inbound call rings at the caller's end while we look up who is calling."""
    ANSWERING = "answering"
    """Our 200 to an inbound call is requested; the ACK is awaited."""
    TURNING_AWAY = "turning_away"
    """An inbound call gets a final reply; its end is awaited."""
    WITHDRAWING = "withdrawing"
    """An inbound call is no longer wanted, but our 200 has left; its end is awaited."""
    DIALING = "dialing"
    """INVITE requested or sent, no 18x yet."""
    RINGING = "ringing"
    """18x without media."""
    EARLY_MEDIA = "early_media"
    """18x with media: ringback or an announcement. It never counts as an answer."""
    ANSWERED = "answered"
    """200: the callee listens."""
    CANCELLING = "cancelling"
    """CANCEL requested; the final reply is awaited."""
    HANGING_UP = "hanging_up"
    """BYE requested; its end is awaited."""
    ENDED = "ended"
    """The call has one outcome; nothing follows."""


class Trigger(Enum):
    """What moves a call: an event, or the timer that a DeadlinePassed stands for."""

    DIAL_REQUESTED = "dial requested"
    ARRIVED = "a call came in"
    ANSWER_REQUESTED = "answer requested"
    INVITE_SENT = "INVITE sent"
    RINGING = "18x"
    EARLY_MEDIA = "18x with media"
    ANSWERED = "200, ACK"
    REJECTED = "300-699"
    UNREAD = "a final reply that cannot be read"
    UNREAD_PROGRESS = "a provisional reply that cannot be read"
    DIAL_FAILED = "dial failed"
    REMOTE_HUNG_UP = "far side's BYE"
    LOCAL_ENDED = "line let go"
    CANCEL_WAITS = "no reply to cancel"
    PEER_LOST = "peer lost"
    HOLD_CHANGED = "hold changed"
    JOINED = "joined to a person"
    END_REQUESTED = "end requested"
    OPTED_OUT = "opted out"
    LOOK_UP_TIMEOUT = "not looked up in time"
    ACK_TIMEOUT = "no ACK in time"
    NO_PROGRESS = "no progress in time"
    RING_TIMEOUT = "no answer in time"
    TALK_TIMEOUT = "talk limit"
    HOLD_TIMEOUT = "hold limit"
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
        Trigger.UNREAD: Step(State.CANCELLING, Cancel()),
        Trigger.UNREAD_PROGRESS: Step(progress),
        Trigger.DIAL_FAILED: Step(State.ENDED),
        Trigger.LOCAL_ENDED: Step(State.ENDED),
        Trigger.END_REQUESTED: Step(State.CANCELLING, Cancel()),
        Trigger.RING_TIMEOUT: Step(State.CANCELLING, Cancel()),
    }


_LET_GO: Final[Mapping[Trigger, Step]] = {
    Trigger.REMOTE_HUNG_UP: Step(State.ENDED),
    Trigger.LOCAL_ENDED: Step(State.ENDED),
    Trigger.PEER_LOST: Step(State.ENDED),
}
"""How a call that came in, or was answered, ends without us."""

_BY_THE_LINE: Final = (
    Trigger.INVITE_SENT,
    Trigger.RINGING,
    Trigger.EARLY_MEDIA,
    Trigger.ANSWERED,
    Trigger.REJECTED,
    Trigger.UNREAD,
    Trigger.UNREAD_PROGRESS,
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
            Trigger.ARRIVED: Step(State.ARRIVED),
            Trigger.END_REQUESTED: Step(State.ENDED),
        },
        State.ARRIVED: {
            Trigger.ANSWER_REQUESTED: Step(State.ANSWERING, AnswerCall()),
            Trigger.END_REQUESTED: Step(State.TURNING_AWAY, TurnAway()),
            Trigger.LOOK_UP_TIMEOUT: Step(State.TURNING_AWAY, TurnAway()),
            **_LET_GO,
        },
        State.ANSWERING: {
            Trigger.ANSWERED: Step(State.ANSWERED, StartConversation()),
            Trigger.END_REQUESTED: Step(State.WITHDRAWING, HangUp()),
            Trigger.ACK_TIMEOUT: Step(State.WITHDRAWING, HangUp()),
            **_LET_GO,
        },
        State.TURNING_AWAY: {
            Trigger.ANSWER_REQUESTED: Step(State.TURNING_AWAY),
            Trigger.END_REQUESTED: Step(State.TURNING_AWAY),
            **_LET_GO,
            Trigger.BYE_TIMEOUT: Step(State.ENDED),
        },
        State.WITHDRAWING: {
            Trigger.ANSWERED: Step(State.WITHDRAWING),
            Trigger.END_REQUESTED: Step(State.WITHDRAWING),
            **_LET_GO,
            Trigger.BYE_TIMEOUT: Step(State.ENDED),
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
            **_LET_GO,
            Trigger.END_REQUESTED: Step(State.HANGING_UP, HangUp()),
            Trigger.TALK_TIMEOUT: Step(State.HANGING_UP, HangUp()),
            Trigger.HOLD_TIMEOUT: Step(State.HANGING_UP, HangUp()),
        },
        State.CANCELLING: {
            Trigger.INVITE_SENT: Step(State.CANCELLING),
            Trigger.RINGING: Step(State.CANCELLING),
            Trigger.EARLY_MEDIA: Step(State.CANCELLING),
            Trigger.ANSWERED: Step(State.HANGING_UP, HangUp()),
            Trigger.END_REQUESTED: Step(State.CANCELLING),
            Trigger.UNREAD: Step(State.CANCELLING),
            Trigger.UNREAD_PROGRESS: Step(State.CANCELLING),
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
            **_LET_GO,
            Trigger.BYE_TIMEOUT: Step(State.ENDED),
        },
        State.ENDED: dict.fromkeys(
            (
                *_BY_THE_LINE,
                Trigger.ANSWER_REQUESTED,
                Trigger.END_REQUESTED,
                Trigger.OPTED_OUT,
            ),
            Step(State.ENDED),
        ),
    }
)

TIMERS: Final[Mapping[State, tuple[Trigger, ...]]] = MappingProxyType(
    {
        State.ARRIVED: (Trigger.LOOK_UP_TIMEOUT,),
        State.ANSWERING: (Trigger.ACK_TIMEOUT,),
        State.TURNING_AWAY: (Trigger.BYE_TIMEOUT,),
        State.WITHDRAWING: (Trigger.BYE_TIMEOUT,),
        State.DIALING: (Trigger.NO_PROGRESS, Trigger.RING_TIMEOUT),
        State.RINGING: (Trigger.RING_TIMEOUT,),
        State.EARLY_MEDIA: (Trigger.RING_TIMEOUT,),
        State.ANSWERED: (Trigger.TALK_TIMEOUT, Trigger.HOLD_TIMEOUT),
        State.CANCELLING: (Trigger.CANCEL_TIMEOUT,),
        State.HANGING_UP: (Trigger.BYE_TIMEOUT,),
    }
)
"""The timers that run in each state: from the INVITE where it is unanswered, else from entry."""
