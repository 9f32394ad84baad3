"""Campaigns: where they stand, and their end."""

from __future__ import annotations

from collections.abc import Sequence

from dialer.core.office.access import Right
from dialer.core.values.campaign_standing import CampaignStanding
from dialer.errors import CampaignUnknownError
from dialer.office.request import Request


async def standings(request: Request, name: str | None = None) -> Sequence[CampaignStanding]:
    """Every campaign, or the one of that name. Raises CampaignUnknownError."""
    async with request.store.reading() as desks:
        found = await desks.campaigns.campaigns(name)
    if name is not None and not found:
        raise CampaignUnknownError(f"there is no campaign named {name}")
    return found


async def end(request: Request, name: str) -> CampaignStanding:
    """End a campaign for good. Raises CampaignUnknownError."""
    by = await request.acting(Right.END_CAMPAIGNS)
    async with request.store.writing() as desks:
        return await desks.campaigns.end(name, by, request.utc())
