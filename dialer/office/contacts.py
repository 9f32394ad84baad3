"""A campaign's contacts: how they stand, and a person whose data is destroyed at their request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.audit import SignedCertificate
from dialer.core.office.access import Right
from dialer.core.values.campaign_standing import ContactStanding, ContactState
from dialer.core.values.number import E164
from dialer.office.looking import MASKED, Eyes, View, eyes
from dialer.office.request import Request

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class SeenContact:
    """A `ContactStanding`, whose number is text, masked or in clear."""

    row: int
    number: str | None
    state: ContactState
    rule: str | None
    due: datetime | None
    faults: int
    late_commits: int


async def pages(
    request: Request, campaign: str, view: View = MASKED
) -> AsyncIterator[Sequence[SeenContact]]:
    """A campaign's contacts in the order of its file, however many: a page is in memory.

    Raises CampaignUnknownError.
    """
    seen_by = await eyes(request, view)
    if view.in_clear:
        # All of them, although less may be read: nobody knows where a reader stops.
        async with request.store.reading() as desks:
            found = await desks.campaigns.campaigns(campaign)
        rows = sum(each.progress.total for each in found)
        await seen_by.put_on_record(request, "contacts", rows, {"campaign": campaign})
    async with request.store.reading() as desks:
        after = 0
        while page := await desks.campaigns.contacts(campaign, after, _PAGE):
            yield [_seen(each, seen_by) for each in page]
            after = page[-1].id


async def forget(request: Request, number: E164) -> SignedCertificate | None:
    """Destroy what contacts hold of a person, and never call them again.

    None where a node is calling them just now: the rest follows within the hour.
    """
    by = await request.acting(Right.FORGET_CONTACTS)
    async with request.store.writing() as desks:
        # A listing of contacts does without it and all that it stands on.
        from dialer.upkeep.destroyer import destroyer  # noqa: PLC0415

        destroying = await destroyer(request.config, desks.audit, desks.retention, request.utc)
        return await destroying.forget(number, by.name)


def _seen(each: ContactStanding, seen_by: Eyes) -> SeenContact:
    return SeenContact(
        row=each.row,
        number=seen_by.number(each.number),
        state=each.state,
        rule=each.rule,
        due=each.due,
        faults=each.faults,
        late_commits=each.late_commits,
    )
