"""The disk is full, or the server gone, in mid-campaign: calls stop, and go on by themselves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dialer.campaigns.run import CampaignRun
from dialer.clock import SystemClock
from dialer.store import SqlStore
from dialer.testing import Callee, Reject
from tests.support.campaigns import Desk
from tests.support.nodes import Node, trunk
from tests.support.postgres import Postgres

CONTACTS = 150


class Outage:
    """A database that is taken away from a running campaign, and given back."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store

    async def begin(self) -> None: ...

    async def end(self) -> None: ...


class FullDisk(Outage):
    async def begin(self) -> None:
        def no_more_pages(connection: Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        # In a transaction of its own: a neighbour that finds no room would fail it as well.
        await self.store._writer.submit(no_more_pages, alone=True)

    async def end(self) -> None:
        def room_again(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

        # The same for what is kept.
        await self.store._writer.submit(room_again, alone=True)


class ServerGone(Outage):
    def __init__(self, store: SqlStore, server: Postgres) -> None:
        super().__init__(store)
        self._server = server

    async def begin(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def end(self) -> None:
        await asyncio.to_thread(self._server.start)


@asynccontextmanager
async def outage(kind: str, folder: Path) -> AsyncIterator[Outage]:
    if kind == "disk full":
        yield FullDisk(SqlStore(folder, "node-1"))
        return
    server = await asyncio.to_thread(Postgres)
    await asyncio.to_thread(server.start)
    try:
        with server.database() as url:
            yield ServerGone(server.store(url, "node-1"), server)
    finally:
        await asyncio.to_thread(server.__exit__)


@pytest.mark.parametrize(
    "kind,told", [("disk full", "no room for the database"), ("server gone", "PostgreSQL server")]
)
async def test_calls_stop_with_one_line_and_go_on_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, told: str
) -> None:
    async with outage(kind, tmp_path) as away:
        node = Node(
            callee_of=lambda _dial: Callee(final=Reject(486, after=0.05)),
            store=away.store,  # type: ignore[arg-type]
            trunks=[trunk(cps=60)],
            clock=SystemClock(),  # type: ignore[arg-type]
        )
        desk = Desk(node, contacts=CONTACTS)
        seen: list[int] = []

        async def take_away(_run: CampaignRun) -> None:
            await dialled(node, CONTACTS // 3)
            await away.begin()
            await held(node, "store_away")
            seen.append(len(node.scripted.dialled))
            await asyncio.sleep(1.5)
            seen.append(len(node.scripted.dialled))
            await away.end()

        with caplog.at_level(logging.INFO):
            async with asyncio.timeout(60):
                summary = await desk.dial(take_away)
        lines = [record.message for record in caplog.records if "launched" in record.message]
        stopped, again = lines[::2], lines[1::2]
        assert all(line.startswith("no calls are launched (store_away): ") for line in stopped)
        assert all(told in line for line in stopped)
        assert set(again) == {"calls are launched again (store_away)"}
        if kind == "server gone":
            # Once; and not one INVITE left while nothing could be committed. On a disk that is
            # all but full a small record finds its place now and then, and its call is placed.
            assert (len(stopped), len(again)) == (1, 1)
            assert seen[0] == seen[1]
        assert seen[1] < CONTACTS
        # Nobody is lost and nobody is called twice.
        assert sorted(desk.dialled) == sorted(set(desk.dialled))
        assert summary.progress.done == CONTACTS
        calls = await away.store.calls()
        assert len({call.number for call in calls}) == len(calls) == CONTACTS
        outcomes = {str(call.outcome) for call in calls}
        # A commit that the server's end fell into may be without its INVITE, and is closed.
        assert outcomes <= {"callee.busy", "dialer.cut_short"}
        busy = sum(str(call.outcome) == "callee.busy" for call in calls)
        assert busy == len(desk.dialled)
        await away.store.close()


async def dialled(node: Node, count: int) -> None:
    while len(node.scripted.dialled) < count:  # noqa: ASYNC110 -- the scripted line tells nobody
        await asyncio.sleep(0.01)


async def held(node: Node, rule: str) -> None:
    while node.service.pause.why != rule:  # noqa: ASYNC110 -- the same
        await asyncio.sleep(0.01)
