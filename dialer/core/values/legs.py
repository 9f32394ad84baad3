"""What the store keeps of a second leg: the operator's side of a call that was handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome
from dialer.core.values.records import AttemptEnd
from dialer.core.values.targets import Target
from dialer.core.values.verdict import Verdict


class LegKind(Enum):
    """How a call is handed over."""

    BRIDGE = "bridge"
    """We call the target and join the two legs here."""
    REFER = "refer"
    """The far side is asked to call the target itself (RFC 3515)."""


@dataclass(frozen=True, slots=True)
class LegOrder:
    """One second leg that we would like to place. `attempt` is its name on the line.

    `call` is the call, or the incoming call, whose other side it is to be; for a REFER, `trunk` is
    that call's own, for no INVITE of ours follows.
    """

    attempt: str
    call: str
    node: str
    trunk: str
    caller_id: E164
    target: Target
    kind: LegKind
    at: datetime


DecideLeg = Callable[[LegOrder], Verdict]
"""The gate for second legs: called by the store inside the transaction that commits."""


@dataclass(frozen=True, slots=True)
class LegEnd:
    """How a second leg went; `joined_at` is None where the two never heard each other."""

    last: AttemptEnd
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegRow:
    """One second leg as the store holds it. `target` is not a callee, so it is kept as written."""

    attempt: str
    call: str
    trunk: str
    caller_id: E164
    target: str
    kind: LegKind
    committed_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    sip_call_id: str | None
    outcome: Outcome | None
