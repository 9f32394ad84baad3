"""One of several nodes on one PostgreSQL: dials all that is due, and says what it does.

Run by test_two_nodes.py: `python node_worker.py URL KEYS_FOLDER NODE`. A call lasts some
milliseconds and has no SIP: it is seized, authorised, departs, and is over.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import make_url

from dialer.core.gate.compliance import Gate
from dialer.core.gate.rules import PerNumber, per_number_frequency
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    CallEnd,
    CampaignRecord,
    Contact,
    ContactRow,
)
from dialer.core.values.verdict import Allow
from dialer.store import SqlStore
from dialer.store.capacity import SharedCapacity
from dialer.store.keyring import StoreKeys
from dialer.store.postgres import PostgresDatabase

CALLER_ID = E164("+442079460000")
CAMPAIGNS = ("one", "two")
CONTACTS = 2_500
"""Of each campaign. Both call the same people."""
LIMITS = TrunkLimits(channels=30, cps=300)
AT_ONCE = 24


def say(*words: object) -> None:
    """On a pipe, at once: what has been said before a kill has happened before it."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def rows(now: datetime) -> list[ContactRow]:
    return [
        ContactRow(line, E164(f"+4477009{line:05}"), "test", "form", now, "ref")
        for line in range(2, CONTACTS + 2)
    ]


class Node:
    """Dials two campaigns until nobody waits in either."""

    def __init__(self, store: SqlStore, name: str, load: TrunkLoad) -> None:
        self._store = store
        self._name = name
        self._load = load
        self._gate = Gate([per_number_frequency(PerNumber(hour=1, day=3))])
        self._names = itertools.count()
        self._lots = random.Random(os.getpid())
        self._look = asyncio.Event()
        self._all_done = False

    async def dial(self, campaigns: Sequence[int]) -> None:
        """One of many at once."""
        while not self._all_done:
            campaign = self._lots.choice(campaigns)
            contacts = await self._store.claim(campaign, 8, datetime.now(UTC))
            for contact in contacts:
                await self._call(contact)
            if not contacts and not self._all_done:
                self._look.clear()
                await self._look.wait()

    async def watch(self, campaigns: Sequence[int]) -> None:
        """For all of them: what another node has claimed may come to be waiting again."""
        while not self._all_done:
            await asyncio.sleep(0.5)
            found = [await self._store.progress(campaign) for campaign in campaigns]
            self._all_done = all(each.waiting == each.claimed == 0 for each in found)
            if self._all_done or any(each.waiting for each in found):
                self._look.set()

    async def _call(self, contact: Contact) -> None:
        while not self._load.can_seize(monotonic()):  # noqa: ASYNC110 -- others' calls free it too
            await asyncio.sleep(0.03)
        self._load.seize(monotonic())
        name = f"{self._name}-{os.getpid()}-{next(self._names)}"
        order = AttemptOrder(
            f"a-{name}",
            f"c-{name}",
            contact,
            self._name,
            "carrier-a",
            CALLER_ID,
            "why",
            datetime.now(UTC),
        )
        verdict = await self._store.authorise(order, self._gate.decide)
        if not isinstance(verdict, Allow):
            self._load.withdraw()
            return
        now = monotonic()
        while (at := self._load.next_departure(now)) is None or at > now:
            await asyncio.sleep(0.005)
            now = monotonic()
        self._load.depart(monotonic())
        begun = monotonic()
        say("begun", order.attempt, contact.row.number.clear, begun)
        self._load.sent(begun)
        await asyncio.sleep(self._lots.uniform(0.02, 0.1))
        end = AttemptEnd(
            order.attempt, order.call, Outcome.of(Reason.COMPLETED, 200), datetime.now(UTC)
        )
        say("over", order.attempt, monotonic())
        self._load.release()
        await self._store.end_call(CallEnd(end, contact.id))
        say("ended", order.attempt)


async def main(url: str, keys: Path, name: str) -> None:
    database = PostgresDatabase(make_url(url), name)
    store = SqlStore(database, name, keys=StoreKeys.beside(keys))
    await store.open()
    now = datetime.now(UTC)
    await store.recover(name, now)
    opened = [
        await store.open_campaign(
            CampaignRecord(campaign, "test", CALLER_ID, "c0", "5c"), rows(now)
        )
        for campaign in CAMPAIGNS
    ]
    load = TrunkLoad(LIMITS)

    async def bury(dead: str) -> None:
        await store.bury(dead, datetime.now(UTC))

    capacity = SharedCapacity(database, {"carrier-a": load}, bury, lambda: None)
    await capacity.start()
    say("open")
    node = Node(store, name, load)
    campaigns = [campaign.id for campaign in opened]
    await asyncio.gather(node.watch(campaigns), *(node.dial(campaigns) for _ in range(AT_ONCE)))
    await capacity.stop()
    await store.close()
    say("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
