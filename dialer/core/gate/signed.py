"""Where a trunk wants calls signed for, a call that cannot be signed for is not placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.core.gate.compliance import ASK_AGAIN, Allow, Deny, Rule, Verdict
from dialer.core.values.records import AttemptOrder, History

SIGNED: Final = "caller_id_signed"


@dataclass(frozen=True, slots=True)
class Validity:
    """The span of a certificate, both aware instants included."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at <= self.ends


def caller_id_signed(certificates: Mapping[str, Validity]) -> Rule:
    """The trunk's certificate is valid at the instant of the attempt (RFC 8224 4.1).

    `certificates` by the trunk's name; a trunk that is not named wants no signature. A denial is
    a fault of our set-up: it is asked about again later.
    """

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        valid = certificates.get(order.trunk)
        again = order.at + ASK_AGAIN
        if valid is None or valid.holds(order.at):
            return Allow()
        why = f"the certificate for this trunk ended on {valid.ends.date()}"
        if order.at < valid.begins:
            why = "the certificate that signs for this trunk is not valid yet"
        return Deny(SIGNED, why, again, again=True)

    return Rule(SIGNED, judge)
