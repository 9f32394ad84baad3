"""Records of the audit log, within the transactions of what they tell of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, insert, select

from dialer.audit import AuditKey
from dialer.core.office.audit_chain import GENESIS, AuditRecord, Chained, verify
from dialer.core.office.audit_kinds import KINDS
from dialer.core.office.audit_kinds.calls import REFUSAL, refusal
from dialer.core.values.outcome import Reason
from dialer.store import SqlStore
from dialer.store.audit import SqlAudit
from dialer.store.schema import audit_log, do_not_call
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_end, claim_one

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest_asyncio.fixture
async def store(new_store: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(new_store, "node-1")
    await made.open()
    yield made
    await made.close()


async def records(store: SqlStore, chain: str = "node-1") -> list[Chained]:
    def read(connection: Connection) -> list[Chained]:
        asked = select(audit_log).where(audit_log.c.chain == chain).order_by(audit_log.c.sequence)
        return [
            Chained(
                AuditRecord(row.chain, row.sequence, row.at, row.kind, json.loads(row.body)),
                row.hash,
            )
            for row in connection.execute(asked)
        ]

    return await store.channel.read(read)


def noting(store: SqlStore, call: str) -> None:
    store.channel.audit.note(REFUSAL, NOW, refusal(call, bytes(32)))


async def test_what_was_noted_is_chained_with_the_work(store: SqlStore) -> None:
    await asyncio.gather(
        *(store.channel.submit(lambda _, call=call: noting(store, f"c{call}")) for call in range(9))
    )
    found = await records(store)
    assert [each.record.body["call"] for each in found] == [f"c{call}" for call in range(9)]
    assert verify("node-1", found) == []


async def test_a_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    for call in ("a", "b", "c"):
        store = SqlStore(tmp_path, "node-1")
        await store.open()
        await store.channel.submit(lambda _, call=call, store=store: noting(store, call))
        found = await records(store)
        await store.close()
    assert [each.record.sequence for each in found] == [1, 2, 3]
    assert verify("node-1", found) == []


async def test_work_that_is_undone_leaves_no_record(store: SqlStore) -> None:
    def fails(_: Connection) -> None:
        noting(store, "never")
        raise ZeroDivisionError

    jobs = [
        store.channel.submit(lambda _: noting(store, "before")),
        store.channel.submit(fails),
        store.channel.submit(lambda _: noting(store, "after")),
    ]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(results[1], ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        await store.channel.submit(fails, alone=True)
    found = await records(store)
    assert [each.record.body["call"] for each in found] == ["before", "after"]
    assert verify("node-1", found) == []


async def test_without_its_record_the_work_is_not_committed(store: SqlStore) -> None:
    """The chain is taken by somebody else's record: the whole group must fail."""

    def work(connection: Connection) -> None:
        noting(store, "mine")
        connection.execute(insert(do_not_call).values(number=b"n", why="asked", since=1, by="me"))
        connection.exec_driver_sql("DROP TABLE audit_log")

    with pytest.raises(Exception, match="audit_log"):
        await store.channel.submit(work)
    assert await store.channel.read(lambda c: c.execute(select(do_not_call)).all()) == []
    await store.channel.submit(lambda _: noting(store, "the next"))
    assert [each.record.body["call"] for each in await records(store)] == ["the next"]


async def test_after_commit_is_after_the_commit_and_never_after_a_rollback(
    store: SqlStore,
) -> None:
    told: list[str] = []

    def good(_: Connection) -> None:
        store.channel.after_commit(lambda: told.append("good"))
        assert told == []

    def bad(_: Connection) -> None:
        store.channel.after_commit(lambda: told.append("bad"))
        raise ZeroDivisionError

    await asyncio.gather(
        store.channel.submit(good), store.channel.submit(bad), return_exceptions=True
    )
    with pytest.raises(ZeroDivisionError):
        await store.channel.submit(bad, alone=True)
    assert told == ["good"]


async def test_a_kind_that_is_nowhere_said_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="no kind"):
        await store.channel.submit(lambda _: store.channel.audit.note("odd", NOW, {}))
    with pytest.raises(ValueError, match="JSON"):
        await store.channel.submit(
            lambda _: store.channel.audit.note(REFUSAL, NOW, {"call": float("nan")})
        )
    assert await records(store) == []


async def test_a_clerk_writes_beside_the_node_in_a_chain_of_its_own(tmp_path: Path) -> None:
    node, clerk = SqlStore(tmp_path, "node-1"), SqlStore(tmp_path, "node-1", clerk=True)
    await node.open()
    await clerk.open()
    jobs = [
        each.channel.submit(lambda _, each=each, call=call: noting(each, f"{call}"), alone=True)
        for call in range(20)
        for each in (node, clerk)
    ]
    await asyncio.gather(*jobs)
    for chain in ("node-1", "node-1/desk"):
        found = await records(node, chain)
        assert [each.record.sequence for each in found] == list(range(1, 21))
        assert verify(chain, found) == []
    await clerk.close()
    await node.close()


async def test_a_clerk_may_be_the_first(tmp_path: Path) -> None:
    clerk = SqlStore(tmp_path, "node-1", clerk=True)
    await clerk.open()
    await clerk.channel.submit(lambda _: noting(clerk, "first"))
    node = SqlStore(tmp_path, "node-1")
    await node.open()
    assert len(await records(node, "node-1/desk")) == 1
    await node.close()
    await clerk.close()


def test_every_kind_is_said() -> None:
    assert all(meaning for meaning in KINDS.values())


@pytest.mark.parametrize("told_before", [True, False])
async def test_the_record_of_a_call_keeps_the_instant_of_its_first_refusal(
    store: SqlStore, *, told_before: bool
) -> None:
    contact = await claim_one(store, await begin(store, 1))
    placed = order(to=contact)
    await store.authorise(placed, allow)
    refused_at = NOON + timedelta(seconds=5)
    if told_before:
        await store.opt_out(placed.call, refused_at)
    end = call_end(placed, Reason.OPTED_OUT)
    await store.end_call(end)
    evidence = await SqlAudit(store.channel).evidence(placed.call)
    told = json.loads(evidence.files["cdr.json"])["refused_at"]
    assert datetime.fromisoformat(told) == (refused_at if told_before else end.last.ended_at)


async def test_a_checkpoint_is_made_of_what_grew_and_evidence_ends_at_one(
    store: SqlStore, tmp_path: Path
) -> None:
    audit, key = SqlAudit(store.channel), AuditKey.create(tmp_path / "audit.pem")
    assert list(await audit.sign(key, ["node-1"], NOW)) == [], "there is nothing yet"
    sequences = []
    for calls in (("a", "b"), (), ("a", "c"), ("d",)):
        for call in calls:
            await store.channel.submit(lambda _, call=call: noting(store, call))
        assert audit.unsigned == len(calls)
        signed = await audit.sign(key, ["node-1", "of nobody"], NOW)
        sequences.append([each.checkpoint.sequence for each in signed])
        assert audit.unsigned == 0
    assert sequences == [[2], [], [4], [5]]
    await store.channel.submit(lambda _: noting(store, "e"))
    for call, stretch, ours in (
        ("a", [1, 2, 3, 4], {1, 3}),
        ("b", [2], {2}),
        ("c", [4], {4}),
        ("d", [5], {5}),
        ("e", [6], {6}),  # not signed yet: up to the end of the chain
    ):
        found = await audit.evidence(call)
        assert [each.record.sequence for each in found.stretch] == stretch
        assert found.ours == ours
    log = await records(store)
    assert (await audit.evidence("a")).before == GENESIS
    assert (await audit.evidence("c")).before == log[2].hash
