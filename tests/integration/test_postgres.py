"""PostgreSQL as the store's database: what is told when it cannot be had, and who holds a name."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, make_url

from dialer.core.values.outcome import Reason
from dialer.core.values.verdict import Allow
from dialer.errors import StoreAwayError, StoreError, StoreLockedError
from dialer.store import SqlStore, migrations
from dialer.store.postgres import PostgresDatabase
from dialer.store.schema import metadata
from tests.support.broker import free_port
from tests.support.orders import NOON, number, order, row
from tests.support.postgres import PASSWORD, USER, Postgres
from tests.support.store import (
    Denying,
    Watching,
    allow,
    begin,
    call_end,
    call_through,
    claim_one,
)

LATER = NOON + timedelta(hours=2)


@asynccontextmanager
async def opened(server: Postgres, url: str, node: str = "node-1") -> AsyncIterator[SqlStore]:
    store = server.store(url, node)
    await store.open()
    yield store
    await store.close()


async def refusal(url: str, server: Postgres) -> str:
    """What opening the store says."""
    with pytest.raises(StoreError) as refused:
        await server.store(url, "node-1").open()
    assert PASSWORD not in str(refused.value)
    assert "wrong-secret" not in str(refused.value)
    return str(refused.value)


async def test_a_server_that_is_not_there(postgres: Postgres) -> None:
    said = await refusal(f"postgresql://{USER}@127.0.0.1:{free_port()}/x", postgres)
    assert "cannot be reached; see that it runs" in said


async def test_a_wrong_password_and_none(postgres: Postgres, postgres_url: str) -> None:
    over_tcp = postgres.over_tcp(postgres_url)
    wrong = over_tcp.replace("@", ":wrong-secret@")
    for url in (over_tcp, wrong):
        assert "store_password_file" in await refusal(url, postgres)
    right = over_tcp.replace("@", f":{PASSWORD}@")
    async with opened(postgres, right) as store:
        assert await store.calls() == []


async def test_a_database_that_nobody_made(postgres: Postgres, postgres_url: str) -> None:
    name = make_url(postgres_url).database
    assert "no such database" in await refusal(
        postgres_url.replace(f"/{name}", "/nowhere"), postgres
    )


async def test_a_standby_is_told(postgres: Postgres, postgres_url: str) -> None:
    name = make_url(postgres_url).database
    async with opened(postgres, postgres_url) as store:
        campaign = await begin(store, 1)
        with postgres.admin() as admin:
            made = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
            admin.execute(made.format(sql.Identifier(str(name))))
        await cut_off(postgres, "writer")
        with pytest.raises(StoreAwayError):
            await store.claim(campaign, 1, NOON)
        with pytest.raises(StoreAwayError, match="read-only: a standby"):
            await store.claim(campaign, 1, NOON)


async def test_tables_of_another_program_are_left_alone(postgres: Postgres) -> None:
    with postgres.database(empty=True) as url:
        database = PostgresDatabase(make_url(url), "node-1")
        engine = database.upgrader()
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE recipes (title text)")
        engine.dispose()
        assert "tables of another program" in await refusal(url, postgres)


def test_the_revisions_make_what_the_tables_say_here_too(postgres: Postgres) -> None:
    with postgres.database(empty=True) as url:
        engine = PostgresDatabase(make_url(url), "node-1").upgrader()
        with engine.begin() as connection:
            assert migrations.bring_up(connection, "the database")
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, metadata) == []
        engine.dispose()


async def test_a_reader_of_an_empty_database(postgres: Postgres) -> None:
    with postgres.database(empty=True) as url:
        reader = postgres.store(url, "report", reader=True)
        assert not await asyncio.to_thread(lambda: reader.exists)
        with pytest.raises(StoreError, match="nothing was dialled from it yet"):
            await reader.open()


async def test_one_process_has_a_name_and_others_have_others(
    postgres: Postgres, postgres_url: str
) -> None:
    async with opened(postgres, postgres_url), opened(postgres, postgres_url, "node-2"):
        with pytest.raises(StoreLockedError, match=rf"process {os.getpid()} on .* its own \(node:"):
            await postgres.store(postgres_url, "node-1").open()
    async with opened(postgres, postgres_url):
        pass


HOLDER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import make_url
from dialer.store import SqlStore
from dialer.store.keyring import StoreKeys
from dialer.store.postgres import PostgresDatabase

async def main():
    database = PostgresDatabase(make_url(sys.argv[1]), "node-1")
    store = SqlStore(database, "node-1", keys=StoreKeys.beside(Path(sys.argv[2])))
    await store.open()
    print("open", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_name_of_a_killed_process_is_free_at_once(
    postgres: Postgres, postgres_url: str
) -> None:
    with subprocess.Popen(  # noqa: ASYNC220 -- it is there at once
        [sys.executable, "-c", HOLDER, postgres_url, str(postgres.own)],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == "open\n"
        with pytest.raises(StoreLockedError, match=f"process {holder.pid} on"):
            await postgres.store(postgres_url, "node-1").open()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    async with asyncio.timeout(10):
        while True:
            try:
                async with opened(postgres, postgres_url):
                    return
            except StoreLockedError:  # the server has not seen yet that its peer is gone
                await asyncio.sleep(0.05)


async def cut_off(server: Postgres, what: str) -> None:
    """End the server's sessions of this kind, as a network that breaks would; wait until it is."""
    with server.admin() as admin:
        found = "FROM pg_stat_activity WHERE application_name LIKE %s"
        admin.execute(f"SELECT pg_terminate_backend(pid) {found}", (f"%{what}",))
        async with asyncio.timeout(10):
            asked = f"SELECT count(*) {found}"
            while admin.execute(asked, (f"%{what}",)).fetchone() != (0,):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_a_lost_connection_fails_what_is_to_be_dialled_and_keeps_what_has_ended(
    postgres: Postgres, postgres_url: str
) -> None:
    async with opened(postgres, postgres_url) as store:
        campaign = await begin(store, 2)
        first, second = await store.claim(campaign, 2, NOON)
        placed = order("1", to=first)
        await store.authorise(placed, allow)
        await cut_off(postgres, "writer")
        with pytest.raises(StoreAwayError, match=r"connection to .* was lost|shutting down"):
            await store.authorise(order("2", to=second), allow)
        await cut_off(postgres, "writer")
        await store.end_call(call_end(placed))
        await store.authorise(order("2", to=second), allow)
        (cdr,) = await store.calls(limit=1)
        assert cdr.call == "call-2"
        assert [str(row.outcome) for row in await store.calls()] == ["None", "dialer.completed"]


