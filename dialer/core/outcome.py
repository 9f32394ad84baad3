"""How a call can end, on two axes: who ended it, and why.

These words are the words of the CDR, of the metrics and of MQTT alike. Adding one is adding a
member here and a row to the table in `docs/outcomes.md`, which a test holds to this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Who(Enum):
    """Whose doing the end was."""

    CALLEE = "callee"
    CARRIER = "carrier"
    DIALER = "dialer"


class Reason(Enum):
    """Why the call ended; each belongs to one `Who` (see `WHO_OF`)."""

    # The callee's own answer: never retried on another trunk.
    HUNG_UP = "hung_up"
    OPTED_OUT = "opted_out"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    UNWANTED = "unwanted"
    UNAVAILABLE = "unavailable"
    UNALLOCATED = "unallocated"
    # The carrier's fault: another trunk may do better.
    CONGESTION = "congestion"
    NO_REPLY = "no_reply"
    UNREACHABLE = "unreachable"
    AUTH_FAILED = "auth_failed"
    FORBIDDEN = "forbidden"
    BLOCKED = "blocked"
    NOT_ACCEPTED = "not_accepted"
    REDIRECTED = "redirected"
    CARRIER_ERROR = "carrier_error"
    PEER_LOST = "peer_lost"
    # Our own doing.
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DRAINED = "drained"
    TIME_LIMIT = "time_limit"
    VETOED = "vetoed"
    CUT_SHORT = "cut_short"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one end of a call: (who, reason), and the signalling that said so, where there was any."""

    who: Who
    reason: Reason
    sip_code: int | None = None
    q850: int | None = None

    def __str__(self) -> str:
        return f"{self.who.value}.{self.reason.value}"
