"""Nodes on one PostgreSQL divide a trunk: never more than it has, and nothing idle for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from dialer.errors import StoreAwayError
from dialer.store import SqlStore
from dialer.store.capacity import SharedCapacity
from dialer.store.postgres import PostgresDatabase
from tests.support.postgres import Postgres

LIMITS = TrunkLimits(channels=10, cps=4)


@asynccontextmanager
async def sharing(server: Postgres, url: str, name: str) -> AsyncIterator[TrunkLoad]:
    """A node's load of the trunk, for as long as the node lives."""
    store: SqlStore = server.store(url, name)
    database = store._database
    assert isinstance(database, PostgresDatabase)
    await store.open()
    load = TrunkLoad(LIMITS)

    async def bury(dead: str) -> None:
        await store.bury(dead, datetime.now(UTC))

    capacity = SharedCapacity(database, {"carrier-a": load}, bury, lambda: None)
    await capacity.start()
    try:
        yield load
    finally:
        await capacity.stop()
        await store.close()


async def until(holds: Callable[[], bool], always: Callable[[], bool] = lambda: True) -> None:
    """Wait until `holds`, while `always` does."""
    async with asyncio.timeout(40):
        while not holds():
            assert always()
            await asyncio.sleep(0.02)


async def test_shares_follow_the_nodes_that_live(postgres: Postgres, postgres_url: str) -> None:
    async with sharing(postgres, postgres_url, "node-1") as first:
        assert (first.free, first.rate) == (10, 4)  # alone, at once
        async with sharing(postgres, postgres_url, "node-2") as second:
            assert second.free == 0

            def never_more() -> bool:
                return first.free + second.free <= 10 and first.rate + second.rate <= 4

            await until(lambda: (first.free, second.free) == (5, 5), never_more)
            await until(lambda: (first.rate, second.rate) == (2, 2), never_more)
        await until(lambda: (first.free, first.rate) == (10, 4))


async def test_channels_in_use_are_not_given_away(postgres: Postgres, postgres_url: str) -> None:
    async with sharing(postgres, postgres_url, "node-1") as first:
        for _ in range(8):
            assert first.admit()  # calls that came in
        async with sharing(postgres, postgres_url, "node-2") as second:
            await until(lambda: second.free == 2, lambda: first.in_use + second.free <= 10)
            assert first.free == 0
            for _ in range(8):
                first.dismiss()
            await until(lambda: (first.free, second.free) == (5, 5))


def lease_left(url: str, node: str) -> float:
    """Seconds for which the others still count on the node, by the database's clock."""
    left = "until / 1000000.0 - extract(epoch FROM clock_timestamp())"
    with psycopg.connect(url) as asking:
        found = asking.execute(f"SELECT {left} FROM nodes WHERE name = %s", (node,)).fetchone()
    assert found is not None
    return float(str(found[0]))


async def test_who_cannot_renew_launches_nothing_before_the_lease_ends(
    postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreAwayError("as told")

    async with sharing(postgres, postgres_url, "node-1") as load:
        with monkeypatch.context() as patch:
            patch.setattr(SharedCapacity, "_agree", away)
            await until(lambda: (load.free, load.rate) == (0, 0))
            left = lease_left(postgres_url, "node-1")
            # 1.5 s are kept; a machine that is busy may use some of them up, but never all.
            assert 0.5 < left < 3.0
            assert not load.can_seize(1e9)
        await until(lambda: (load.free, load.rate) == (10, 4))
