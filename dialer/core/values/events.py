"""What the line tells the call state machine, past tense and frozen.

The SIP adapter makes these from pjsua2's callbacks, `dialer.testing.ScriptedLine` from a script.
All of them speak of one attempt (one INVITE on one trunk).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason
from dialer.core.values.targets import Target


class LocalFault(Enum):
    """Why an INVITE never left, or died without a word from the far side."""

    VETOED = "vetoed"
    """The native guard kept it off the wire."""
    UNRESOLVED = "unresolved"
    """DNS gave no address (RFC 3263)."""
    TRANSPORT = "transport"
    """The network refused the packet, or TLS failed."""
    INTERNAL = "internal"
    """The SIP stack refused, threw, or lost the call (watchdog)."""


@dataclass(frozen=True, slots=True)
class InviteSent:
    """The INVITE was handed to the transport. `sip_call_id` is its Call-ID header."""

    sip_call_id: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """A provisional reply above 100 came: 180, 181, 182 or 183; `early_media` if it held SDP."""

    code: int
    early_media: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """200 to the INVITE, ACKed, and media is up or on its way."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A final reply of 300-699 to the INVITE, or 408 made by our own stack when none came.

    `q850` is the cause of a `Reason: Q.850` header (RFC 3326), `retry_after` its seconds
    (RFC 3261 20.33). `heard` is False where the 408 is our own stack's (RFC 3261 17.1.1.2,
    timer B): the far side never said a word. `reached` is True where the callee had answered, with
    a 200 that could not be used and was hung up (RFC 3261 13.2.2.4). `meant` is the code that the
    reply's words name, where they say more than `code`: 608 for a 603 of the network's own.
    """

    code: int
    q850: int | None = None
    retry_after: int | None = None
    heard: bool = True
    reached: bool = False
    meant: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A reply of this code came to the INVITE, and could not be read: nothing else is known of it.

    It may be repeated, and is told each time.
    """

    code: int


@dataclass(frozen=True, slots=True)
class DialFailed:
    """The INVITE could not be sent, or the stack lost the call before an answer."""

    fault: LocalFault


@dataclass(frozen=True, slots=True)
class RemoteHungUp:
    """BYE came from the far side."""

    q850: int | None = None


@dataclass(frozen=True, slots=True)
class LocalEnded:
    """Our own CANCEL or BYE has done its work: the call no longer lives in the SIP stack."""


@dataclass(frozen=True, slots=True)
class CancelWaits:
    """We wanted to CANCEL, but nothing at all has come back, so it may not be sent (RFC 3261 9.1).

    The INVITE is sent no more and left to die. A provisional reply that comes yet is CANCELled, a
    200 ACKed, told as Answered, and hung up at once; whatever the end, it is told as ever.
    """


@dataclass(frozen=True, slots=True)
class PeerLost:
    """The far side of an answered call is gone: session timer, RTP silence or the watchdog."""

    why: str


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The far side put us on hold (sendonly or inactive) or took us back (RFC 3264 8.4)."""

    held: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody calls one of our numbers, and was let in: it rings at their end.

    `trunk` is the one it came by, `caller` None where no number was shown. `attested`: a carrier
    that is believed has verified that the caller may show it.
    """

    trunk: str
    called: E164
    caller: E164 | None
    sip_call_id: str
    attested: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """This call and the answered call `other` hear each other, and nobody else."""

    other: str


@dataclass(frozen=True, slots=True)
class Parted:
    """The joint with another call is over: that one has ended, or the two were parted."""


@dataclass(frozen=True, slots=True)
class ReferAnswered:
    """What became of our REFER: `code` of a reply, or of a NOTIFY's sipfrag (RFC 3515 2.4.5).

    `over` tells that nothing more will be said; a `code` of 200-299 is then a success.
    """

    code: int
    over: bool


@dataclass(frozen=True, slots=True)
class KeysUnheard:
    """No key of the far side's is sure to be heard; one that is, proves the opposite.

    No telephone-event was agreed on, and the codec that was may lose tones.
    """

    codec: str


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A person to whom a callee is joined asks us, by REFER, to hand the callee on to `target`.

    Told only where the leg's Dial allows that target; what comes of it is owed to `tell_referrer`.
    """

    target: Target


CallLineEvent = (
    InviteSent
    | Progressed
    | Answered
    | Rejected
    | Unread
    | DialFailed
    | RemoteHungUp
    | LocalEnded
    | PeerLost
    | HoldChanged
    | CancelWaits
    | Joined
)
"""What the state machine of one attempt takes."""

LineEvent = CallLineEvent | Arrived | Parted | ReferAnswered | TransferAsked | KeysUnheard


@dataclass(frozen=True, slots=True)
class DialRequested:
    """The attempt is committed: the INVITE may leave."""


@dataclass(frozen=True, slots=True)
class AnswerRequested:
    """It is known what to say to a call that came in: it may be answered."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    """We want the call to end, for `reason`: script over, opt-out, drain."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The callee refused. However the call ends from here on, this is its outcome."""


@dataclass(frozen=True, slots=True)
class RefusalKept:
    """The refusal is committed; or, where not `kept`, could not be."""

    kept: bool = True


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Whom we speak with could not be handed over; the dialog goes on."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The instant that `next_deadline()` named has come."""


CallEvent = (
    CallLineEvent
    | Arrived
    | DialRequested
    | AnswerRequested
    | EndRequested
    | OptedOut
    | DeadlinePassed
)
