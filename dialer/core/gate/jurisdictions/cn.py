"""Mainland China, as the field reads its law.

What no statute puts in figures is the custom of operators whose lines are not cut off.
"""

from __future__ import annotations

from typing import Final

from dialer.core.gate.calling_hours import Hours
from dialer.core.gate.jurisdiction import Jurisdiction, Terms

_CUSTOM: Final = "no statute has a figure; the practice of the industry and its carriers"

_TERMS: Final = Terms(
    workday=(Hours.of("09:00", "11:30"), Hours.of("14:30", "17:30")),
    day_off=(),
    calendar="CN",
    per_hour=1,
    per_day=3,
    consent_months=None,
    refusal_months=6,
    one_number_months=None,
    abandon_rate=None,
    ring=5.0,
)

CN: Final = Jurisdiction(
    name="CN",
    # Hong Kong, Macau and Taiwan have laws, and country codes, of their own.
    callees=frozenset({"CN"}),
    terms=_TERMS,
    loosest=_TERMS,
    sources={
        "workday": _CUSTOM,
        "day_off": _CUSTOM,
        "calendar": "the State Council's yearly notice of days off and make-up workdays",
        "per_hour": _CUSTOM,
        "per_day": _CUSTOM,
        "consent_months": "Personal Information Protection Law, articles 13 to 15: until withdrawn",
        "refusal_months": _CUSTOM,
        "one_number_months": "our own rule: one callee sees one number",
        "abandon_rate": "no law has a figure",
        "ring": "no law has a figure",
    },
)
"""The default, and the strictest that we ship."""
