"""What an officer reads of each rule of the gate: what it asks, by which figure, and what follows.

`docs/gate.md` is made from it; a test holds it to the rules that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dialer.core.gate.abandonment import ABANDON_RATE
from dialer.core.gate.calling_hours import CALLING_HOURS
from dialer.core.gate.campaign_end import CAMPAIGN_ENDED
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.gate.consent import CONSENT
from dialer.core.gate.licence import LICENCE
from dialer.core.gate.one_number import ONE_NUMBER
from dialer.core.gate.regions import JURISDICTION
from dialer.core.gate.rules import CALLER_ID, PER_NUMBER, REFUSAL_REST, SUPPRESSED
from dialer.core.gate.signed import SIGNED
from dialer.core.gate.wording_approved import WORDING_APPROVED

AGAIN: Final = "waits, asked again every hour"
FOR_GOOD: Final = "done with"
HELD: Final = "keeps its turn; the node waits"


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule in plain words. `keys` are those of dialer.yaml that hold its figures."""

    rule: str
    asks: str
    keys: tuple[str, ...]
    denied: str
    """What happens to the contact."""
    figures: tuple[str, ...] = ()
    """Its figures, as fields of `Terms`, whose sources each jurisdiction names."""
    source: str = ""
    """Where it comes from, where no jurisdiction's figure says so."""


BOOK: Final = (
    Entry(
        CLOCK_SANE,
        "Does the wall clock go as a clock that nobody sets does, and is it not behind the newest "
        "attempt on record?",
        (),
        HELD,
        source="our own: every other rule counts by that clock",
    ),
    Entry(
        CAMPAIGN_ENDED,
        "Is the campaign still open?",
        (),
        FOR_GOOD,
        source="our own: what is ended calls nobody",
    ),
    Entry(
        LICENCE,
        "Is the operator's licence in force?",
        ("operator.licence.expires",),
        AGAIN,
        source="CN: Telecommunications Regulations, article 7: no operation without a licence",
    ),
    Entry(
        JURISDICTION,
        "Does the number belong to a country whose law this node is held to, and to no other?",
        ("compliance.jurisdiction",),
        AGAIN,
        source="a callee's own law protects them",
    ),
    Entry(
        SUPPRESSED,
        "Does the book of suppressions say nothing against it: no wish never to be called, no "
        "complaint, no list?",
        (),
        "done with, or waits until the entry ends",
        source="CN: Personal Information Protection Law, articles 15 and 24; "
        "US: 47 CFR 64.1200(c)(2) and (d)",
    ),
    Entry(
        REFUSAL_REST,
        "Has this callee not refused our calls, or long enough ago?",
        ("compliance.refusal_rest",),
        FOR_GOOD,
        ("refusal_months",),
    ),
    Entry(
        CONSENT,
        "Has the contact agreed, before now and not too long ago, to this purpose, with a source "
        "and evidence? Only a lab's trunk calls a lab's contact.",
        ("compliance.consent_valid",),
        "done with; waits where it was given in the future",
        ("consent_months",),
    ),
    Entry(
        ONE_NUMBER,
        "Does the callee see the number that they were shown before?",
        ("compliance.one_number",),
        FOR_GOOD,
        ("one_number_months",),
    ),
    Entry(
        CALLER_ID,
        "Is the number shown really the operator's on this trunk, with a proof in force?",
        ("trunks[].numbers[]",),
        AGAIN,
        source="CN: Law against Telecom and Online Fraud, article 13: real numbers are shown; "
        "US: 47 USC 227(e), 47 CFR 64.1601(e)",
    ),
    Entry(
        WORDING_APPROVED,
        "Has somebody other than their author approved these very words?",
        (),
        AGAIN,
        source="our own: what is said is what was approved",
    ),
    Entry(
        SIGNED,
        "Is the certificate of a trunk that wants its calls signed valid? Asked where a trunk has "
        "`stir`.",
        ("trunks[].stir",),
        AGAIN,
        source="RFC 8224 4.1",
    ),
    Entry(
        CALLING_HOURS,
        "Is it an hour of calling on this kind of day, in every zone the callee may live in?",
        ("compliance.windows", "compliance.calendar"),
        "waits for the earliest lawful instant",
        ("workday", "day_off", "calendar"),
    ),
    Entry(
        PER_NUMBER,
        "Was the number not dialled too often in the last hour and day, by any campaign or node?",
        ("compliance.per_number.hour", "compliance.per_number.day"),
        "waits until an attempt is an hour, or a day, old",
        ("per_hour", "per_day"),
    ),
    Entry(
        ABANDON_RATE,
        "Would the bound on answered calls that are left alone still hold if this one and every "
        "live one were? Asked where there is a bound.",
        ("compliance.abandon_rate",),
        HELD,
        ("abandon_rate",),
    ),
)
"""In the order in which the gate asks, but for `caller_id_signed`, which is asked last."""
