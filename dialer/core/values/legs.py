"""What the store keeps of a second leg: the operator's side of a call that was handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome
from dialer.core.values.records import AttemptEnd, AttemptOrder, Contact, ContactRow, History
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

    def as_attempt(self, *, lab: bool = False, lab_at: datetime | None = None) -> AttemptOrder:
        """The same as an attempt to call the target, for the rules that judge those.

        `lab` and `lab_at` are as an attempt has them. An extension has no number; in its place
        stands ours, which no rule about extensions reads.
        """
        number = self.target if isinstance(self.target, E164) else self.caller_id
        row = ContactRow(0, number, "", "", self.at, "")
        return AttemptOrder(
            attempt=self.attempt,
            call=self.call,
            contact=Contact(0, 0, row),
            node=self.node,
            trunk=self.trunk,
            caller_id=self.caller_id,
            why_trunk="",
            at=self.at,
            lab=lab,
            lab_at=lab_at,
        )


DecideLeg = Callable[[LegOrder, History], Verdict]
"""The gate for second legs: called by the store inside the transaction that commits, with what was
dialled to the target before where that is a number."""


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
