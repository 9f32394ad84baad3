"""The rule of the operator's licence: without a licence in force nobody is called."""

from __future__ import annotations

from datetime import date
from typing import Final

from dialer.core.gate.compliance import ASK_AGAIN, Allow, Deny, Rule, Verdict
from dialer.core.values.days import last_instant
from dialer.core.values.records import AttemptOrder, History

LICENCE: Final = "operator_licence"


def operator_licence(expires: date) -> Rule:
    """The operator's licence to call is in force; `expires` is its last day.

    A denial is a fault of our set-up: it is asked about again later.
    """

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        if order.at <= last_instant(expires):
            return Allow()
        why = f"the operator's licence expired on {expires}"
        return Deny(LICENCE, why, order.at + ASK_AGAIN, again=True)

    return Rule(LICENCE, judge)
