"""A store with a campaign that is over, and a destroyer whose process can be killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dialer.audit import AuditKey
from dialer.core.access import Actor, Role
from dialer.core.outcome import Reason
from dialer.core.retention import RetentionTerms
from dialer.desks import RetentionDesk
from dialer.destroyer import Destroyer, Ownership
from dialer.store import SqlCampaigns, SqlStore
from dialer.store.retention import SqlRetention
from tests.support.orders import NOON, number, row
from tests.support.store import begin, call_through, claim_one

TERMS = RetentionTerms()
ANN = Actor("ann", frozenset({Role.COMPLIANCE}))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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


class Lab:
    """One store, its clock, and what has been done to recordings."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self.store = store
        self.desk = SqlRetention(store.channel)
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
        await SqlCampaigns(self.store.channel).end(name, ANN, self.now)

    def _remove(self, calls: Sequence[str]) -> int:
        self.removed += calls
        return len(calls)
