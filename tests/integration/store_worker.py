"""Dials into a store as fast as it can, and says each attempt once it is committed.

Run by test_store_killed.py: `python store_worker.py DATA_DIR SEED CALLS`, where CALLS is how many
calls are under way at once.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, CampaignRecord, ContactRow
from dialer.core.values.verdict import Allow
from dialer.store import SqlStore

CALLER_ID = E164("+442079460000")


def say(*words: str) -> None:
    """On a pipe, at once: what has been said before a kill has happened before it."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


async def main(data_dir: Path, seed: str, at_once: int) -> None:
    store = SqlStore(data_dir, "node-1")
    await store.open()
    now = datetime.now(UTC)
    await store.recover("node-1", now)
    rows = (
        ContactRow(line, E164(f"+4477009{line:05}"), "test", "form", now, "ref")
        for line in range(2, 20_000)
    )
    campaign = await store.open_campaign(
        CampaignRecord("killed", "test", CALLER_ID, "c0", "5c"), rows
    )
    say("open")
    names = itertools.count()

    async def dial() -> None:
        while contacts := await store.claim(campaign.id, 3, datetime.now(UTC)):
            for contact in contacts:
                name = f"{seed}-{next(names)}"
                at = datetime.now(UTC)
                placed = AttemptOrder(
                    f"a{name}", f"c{name}", contact, "node-1", "carrier-a", CALLER_ID, "why", at
                )
                await store.authorise(placed, lambda _order, _history: Allow())
                say("begun", placed.attempt)
                refuses = contact.row.row % 3 == 0
                if refuses:
                    await store.opt_out(placed.call, datetime.now(UTC))
                    say("refused", placed.attempt)
                outcome = Outcome.of(Reason.OPTED_OUT if refuses else Reason.COMPLETED, 200)
                end = AttemptEnd(placed.attempt, placed.call, outcome, datetime.now(UTC))
                await store.end_call(CallEnd(end, contact.id))
                say("ended", placed.attempt)

    await asyncio.gather(*(dial() for _ in range(at_once)))


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
