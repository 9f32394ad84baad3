"""The rule of abandoned calls: who answers is not left alone, but for a bounded share.

What is counted errs towards more: an answer counts as a person's only if it was heard, an abandoned
call in any case, and so does one that a killed process has left. The bound holds for every outcome
of what is under way: each call that lives may yet be answered and abandoned, so nothing is launched
that could then be one too many.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.values.attention import DAYS
from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptEnd, AttemptOrder, History

ABANDON_RATE: Final = "abandon_rate"


def first_day(at: datetime) -> str:
    """The first day that counts at `at`, in UTC, as `2026-11-22`."""
    return day_of(at - timedelta(days=DAYS))


def day_of(at: datetime) -> str:
    """The day on which a call that ends at `at` is counted."""
    return at.astimezone(UTC).date().isoformat()


def counted(last: AttemptEnd) -> tuple[int, int]:
    """What a call adds, by its last attempt: live answers, and how many of them were abandoned."""
    if last.outcome.reason is Reason.CUT_SHORT:
        return 1, 1
    if last.answered_at is None:
        return 0, 0
    return int(last.abandoned or bool(last.speech)), int(last.abandoned)


def abandon_rate(rate: float) -> Rule:
    """No more answered calls are abandoned than the bound allows, whatever becomes of this one.

    Nothing stands against the contact: it keeps its turn, and the campaign waits until calls have
    ended well, or bad days lie more than `DAYS` back. A call that lives already adds no risk by its
    next attempt.
    """

    def judge(order: AttemptOrder, history: History) -> Verdict:
        answers = history.answers
        if answers is None:
            why = "how many calls were abandoned is not known"
            return Deny(ABANDON_RATE, why, order.at, again=True, held=True)
        if order.number_in_call > 1 or answers.allows(rate, more=1):
            return Allow()
        why = (
            f"{answers.abandoned} of {answers.live} live answers in {DAYS} days were abandoned and "
            f"{answers.at_risk} calls are live: one more could exceed {rate:.3g}"
        )
        return Deny(ABANDON_RATE, why, order.at, again=True, held=True)

    return Rule(ABANDON_RATE, judge)
