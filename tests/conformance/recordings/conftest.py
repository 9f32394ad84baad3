"""Every test here runs over the shipped fake, and the real desk of the store on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.recordings import RecordingDesk
from dialer.store import SqlRecordings, SqlStore
from dialer.testing import MemoryRecordings
from tests.support.orders import order
from tests.support.store import allow, begin, claim_one

NODE = "node-1"
CAMPAIGN = "card-renewal"


@dataclass(frozen=True)
class Taping:
    """A desk, and calls of CAMPAIGN that are under way."""

    desk: RecordingDesk
    calls: tuple[str, str]


@asynccontextmanager
async def _on(store: SqlStore) -> AsyncIterator[Taping]:
    await store.open()
    campaign = await begin(store, 2, CAMPAIGN)
    calls = []
    for number in (1, 2):
        asked = order(str(number), to=await claim_one(store, campaign))
        await store.authorise(asked, allow)
        calls.append(asked.call)
    try:
        yield Taping(SqlRecordings(store.channel), (calls[0], calls[1]))
    finally:
        await store.close()


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def taping(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Taping]:
    if request.param == "memory":
        desk = MemoryRecordings(dict.fromkeys(("call-1", "call-2"), CAMPAIGN))
        yield Taping(desk, ("call-1", "call-2"))
        return
    if request.param == "sqlite":
        made = SqlStore(tmp_path, NODE)
    else:
        url = request.getfixturevalue("postgres_url")
        made = request.getfixturevalue("postgres").store(url, NODE)
    async with _on(made) as taping:
        yield taping
