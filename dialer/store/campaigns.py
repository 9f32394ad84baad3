"""`SqlCampaigns`: the CampaignDesk of `dialer.ports` on SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds import retention as kinds
from dialer.core.values.campaign_standing import CampaignStanding, ContactStanding
from dialer.errors import CampaignUnknownError
from dialer.store.channel import Channel
from dialer.store.queries import campaigns as queries


class SqlCampaigns:
    """Campaigns as they stand in the tables."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def campaigns(self, name: str | None = None) -> Sequence[CampaignStanding]:
        return await self._channel.read(lambda connection: queries.rows(connection, name))

    async def contacts(
        self, campaign: str, after: int = 0, limit: int = 1000
    ) -> Sequence[ContactStanding]:
        def work(connection: Connection) -> Sequence[ContactStanding]:
            known = queries.id_of(connection, campaign)
            if known is None:
                raise _unknown(campaign)
            return queries.contact_rows(connection, self._channel.people, known, after, limit)

        return await self._channel.read(work)

    async def end(self, name: str, by: Actor, at: datetime) -> CampaignStanding:
        def work(connection: Connection) -> CampaignStanding:
            if queries.end(connection, name, by.name, at):
                body = kinds.campaign_ended(name, by.name, at.isoformat())
                self._channel.audit.note(kinds.CAMPAIGN_ENDED, at, body)
            found = queries.rows(connection, name)
            if not found:
                raise _unknown(name)
            return found[0]

        return await self._channel.submit(work)


def _unknown(name: str) -> CampaignUnknownError:
    return CampaignUnknownError(f"there is no campaign named {name}; `dialer campaigns` lists them")
