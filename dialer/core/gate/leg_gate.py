"""The gate of second legs: to whom calls are handed over.

What stays in an exchange of the operator's own is no call to anybody else. What leaves it for the
public network is: only to the operator's own people, who are listed with proof, and only as any
number may be called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from dialer.core.gate.caller_id import VerifiedNumber
from dialer.core.gate.calling_hours import CALLING_HOURS
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.gate.compliance import ASK_AGAIN, Gate, Rule
from dialer.core.gate.configuration import CONFIGURATION_APPROVED
from dialer.core.gate.licence import LICENCE
from dialer.core.gate.regions import JURISDICTION
from dialer.core.gate.rules import CALLER_ID, PER_NUMBER, REFUSAL_REST, SUPPRESSED
from dialer.core.gate.signed import SIGNED
from dialer.core.values.legs import DecideLeg, LegKind, LegOrder
from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.targets import Extension, dials_out
from dialer.core.values.verdict import Allow, Deny, Verdict

OWN_PEOPLE: Final = "own_people"
AS_ANY_CALL: Final = frozenset(
    {
        *(CLOCK_SANE, LICENCE, JURISDICTION, SUPPRESSED, REFUSAL_REST),
        *(CALLER_ID, CALLING_HOURS, PER_NUMBER, SIGNED),
        CONFIGURATION_APPROVED,
    }
)
"""The rules that a leg to a telephone number is held to beside `OWN_PEOPLE`. Consent, wording and
abandoned calls are about callees."""
WITHIN: Final = frozenset({CLOCK_SANE, CALLER_ID, CONFIGURATION_APPROVED})
"""The rules that a leg to an extension is held to."""


def leg_gate(
    rules: Sequence[Rule],
    people: Mapping[E164, VerifiedNumber],
    exchanges: Collection[str],
    labs: Mapping[str, timedelta | None] = MappingProxyType({}),
) -> DecideLeg:
    """The gate with the node's `rules`, of which those of `AS_ANY_CALL` are asked.

    `people` are the operator's own by their numbers, `exchanges` the names of the trunks that lead
    to exchanges of the operator's own. `labs` are the trunks of labs, each with how far its clock
    is ahead of ours, None without one.
    """
    number = own_people(people)
    outside = Gate([number, *(rule for rule in rules if rule.name in AS_ANY_CALL)])
    within = Gate([rule for rule in rules if rule.name in WITHIN])

    def decide(order: LegOrder, history: History) -> Verdict:
        shift = labs.get(order.trunk)
        attempt = order.as_attempt(
            lab=order.trunk in labs, lab_at=None if shift is None else order.at + shift
        )
        if isinstance(order.target, E164):
            return outside.decide(attempt, history)
        return _strays(order, order.target, exchanges) or within.decide(attempt, history)

    return decide


def own_people(people: Mapping[E164, VerifiedNumber]) -> Rule:
    """The number is that of one of the operator's own people, and its proof has not expired."""

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        known = people.get(order.contact.row.number)
        again = order.at + ASK_AGAIN
        if known is None:
            return Deny(OWN_PEOPLE, "it is no number of operator.people", again, again=True)
        if not known.is_good(order.at):
            why = f"the proof of operator.people expired on {known.expires}"
            return Deny(OWN_PEOPLE, why, again, again=True)
        return Allow()

    return Rule(OWN_PEOPLE, judge)


def _strays(order: LegOrder, target: Extension, exchanges: Collection[str]) -> Deny | None:
    """Why an extension does not stay within an exchange of the operator's own."""
    why = None
    if target.at not in exchanges:
        why = "an extension lies behind a trunk of role pbx, and nowhere else"
    elif order.kind is LegKind.BRIDGE and order.trunk != target.at:
        why = "an extension is called over its own trunk"
    elif dials_out(target.user):
        why = "an exchange would take it for a telephone number: name the number"
    return None if why is None else Deny(OWN_PEOPLE, why, order.at + ASK_AGAIN, again=True)
