"""The rule of the jurisdiction: nobody is called whose own law we are not held to.

The hours, the rests and the caps are those of one country's law. A callee of another lives under
another, which may be stricter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import phonenumbers

from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.gate.jurisdiction import Jurisdiction
from dialer.core.values.number import E164, by_plan, is_reserved
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.remembered import remembered

JURISDICTION: Final = "jurisdiction"
_ASK_AGAIN: Final = timedelta(days=7)
_NOWHERE: Final = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
"""What phonenumbers calls the region of satellites and of freephone of many countries."""


@remembered
def regions_of(number: E164) -> frozenset[str]:
    """The regions (ISO 3166 letters) that `number` may belong to; none where that is not known.

    A country code that several countries share, such as +1, is told apart by the plan of each; a
    freephone number of all of them belongs to all. One that is in no plan belongs to none.
    """
    if is_reserved(number):
        return frozenset()
    parsed = by_plan(number)
    sharing = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    if len(sharing) > 1:
        sharing = tuple(
            region for region in sharing if phonenumbers.is_valid_number_for_region(parsed, region)
        )
    return frozenset(sharing) - {_NOWHERE}


def under_jurisdiction(law: Jurisdiction) -> Rule:
    """The callee's number belongs to a country whose law we are held to, and to no other.

    A denial may be a fault of the configuration, so it is asked about again later; not soon, for a
    list that is not ours to call must not take the turns of all others.
    """

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        if order.lab and is_reserved(order.contact.row.number):
            return Allow()
        regions = regions_of(order.contact.row.number)
        until = order.at + _ASK_AGAIN
        if not regions:
            return Deny(
                JURISDICTION, "the number belongs to no country that we know", until, again=True
            )
        if regions <= law.callees:
            return Allow()
        where = ", ".join(sorted(regions)) if len(regions) < 4 else f"{len(regions)} countries"
        return Deny(
            JURISDICTION,
            f"the number belongs to {where}; jurisdiction {law.name} is for callees of "
            f"{', '.join(sorted(law.callees))}",
            until,
            again=True,
        )

    return Rule(JURISDICTION, judge)
