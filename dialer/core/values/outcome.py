"""How a call can end, on two axes: who ended it, and why.

These words are the words of the CDR, of the metrics and of MQTT alike. The docstring under each
member is its row in `docs/outcomes.md`, which is generated; a test fails when it is stale.
`dialer.core.calls.signalling` tells which SIP code and which Q.850 cause mean which reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Who(Enum):
    """Whose doing the end was."""

    CALLEE = "callee"
    CARRIER = "carrier"
    DIALER = "dialer"


class Reason(Enum):
    """Why the call ended; each belongs to one `Who` (see `WHO_OF`)."""

    # The callee's own answer: never retried on another trunk.
    HUNG_UP = "hung_up"
    """Answered, and the callee ended it."""
    OPTED_OUT = "opted_out"
    """The callee asked for no more calls; the number is in its cooling-off."""
    BUSY = "busy"
    """The callee's line is busy."""
    NO_ANSWER = "no_answer"
    """It rang until the ring limit, ours or the carrier's, and nobody answered."""
    DECLINED = "declined"
    """The callee, or the callee's own settings, rejected the call."""
    UNWANTED = "unwanted"
    """The callee marked the call as unwanted (RFC 8197). It counts as a refusal; the number is in
    its cooling-off."""
    HELD = "held"
    """The callee put us on hold and did not come back within the limit; we hung up."""
    UNAVAILABLE = "unavailable"
    """The callee's phone is off, out of reach or out of order."""
    UNALLOCATED = "unallocated"
    """The number does not exist, has changed or is incomplete."""
    # The carrier's doing.
    CONGESTION = "congestion"
    """The carrier has no circuit or no capacity."""
    NO_REPLY = "no_reply"
    """The carrier did not reply to the INVITE, or sent no ringing within the limit."""
    UNREACHABLE = "unreachable"
    """The carrier, or the network behind it, could not be reached or has no route."""
    AUTH_FAILED = "auth_failed"
    """The carrier did not accept our credentials."""
    FORBIDDEN = "forbidden"
    """The carrier does not carry this call for us."""
    BLOCKED = "blocked"
    """An intermediary's analytics rejected the call (RFC 8688). No other trunk is tried."""
    NOT_ACCEPTED = "not_accepted"
    """The far side did not accept the form of the request or its media."""
    REDIRECTED = "redirected"
    """The carrier redirected the call; redirections are not followed."""
    CARRIER_ERROR = "carrier_error"
    """The carrier failed in any other way."""
    UNREADABLE = "unreadable"
    """The carrier's reply to the INVITE could not be read. No other trunk is tried: the callee may
    have answered."""
    NO_MEDIA = "no_media"
    """The callee answered, but with media that cannot be used: no SDP, no codec of ours, a name or
    another family for an address, SDP that cannot be read. We hung up; no other trunk is tried."""
    PEER_LOST = "peer_lost"
    """The call was answered, and then the far side's signalling or media stopped."""
    # Our own doing.
    COMPLETED = "completed"
    """The script reached its end and we hung up."""
    CANCELLED = "cancelled"
    """We gave up the attempt before a conversation began."""
    DRAINED = "drained"
    """The dialer was told to stop and the call did not end in time."""
    TIME_LIMIT = "time_limit"
    """The conversation reached the longest time allowed."""
    NOTICE_LATE = "notice_late"
    """The identity notice was not over in time; we hung up and said nothing more."""
    VETOED = "vetoed"
    """The native guard vetoed the INVITE; it was not sent."""
    COMMIT_LATE = "commit_late"
    """Our own database took too long to commit the attempt. No INVITE was sent; the contact
    waits."""
    CUT_SHORT = "cut_short"
    """The process was killed during the call; found at the next start."""
    INTERNAL_ERROR = "internal_error"
    """The SIP stack or the dialer failed."""


def _by_who() -> Mapping[Reason, Who]:
    callee = (
        Reason.HUNG_UP,
        Reason.OPTED_OUT,
        Reason.BUSY,
        Reason.NO_ANSWER,
        Reason.DECLINED,
        Reason.UNWANTED,
        Reason.HELD,
        Reason.UNAVAILABLE,
        Reason.UNALLOCATED,
    )
    dialer = (
        Reason.COMPLETED,
        Reason.CANCELLED,
        Reason.DRAINED,
        Reason.TIME_LIMIT,
        Reason.NOTICE_LATE,
        Reason.VETOED,
        Reason.COMMIT_LATE,
        Reason.CUT_SHORT,
        Reason.INTERNAL_ERROR,
    )
    who = dict.fromkeys(Reason, Who.CARRIER)
    who.update(dict.fromkeys(callee, Who.CALLEE))
    who.update(dict.fromkeys(dialer, Who.DIALER))
    return MappingProxyType(who)


WHO_OF: Final = _by_who()
"""Whose doing each reason is."""

REFUSALS: Final = frozenset({Reason.OPTED_OUT, Reason.UNWANTED})
"""After these the number rests, in every campaign and on every node (`History.refused_at`)."""

NOT_ELSEWHERE: Final = frozenset(
    {Reason.BLOCKED, Reason.UNREADABLE, Reason.NO_MEDIA, Reason.PEER_LOST}
)
"""The carrier's doing, yet no other trunk is tried.

A block is not walked round. After NO_MEDIA and PEER_LOST the callee has answered already, and may
have where the reply was UNREADABLE.
"""


NEVER_RANG: Final = frozenset(
    {
        Reason.CONGESTION,
        Reason.UNREACHABLE,
        Reason.AUTH_FAILED,
        Reason.FORBIDDEN,
        Reason.REDIRECTED,
        Reason.CARRIER_ERROR,
        Reason.VETOED,
        Reason.COMMIT_LATE,
    }
)
"""Ends that, where no 18x came before, say that the INVITE went no further than the carrier.

NO_REPLY is none of them: what was not answered may have been heard. Nor is NOT_ACCEPTED, which a
200 without a codec of ours also ends in.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one end of a call: (who, reason), and the signalling that said so, where there was any.

    Raises ValueError where `who` is not the one the reason belongs to.
    """

    who: Who
    reason: Reason
    sip_code: int | None = None
    q850: int | None = None

    def __post_init__(self) -> None:
        if WHO_OF[self.reason] is not self.who:
            raise ValueError(f"{self.reason.value} is never the doing of the {self.who.value}")

    @classmethod
    def of(cls, reason: Reason, sip_code: int | None = None, q850: int | None = None) -> Outcome:
        """The outcome of `reason`, with the Who it belongs to."""
        return cls(WHO_OF[reason], reason, sip_code, q850)

    def __str__(self) -> str:
        return f"{self.who.value}.{self.reason.value}"


def is_refusal(outcome: Outcome) -> bool:
    """Whether the callee told us not to call again."""
    return outcome.reason in REFUSALS


def is_carriers_fault(outcome: Outcome) -> bool:
    """Whether the carrier failed before the callee was reached, so that another trunk may try.

    A 6xx never is: it speaks for the callee wherever one might look (RFC 3261 21.6).
    """
    if outcome.sip_code is not None and outcome.sip_code >= 600:
        return False
    return outcome.who is Who.CARRIER and outcome.reason not in NOT_ELSEWHERE


def could_have_rung(outcome: Outcome | None, *, progressed: bool) -> bool:
    """Whether the callee's telephone may have rung: only such attempts count to their frequency.

    `outcome` is None for an attempt without an end. Any doubt is a yes.
    """
    return progressed or outcome is None or outcome.reason not in NEVER_RANG
