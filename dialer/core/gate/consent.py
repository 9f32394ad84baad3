"""The rule of consent: nobody is called who has not agreed, to this, for long enough.

Each contact carries who collected its consent, when, for which purpose, and where the evidence
lies. A list is checked when it is imported; here it is asked again at the instant of the call, for
consents run out while a contact waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.values.months import months_later
from dialer.core.values.records import AttemptOrder, History

CONSENT: Final = "consent"
LAB: Final = "lab"
"""The source of a consent that nobody gave: of numbers that only machines of a lab answer."""


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """For how many calendar months a consent holds, at least 1, or None: until it is withdrawn."""

    months: int | None = None

    def __post_init__(self) -> None:
        if self.months is not None and self.months < 1:
            raise ValueError("consent: it holds for at least 1 month")


def consent(terms: ConsentTerms) -> Rule:
    """The contact has agreed to be called, for the campaign's purpose, and the evidence is named.

    A lab's contact is called over a lab's trunk, and over no other.

    Given before now, and not too long ago: it ends on the same day of a later month, or where that
    month is shorter on its last.
    """

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        row = order.contact.row
        if row.consent_source == LAB:
            why = "a lab's contact, whom nobody asked: only a lab's trunk may call it"
            return Allow() if order.lab else Deny(CONSENT, why)
        if not row.consent_source.strip() or not row.consent_ref.strip():
            return Deny(CONSENT, "no evidence of consent: who collected it, or where it lies")
        if row.consent_purpose != order.purpose:
            return Deny(CONSENT, "the consent is for another purpose than the campaign's")
        if row.consent_at > order.at:
            return Deny(CONSENT, "the consent is given in the future", row.consent_at)
        if terms.months is not None and order.at >= months_later(row.consent_at, terms.months):
            return Deny(CONSENT, f"the consent is older than {terms.months} months")
        return Allow()

    return Rule(CONSENT, judge)
