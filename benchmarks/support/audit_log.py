"""An audit log as a node and a clerk beside it write it, and how it is checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from dialer.audit import AuditKey, SignedCheckpoint
from dialer.core.office.audit_kinds import complaints
from dialer.ports.audit import AuditReport
from dialer.store import SqlStore
from dialer.store.audit import SqlAudit
from tests.support.orders import NOON, order, row
from tests.support.store import allow, begin, call_end

NODE: Final = "node-1"
RECORDS_OF_A_CALL: Final = 4
"""Attempt, notice, end of the attempt, end of the call."""
AT_ONCE: Final = 200
"""Calls that begin or end together, and share a commit."""
_DESK_SHARE: Final = 10
_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Written:
    """A log on the disk, what outsiders hold of it, and what it took to write the node's part."""

    folder: Path
    told: Sequence[SignedCheckpoint]
    records: int
    cpu_seconds: float
    seconds: float

    @property
    def key(self) -> Path:
        """The file of the key that signs it."""
        return self.folder / "audit.pem"


async def write(folder: Path, records: int, every: int) -> Written:
    """Have a node place calls until it has written so many records, with checkpoints between.

    A clerk's chain beside it has a tenth as many. Both end with some records that no checkpoint
    covers yet.
    """
    told: list[SignedCheckpoint] = []
    store = SqlStore(folder, NODE)
    await store.open()
    try:
        desk = SqlAudit(store.channel)
        key = await desk.key(folder / "audit.pem")
        calls = -(-records // RECORDS_OF_A_CALL)
        campaign = await begin(store, (row(line) for line in range(2, calls + 2)))
        began, spent = time.monotonic(), time.process_time()
        for first in range(0, calls, AT_ONCE):
            if desk.unsigned >= every:
                told += await desk.sign(key, {NODE}, NOON)
            await _calls(store, campaign, first, min(AT_ONCE, calls - first))
        spent, began = time.process_time() - spent, time.monotonic() - began
        told += await _clerk(folder, records // _DESK_SHARE, every // _DESK_SHARE, key)
    finally:
        await store.close()
    return Written(folder, tuple(told), calls * RECORDS_OF_A_CALL, spent, began)


async def _calls(store: SqlStore, campaign: int, first: int, count: int) -> None:
    contacts = await store.claim(campaign, count, NOON)
    placed = [
        order(f"{first + place}", NOON + timedelta(microseconds=first + place), contact)
        for place, contact in enumerate(contacts)
    ]
    await asyncio.gather(*(store.authorise(each, allow) for each in placed))
    await asyncio.gather(*(store.end_call(call_end(each)) for each in placed))


async def _clerk(folder: Path, records: int, every: int, key: AuditKey) -> list[SignedCheckpoint]:
    told: list[SignedCheckpoint] = []
    store = SqlStore(folder, NODE, clerk=True)
    await store.open()
    try:
        audit, desk = store.channel.audit, SqlAudit(store.channel)
        for number in range(records):

            def work(_connection: Connection, number: int = number) -> None:
                body = complaints.opened(
                    f"{number}", _HASH, "ada", f"call-{number}", (), "", suppressed=False
                )
                audit.note(complaints.COMPLAINT_OPENED, NOON, body)

            await store.channel.submit(work)
            if desk.unsigned >= every and number < records - 2:
                told += await desk.sign(key, {audit.chain}, NOON)
    finally:
        await store.close()
    return told


Check = Callable[[], Awaitable[AuditReport]]


@asynccontextmanager
async def checking(log: Written) -> AsyncIterator[Check]:
    """What `dialer audit verify --checkpoints FILE` does, on a store that stays open meanwhile."""
    store = SqlStore(log.folder, NODE, reader=True)
    await store.open()
    try:
        desk = SqlAudit(store.channel)
        key = await desk.key(log.key)
        yield lambda: desk.check({key.public}, log.told)
    finally:
        await store.close()
