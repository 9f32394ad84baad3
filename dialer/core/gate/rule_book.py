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
from dialer.core.gate.configuration import CONFIGURATION_APPROVED
from dialer.core.gate.consent import CONSENT
from dialer.core.gate.licence import LICENCE
from dialer.core.gate.one_number import ONE_NUMBER
from dialer.core.gate.regions import JURISDICTION
from dialer.core.gate.rules import CALLER_ID, PER_NUMBER, REFUSAL_REST, SUPPRESSED
from dialer.core.gate.signed import SIGNED
from dialer.core.gate.wording_approved import WORDING_APPROVED

AGAIN: Final = "waits; checked again every hour"
FOR_GOOD: Final = "done"
HELD: Final = "keeps its turn; dialing is paused"


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
        "Does the wall clock agree with the steady clock, and is it not behind the newest attempt "
        "on record?",
        (),
        HELD,
        source="our own: every other rule depends on that clock",
    ),
    Entry(
        CAMPAIGN_ENDED,
        "Is the campaign still open?",
        (),
        FOR_GOOD,
        source="our own: an ended campaign calls nobody",
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
        "Does the number belong to a country of this node's jurisdiction, and to no other?",
        ("compliance.jurisdiction",),
        AGAIN,
        source="a callee's own law protects them",
    ),
    Entry(
        SUPPRESSED,
        "Is the number on no suppression list: no request never to be called, no complaint, no "
        "imported list?",
        (),
        "done, or waits until the entry ends",
        source="CN: Personal Information Protection Law, articles 15 and 24; "
        "US: 47 CFR 64.1200(c)(2) and (d)",
    ),
    Entry(
        REFUSAL_REST,
        "Is the callee outside the cooling-off: no refusal on record, or one long enough ago?",
        ("compliance.refusal_rest",),
        FOR_GOOD,
        ("refusal_months",),
    ),
    Entry(
        CONSENT,
        "Did the contact consent to this purpose, before now and not too long ago, with a source "
        "and evidence? Lab contacts are called only over lab trunks.",
        ("compliance.consent_valid",),
        "done; waits where the date of consent is in the future",
        ("consent_months",),
    ),
    Entry(
        ONE_NUMBER,
        "Does the callee see the same number as before?",
        ("compliance.one_number",),
        FOR_GOOD,
        ("one_number_months",),
    ),
    Entry(
        CALLER_ID,
        "Is the caller ID assigned to the operator on this trunk, with a proof in force?",
        ("trunks[].numbers[]",),
        AGAIN,
        source="CN: Law against Telecom and Online Fraud, article 13: real numbers are shown; "
        "US: 47 USC 227(e), 47 CFR 64.1601(e)",
    ),
    Entry(
        WORDING_APPROVED,
        "Did somebody other than the author approve exactly these words?",
        (),
        AGAIN,
        source="our own: only approved words are said",
    ),
    Entry(
        SIGNED,
        "Is the certificate that signs the calls of this trunk valid? Asked where a trunk has "
        "`stir`.",
        ("trunks[].stir",),
        AGAIN,
        source="RFC 8224 4.1",
    ),
    Entry(
        CALLING_HOURS,
        "Is it within calling hours on this kind of day, in every time zone the callee may be in?",
        ("compliance.windows", "compliance.calendar"),
        "waits for the earliest lawful instant",
        ("workday", "day_off", "calendar"),
    ),
    Entry(
        PER_NUMBER,
        "Is the number within its limits of attempts in the last hour and day, over all campaigns "
        "and nodes?",
        ("compliance.per_number.hour", "compliance.per_number.day"),
        "waits until an attempt is an hour, or a day, old",
        ("per_hour", "per_day"),
    ),
    Entry(
        ABANDON_RATE,
        "Does the share of abandoned calls stay within the limit even if this call and every live "
        "call are abandoned? Asked where there is a limit.",
        ("compliance.abandon_rate",),
        HELD,
        ("abandon_rate",),
    ),
    Entry(
        CONFIGURATION_APPROVED,
        "Did compliance approve this node's effective configuration, or a looser one? Not asked of "
        "a lab's calls, unless `compliance.lab_numbers` lets one of the numbers out as it is; nor "
        "in a store where nobody was ever given access.",
        (),
        AGAIN,
        source="our own: nobody changes alone what callees are held to",
    ),
)
"""In the order in which the gate asks, but for `caller_id_signed`, which is asked last."""
