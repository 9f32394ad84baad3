"""The United States under federal law.

That is the FCC's rules made under the Telephone Consumer Protection Act (47 CFR 64.1200) and the
FTC's Telemarketing Sales Rule (16 CFR 310).

States may be stricter (fewer hours, no Sundays, fewer calls): whoever calls there tightens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dialer.core.gate.calling_hours import Hours
from dialer.core.gate.jurisdiction import Jurisdiction, Terms

_HOURS: Final = "47 CFR 64.1200(c)(1), 16 CFR 310.4(c): 8 a.m. to 9 p.m. on any day"
_OFTEN: Final = (
    "16 CFR 310.4(b)(1)(i) forbids calling repeatedly and has no figure; 3 in 24 hours is the "
    "strictest of the states (Florida Statutes 501.059(8)(b))"
)

_TERMS: Final = Terms(
    workday=(Hours.of("08:00", "21:00"),),
    day_off=(Hours.of("08:00", "21:00"),),
    calendar="US",
    per_hour=1,
    per_day=3,
    consent_months=None,
    refusal_months=None,
    one_number_months=None,
    abandon_rate=0.03,
    ring=15.0,
)

US: Final = Jurisdiction(
    name="US",
    # 47 USC 153(58): the United States include their territories. Other countries share the +1.
    callees=frozenset({"US", "AS", "GU", "MP", "PR", "VI"}),
    terms=_TERMS,
    loosest=replace(_TERMS, per_hour=3, refusal_months=60, one_number_months=1),
    sources={
        "workday": _HOURS,
        "day_off": f"{_HOURS}; federal law has no ban on holidays",
        "calendar": "5 USC 6103, the federal holidays",
        "per_hour": _OFTEN,
        "per_day": _OFTEN,
        "consent_months": "47 CFR 64.1200(a)(10): until revoked",
        "refusal_months": (
            "47 CFR 64.1200(d)(6): 5 years at least; 16 CFR 310.4(b)(1)(iii)(A) has no end"
        ),
        "one_number_months": "our own rule; 47 CFR 64.1601(e) asks for a number that is ours",
        "abandon_rate": "47 CFR 64.1200(a)(7), 16 CFR 310.4(b)(4)(i): 3 % over 30 days a campaign",
        "ring": "47 CFR 64.1200(a)(6), 16 CFR 310.4(b)(4)(ii): 15 seconds or four rings",
    },
)
"""Wider hours, a rest for good, and a bound on calls that are answered and left alone."""
