"""The gate: a list of rules, each of which allows or denies. Any doubt is a denial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from dialer.core.records import AttemptOrder, History
from dialer.core.verdict import Allow, Deny, Verdict

__all__ = ["ASK_AGAIN", "Allow", "Deny", "Gate", "Rule", "Verdict"]

ASK_AGAIN: Final = timedelta(hours=1)
"""When a contact denied for a doubt, or for a fault of our own set-up, may be asked about again."""


Explained = tuple[tuple[str, Verdict], ...]
"""Every rule's verdict by the rule's name, in the gate's order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of law or of the operator's, by the name that records and reports show.

    `judge` is pure: it gets the order and what was dialled to the number before.
    """

    name: str
    judge: Callable[[AttemptOrder, History], Verdict]


class Gate:
    """Every rule must allow. A rule that fails, or answers anything else, has denied.

    Raises ValueError for a gate without rules or with two rules of one name.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        names = [rule.name for rule in rules]
        if not names or len(set(names)) != len(names):
            raise ValueError("a gate needs rules, each with a name of its own")
        self._rules = tuple(rules)

    def decide(self, order: AttemptOrder, history: History) -> Verdict:
        """Allow if every rule allows; otherwise the first denial."""
        for rule in self._rules:
            verdict = _ask(rule, order, history)
            if isinstance(verdict, Deny):
                return verdict
        return Allow()

    def explain(self, order: AttemptOrder, history: History) -> Explained:
        """What every rule says, in the gate's order, by the rule's name."""
        return tuple((rule.name, _ask(rule, order, history)) for rule in self._rules)


def _ask(rule: Rule, order: AttemptOrder, history: History) -> Verdict:
    """The rule's verdict, under the rule's own name; a doubt is a denial.

    The reason names the kind of failure only: its text might hold a number.
    """
    if order.at.utcoffset() is None:
        return Deny(rule.name, "the instant of the attempt has no time zone")
    try:
        verdict: object = rule.judge(order, history)
    except Exception as failure:  # noqa: BLE001 - whatever a rule raises, it has not allowed
        why = f"the rule could not decide ({type(failure).__name__})"
        return Deny(rule.name, why, order.at + ASK_AGAIN)
    if isinstance(verdict, Allow):
        return verdict
    if isinstance(verdict, Deny):
        return Deny(rule.name, verdict.why, verdict.until)
    why = f"the rule gave no verdict but {type(verdict).__name__}"
    return Deny(rule.name, why, order.at + ASK_AGAIN)
