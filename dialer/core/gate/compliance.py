"""The gate: a list of rules, each of which allows or denies. Any doubt is a denial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.remembered import forget
from dialer.core.values.verdict import Allow, Deny, Verdict

__all__ = ["ASK_AGAIN", "Allow", "Deny", "Gate", "Rule", "Verdict"]

ASK_AGAIN: Final = timedelta(hours=1)
"""When a contact denied for a doubt, or for a fault of our own set-up, may be asked about again."""

_STEPS: Final = 64
"""How often rules may hand a contact on to one another before it is asked again after all."""

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
        """Allow if every rule allows; otherwise the first denial, for as long as all denials take.

        A denial for good goes before one that only puts off, and one that holds the node before
        both: what else was found may be wrong.
        """
        try:
            return self._decide(order, history)
        finally:
            forget()

    def _decide(self, order: AttemptOrder, history: History) -> Verdict:
        denials = self._denials(order, history)
        if not denials:
            return Allow()
        held = next((denial for denial in denials if denial.held), None)
        if held is not None:
            return held
        for_good = next((denial for denial in denials if denial.until is None), None)
        return for_good or replace(denials[0], until=self._earliest(order, history, denials))

    def explain(self, order: AttemptOrder, history: History) -> Explained:
        """What every rule says, in the gate's order, by the rule's name."""
        try:
            return tuple((rule.name, _ask(rule, order, history)) for rule in self._rules)
        finally:
            forget()

    def earliest(self, order: AttemptOrder, history: History) -> datetime | None:
        """The earliest instant from `order.at` on that can be lawful, by what is known at it.

        None: never. Before it every instant is denied; at it some rule may still deny, for a doubt
        or a fault of our own set-up, which nobody can tell beforehand.
        """
        try:
            return self._earliest(order, history, self._denials(order, history))
        finally:
            forget()

    def _earliest(
        self, order: AttemptOrder, history: History, denials: Sequence[Deny]
    ) -> datetime | None:
        """Each rule tells when it may allow; by then another may have closed, and so it goes on."""
        at = order.at
        for _ in range(_STEPS):
            ends = [denial.until for denial in denials]
            if None in ends:
                # Now, it is never lawful; later, it is to be asked again then, and closed.
                return None if at == order.at else at
            later = max((end for end in ends if end is not None), default=at)
            if later <= at:
                break
            at = later
            denials = [
                denial for denial in self._denials(_at(order, at), history) if not denial.again
            ]
        return at

    def _denials(self, order: AttemptOrder, history: History) -> list[Deny]:
        verdicts = (_ask(rule, order, history) for rule in self._rules)
        return [verdict for verdict in verdicts if isinstance(verdict, Deny)]


def _at(order: AttemptOrder, at: datetime) -> AttemptOrder:
    """The same attempt at a later instant; the lab's clock goes on as ours does."""
    lab_at = None if order.lab_at is None else order.lab_at + (at - order.at)
    return replace(order, at=at, lab_at=lab_at)


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
        return Deny(rule.name, why, order.at + ASK_AGAIN, again=True)
    if isinstance(verdict, Allow):
        return verdict
    if isinstance(verdict, Deny):
        return replace(verdict, rule=rule.name)
    why = f"the rule gave no verdict but {type(verdict).__name__}"
    return Deny(rule.name, why, order.at + ASK_AGAIN, again=True)
