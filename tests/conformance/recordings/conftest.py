"""Every test here runs over the shipped fake, and the real desk of the store on either database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from dialer.core.office.audit_kinds.recordings import KINDS, RECORDING_EXPORTED
from dialer.recordings import RecordingDesk
from dialer.store import SqlRecordings, SqlStore
from dialer.testing import MemoryRecordings
from tests.support.orders import order
from tests.support.store import allow, begin, claim_one, on_record

NODE = "node-1"
CAMPAIGN = "card-renewal"


@dataclass(frozen=True)
class Taping:
    """A desk, and calls of CAMPAIGN that are under way."""

    desk: RecordingDesk
    calls: tuple[str, str]
    store: SqlStore | None

    async def noted(self) -> list[tuple[str, str]]:
        """The kinds of what is on record, each with its call."""
        if self.store is None:
            assert isinstance(self.desk, MemoryRecordings)
            return self.desk.noted
        return [(kind, told["call"]) for kind, told in await on_record(self.store, *KINDS)]

    async def exports(self) -> list[dict[str, Any]]:
        """What is on record of each that was taken out."""
        if self.store is None:
            assert isinstance(self.desk, MemoryRecordings)
            return self.desk.exports
        return [told for _, told in await on_record(self.store, RECORDING_EXPORTED)]


@pytest_asyncio.fixture
async def taping(sql_store: SqlStore | None) -> Taping:
    if sql_store is None:
        desk = MemoryRecordings(dict.fromkeys(("call-1", "call-2"), CAMPAIGN))
        return Taping(desk, ("call-1", "call-2"), None)
    campaign = await begin(sql_store, 2, CAMPAIGN)
    calls = []
    for number in (1, 2):
        asked = order(str(number), to=await claim_one(sql_store, campaign))
        await sql_store.authorise(asked, allow)
        calls.append(asked.call)
    return Taping(SqlRecordings(sql_store.channel), (calls[0], calls[1]), sql_store)
