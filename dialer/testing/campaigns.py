"""A CampaignDesk over a store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialer.core.office.access import Actor
from dialer.core.values.campaign_standing import CampaignStanding, ContactStanding, ContactState
from dialer.errors import CampaignUnknownError
from dialer.testing.store import MemoryStore


class MemoryCampaigns:
    """What `store` holds of campaigns."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def campaigns(self, name: str | None = None) -> Sequence[CampaignStanding]:
        return [
            await self._standing(id_)
            for id_, record in enumerate(self._store.records, start=1)
            if name in {None, record.name}
        ]

    async def contacts(
        self, campaign: str, after: int = 0, limit: int = 1000
    ) -> Sequence[ContactStanding]:
        found = [each for each in self._store.standings(self._id(campaign)) if each.id > after]
        return found[:limit]

    async def end(self, name: str, by: Actor, at: datetime) -> CampaignStanding:
        id_ = self._id(name)
        self._store.ends.setdefault(id_, (at, by.name))
        return await self._standing(id_)

    def _id(self, name: str) -> int:
        for id_, record in enumerate(self._store.records, start=1):
            if record.name == name:
                return id_
        raise CampaignUnknownError(f"there is no campaign named {name}")

    async def _standing(self, id_: int) -> CampaignStanding:
        record = self._store.records[id_ - 1]
        ended_at, ended_by = self._store.ends.get(id_, (None, None))
        first_due: dict[str, datetime] = {}
        for each in self._store.standings(id_):
            if each.state is ContactState.WAITING and each.rule and each.due:
                first_due[each.rule] = min(first_due.get(each.rule, each.due), each.due)
        return CampaignStanding(
            name=record.name,
            purpose=record.purpose,
            progress=await self._store.progress(id_),
            first_due=first_due,
            ended_at=ended_at,
            ended_by=ended_by,
        )
