"""A store with a campaign that is over, and a destroyer whose process can be killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dialer.audit import AuditKey
from dialer.core.office.access import Actor, Role
from dialer.core.office.retention import RetentionTerms
from dialer.core.values.outcome import Reason
from dialer.ports.desks import CampaignDesk, ComplaintDesk, RetentionDesk, SuppressionDesk
from dialer.ports.store import Store
from dialer.store import SqlCampaigns, SqlComplaints, SqlStore, SqlSuppressions
from dialer.store.retention import SqlRetention
from dialer.upkeep.destroyer import Destroyer, Ownership
from tests.support.orders import NOON, number, row
from tests.support.store import begin, call_through, claim_one

TERMS = RetentionTerms()
ANN = Actor("ann", frozenset({Role.COMPLIANCE}))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CONTACTS_DUE = NOON + 29 * DAY


class Killed(Exception):  # noqa: N818 -- it plays a power cut, not an error
    """The process ends here."""


class MortalDesk:
    """A desk whose process is killed after so many of its transactions."""

    def __init__(self, desk: RetentionDesk, lives: int) -> None:
        self._desk = desk
        self._lives = lives

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def mortal(*arguments: object) -> object:
            if self._lives == 0:
                raise Killed
            self._lives -= 1
            return await getattr(self._desk, name)(*arguments)

        return mortal


@dataclass(frozen=True)
class Desks:
    """The desks of one store."""

    retention: RetentionDesk
    campaigns: CampaignDesk
    complaints: ComplaintDesk
    book: SuppressionDesk


def sql_desks(store: SqlStore) -> Desks:
    channel = store.channel
    return Desks(
        SqlRetention(channel),
        SqlCampaigns(channel),
        SqlComplaints(channel),
        SqlSuppressions(channel),
    )


class Lab:
    """One store, its clock, and what has been done to recordings."""

    def __init__(self, store: Store, desks: Desks, folder: Path) -> None:
        self.store = store
        self.desk, self.campaigns = desks.retention, desks.campaigns
        self.complaints, self.book = desks.complaints, desks.book
        self.now = NOON
        self.removed: list[str] = []
        self.key = AuditKey.create(folder / "audit-of-test.pem")

    def destroyer(self, desk: RetentionDesk | None = None) -> Destroyer:
        whose = Ownership("Example Bank", "node-1", self.key)
        return Destroyer(desk or self.desk, whose, TERMS, self._remove, lambda: self.now)

    async def at(self, when: datetime) -> None:
        """Time goes by, in steps that the clock may make."""
        while self.now < when:
            self.now = min(when, self.now + DAY)
            await self.desk.saw(self.now)

    async def campaign(self, name: str = "cards", called: int = 2, waiting: int = 1) -> int:
        """A campaign that has called some of its contacts; the first of them refused."""
        rows = [row(line + 1, number(line)) for line in range(1, called + waiting + 1)]
        campaign = await begin(self.store, rows, name)
        for each in range(called):
            contact = await claim_one(self.store, campaign, self.now)
            reason = Reason.OPTED_OUT if each == 0 else Reason.COMPLETED
            await call_through(self.store, contact, f"{name}-{each + 1}", reason, self.now)
        return campaign

    async def end(self, name: str = "cards") -> None:
        await self.campaigns.end(name, ANN, self.now)

    async def filled(self) -> int:
        """Contacts of which anything is left."""
        filled = 0
        for campaign in await self.campaigns.campaigns():
            rows = await self.campaigns.contacts(campaign.name)
            filled += sum(row.number is not None for row in rows)
        return filled

    def _remove(self, calls: Sequence[str]) -> int:
        self.removed += calls
        return len(calls)