async def test_a_commit_that_nobody_heard_of_is_found_out(
    postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, and the connection breaks before it says so."""
    async with opened(postgres, postgres_url) as store:
        campaign = await begin(store, 3)
        contacts = await store.claim(campaign, 3, NOON)
        placed = [order(str(each.id), to=each) for each in contacts]
        for each in placed[:2]:
            await store.authorise(each, allow)

        def commit_unheard(self: PostgresDatabase, connection: Connection) -> None:
            driver = connection.connection.driver_connection
            monkeypatch.undo()
            committing = driver.commit  # type: ignore[union-attr]

            def commit() -> None:
                committing()
                driver.close()  # type: ignore[union-attr]
                committing()

            with monkeypatch.context() as patch:
                patch.setattr(driver, "commit", commit)
                self.commit(connection)

        monkeypatch.setattr(PostgresDatabase, "commit", commit_unheard)
        await store.end_call(call_end(placed[0]))
        # Done once: a second time would have been refused.
        (ended,) = [row for row in await store.calls() if row.outcome is not None]
        assert ended.call == placed[0].call

        monkeypatch.setattr(PostgresDatabase, "commit", commit_unheard)
        with pytest.raises(StoreAwayError):
            await store.authorise(placed[2], allow)
        await store.end_call(call_end(placed[1]))
        rows = {row.call: str(row.outcome) for row in await store.calls()}
        assert rows[placed[2].call] == "dialer.cut_short"
        progress = await store.progress(campaign)
        assert (progress.done, progress.claimed) == (3, 0)


async def test_a_node_that_died_is_buried_by_another(postgres: Postgres, postgres_url: str) -> None:
    dead = postgres.store(postgres_url, "node-1")
    await dead.open()
    campaign = await begin(dead, 3)
    contacts = await dead.claim(campaign, 2, NOON)
    await dead.authorise(order("1", to=contacts[0]), allow)
    async with opened(postgres, postgres_url, "node-2") as other:
        await other.bury("node-1", LATER)
        assert (await other.progress(campaign)).claimed == 2  # it lives
        await expire(other, "node-1")
        # Its session is there yet: it is ended first.
        async with asyncio.timeout(10):
            while (await other.progress(campaign)).claimed:
                await other.bury("node-1", LATER)
                await asyncio.sleep(0.05)
        assert [str(call.outcome) for call in await other.calls()] == ["dialer.cut_short"]
        # What the dead one had claimed is another's now, and it cannot take it back.
        taken = await other.claim(campaign, 5, LATER)
        assert contacts[1].id in {contact.id for contact in taken}
        with pytest.raises(StoreError, match=r"took it for dead|was lost|shutting down"):
            await dead.authorise(order("2", LATER, contacts[1]), allow)
        with pytest.raises(StoreError, match="took it for dead"):
            await dead.authorise(order("2", LATER, contacts[1]), allow)
        await call_through(other, taken[0], "3", at=LATER)
    await dead.close()


async def test_a_node_that_came_back_before_its_burial_is_not_buried(
    postgres: Postgres, postgres_url: str
) -> None:
    """Its name's lock is free for a moment, as after a lost connection; its lease is not over."""
    away = postgres.store(postgres_url, "node-1")
    await away.open()
    campaign = await begin(away, 3)
    await away.claim(campaign, 2, NOON)
    async with opened(postgres, postgres_url, "node-2") as other:
        held = "SELECT pg_advisory_unlock_all()"
        await away.channel.submit(lambda connection: connection.exec_driver_sql(held) and None)
        await other.bury("node-1", LATER)
        assert (await other.progress(campaign)).claimed == 2
        await expire(other, "node-1", "9223372036854775807")
        await other.bury("node-1", LATER)
        assert (await other.progress(campaign)).claimed == 2
        await expire(other, "node-1")
        await other.bury("node-1", LATER)
        assert (await other.progress(campaign)).claimed == 0
    await away.close()


async def expire(store: SqlStore, node: str, until: str = "0") -> None:
    def work(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE nodes SET until = %s WHERE name = %s", (until, node))

    await store.channel.submit(work)


async def test_what_another_node_holds_by_now_is_neither_given_back_nor_called_nor_put_off(
    postgres: Postgres, postgres_url: str
) -> None:
    async with (
        opened(postgres, postgres_url) as one,
        opened(postgres, postgres_url, "node-2") as two,
    ):
        campaign = await begin(one, 2)
        contact, mine = await one.claim(campaign, 2, NOON)
        await one.release([contact.id])
        assert (await claim_one(two, campaign)).id == contact.id
        await one.release([contact.id])
        with pytest.raises(StoreError, match="is not claimed"):
            await one.authorise(order("1", to=contact), allow)
        await one.authorise(order("2", to=contact), Denying(None))
        standing = await two.progress(campaign)
        assert (standing.claimed, standing.done, dict(standing.waiting_later)) == (2, 0, {})
        placed = replace(order("3", to=contact), node="node-2")
        assert await two.authorise(placed, allow) == Allow()
        # And what is live there is at risk here.
        seen = Denying(None)
        await one.authorise(replace(order("4", to=mine), counts_abandoned=True), seen)
        assert [shown.answers and shown.answers.at_risk for shown in seen.shown] == [1]


async def test_two_nodes_claim_different_people_at_one_time(
    postgres: Postgres, postgres_url: str
) -> None:
    async with (
        opened(postgres, postgres_url) as one,
        opened(postgres, postgres_url, "node-2") as two,
    ):
        campaign = await begin(one, 200)
        claims = [store.claim(campaign, 7, NOON) for _ in range(8) for store in (one, two)]
        taken = [contact.id for found in await asyncio.gather(*claims) for contact in found]
        assert len(taken) == len(set(taken)) == 7 * 16
        # The same campaign opened by both at once is one campaign.
        opened_by = await asyncio.gather(*(begin(store, 5, "new") for store in (one, two)))
        assert len(set(opened_by)) == 1


async def test_what_a_callee_says_to_one_node_the_other_knows_at_its_very_next_attempt(
    postgres: Postgres, postgres_url: str
) -> None:
    async with (
        opened(postgres, postgres_url) as one,
        opened(postgres, postgres_url, "node-2") as two,
    ):
        campaign = await begin(one, [row(2, number(1)), row(3, number(1))])
        placed = order("1", to=await claim_one(one, campaign))
        await one.authorise(placed, allow)
        waiting = replace(order("2", to=await claim_one(two, campaign)), node="node-2")
        watching = Watching()
        # The connection is there: what follows is one commit after another.
        await two.claim(campaign, 1, NOON)
        await one.opt_out(placed.call, NOON)
        await two.authorise(waiting, watching)
        assert [shown.refused_at for shown in watching.shown] == [NOON]
        # Both hear it at one time: the later counts, whoever is first.
        later = NOON + timedelta(seconds=1)
        await asyncio.gather(
            two.opt_out(waiting.call, later),
            one.end_call(call_end(placed, Reason.OPTED_OUT)),
        )
        assert (await one.history(waiting)).refused_at == later


async def test_a_callee_of_two_campaigns_is_asked_about_by_one_node_at_a_time(
    postgres: Postgres, postgres_url: str
) -> None:
    async with (
        opened(postgres, postgres_url) as one,
        opened(postgres, postgres_url, "node-2") as two,
    ):
        shown: list[int] = []

        def gate(_order: object, history: object) -> object:
            shown.append(len(history.attempts))  # type: ignore[attr-defined]
            return allow(_order, history)  # type: ignore[arg-type]

        campaigns = [await begin(one, 30, "one"), await begin(two, 30, "two")]
        first = await one.claim(campaigns[0], 30, NOON)
        second = await two.claim(campaigns[1], 30, NOON)
        asked = [
            store.authorise(order(f"{name}-{contact.id}", NOON, contact), gate)  # type: ignore[arg-type]
            for name, store, contacts in (("a", one, first), ("b", two, second[::-1]))
            for contact in contacts
        ]
        await asyncio.gather(*asked)
        # Of the two who ask about a number, one sees the other's attempt, and one sees none.
        assert sorted(shown) == [0] * 30 + [1] * 30
