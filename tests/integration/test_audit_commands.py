"""The audit log of a store that was dialled from: signed, checked, tampered with, taken along."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from dialer.app.store import reading, storage
from dialer.audit import SignedCheckpoint, read_bundle
from dialer.calls.pause import DialingPause
from dialer.clock import SystemClock, WatchedClock
from dialer.config import Config, load_config
from dialer.config.digests import settings_of
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.office.audit_chain import AuditRecord
from dialer.core.office.audit_kinds.nodes import HELD, RELEASED, START, STOP
from dialer.core.office.evidence import digest
from dialer.core.values.outcome import Reason
from dialer.core.values.verdict import Deny
from dialer.errors import StoreError
from dialer.metrics.node import Metrics
from dialer.store.audit import SqlAudit
from dialer.store.sqlite import FILE
from dialer.testing import FakeClock
from dialer.upkeep.checkpoints import Audited
from tests.support.commands import run
from tests.support.inputs import NOW, write
from tests.support.people import given
from tests.support.store import begin, call_through, claim_one


class Kept:
    """What was told outside."""

    def __init__(self) -> None:
        self.told: list[SignedCheckpoint] = []

    def __call__(self, _at: datetime, signed: SignedCheckpoint) -> None:
        self.told.append(signed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path).config


@pytest.fixture
def config(file: Path) -> Config:
    return load_config(file, now=NOW)


async def dialled(config: Config, calls: int = 3) -> list[SignedCheckpoint]:
    """A node that started, placed calls and stopped; its checkpoints."""
    store = storage(config).store
    kept = Kept()
    await store.open()
    node = Audited(store, config.node, WatchedClock(SystemClock()).read, kept)
    signing_key = config.vault.signing_key(config.data_dir)
    await node.begin(signing_key, settings_of(config), config.effective_figures())
    campaign = await begin(store, calls)
    for call in range(calls):
        await call_through(store, await claim_one(store, campaign), f"{call}", Reason.COMPLETED)
    await node.end()
    await store.close()
    return kept.told


async def checked(config: Config, given: list[SignedCheckpoint] | None = None) -> list[str]:
    async with reading(config) as store:
        audit = SqlAudit(store.channel)
        key = await audit.key(config.vault.signing_key(config.data_dir))
        report = await audit.check({key.public}, given or [])
    return [f"{each.node} {each.sequence} {each.what}" for each in report.findings]


def tamper(config: Config, statement: str) -> None:
    with closing(sqlite3.connect(config.data_dir / FILE)) as database, database:
        assert database.execute(statement).rowcount > 0


async def test_a_run_is_told_whole_and_holds(config: Config) -> None:
    told = await dialled(config)
    async with reading(config) as store:
        records = await SqlAudit(store.channel).records()
    kinds = [record.kind for record in reversed(records)]
    assert kinds.count("attempt") == kinds.count("call_end") == 3
    assert {"node_start", "import", "attempt_end", "node_stop"} < set(kinds)
    assert await checked(config, told) == []
    assert told[-1].checkpoint.sequence == len(records)


async def test_what_holds_a_node_is_told_once_when_it_begins_and_once_at_its_end(
    config: Config,
) -> None:
    clock = FakeClock()
    async with audited(config, clock) as (node, pause):
        pause.when_changed(node.held)
        right = clock.utc()
        clock.set_utc(right + timedelta(days=1))
        for _look in range(3):
            assert pause.clock_doubt()
        clock.set_utc(right)
        for _look in range(3):
            assert not pause.clock_doubt()
    told = [each for each in await written(config) if each.kind in {HELD, RELEASED}]
    held, released = told
    assert [held.kind, released.kind] == [HELD, RELEASED]
    assert (held.body["node"], held.body["rule"]) == (config.node, CLOCK_SANE)
    assert "clock" in str(held.body["why"])
    assert released.body["rule"] == CLOCK_SANE
    assert await checked(config) == []


@asynccontextmanager
async def audited(config: Config, clock: FakeClock) -> AsyncIterator[tuple[Audited, DialingPause]]:
    """A node's audit log from its start to its end, and what pauses the node."""
    store = storage(config).store
    await store.open()
    watched = WatchedClock(clock)
    node = Audited(store, config.node, watched.read, Kept())
    signing_key = config.vault.signing_key(config.data_dir)
    await node.begin(signing_key, settings_of(config), config.effective_figures())
    metrics = Metrics(CollectorRegistry(), version="0", trunks={}, rules=[])
    yield node, DialingPause(watched, metrics)
    await node.end()
    await store.close()


async def written(config: Config) -> list[AuditRecord]:
    """All records of the node, in the order of their writing."""
    async with reading(config) as store:
        records = await SqlAudit(store.channel).records(chain=config.node)
    return sorted(records, key=lambda each: each.sequence)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)])
async def test_records_keep_their_order_when_the_clock_is_set_and_tell_what_it_showed(
    config: Config, jump: timedelta
) -> None:
    clock = FakeClock()
    began = clock.utc()
    async with audited(config, clock) as (node, pause):
        pause.when_changed(node.held)
        clock.advance(10)
        clock.set_utc(began + timedelta(seconds=10) + jump)
        assert pause.clock_doubt()
        clock.advance(10)
    start, held, stop = (each for each in await written(config) if each.kind in {START, HELD, STOP})
    seconds = [(each.at - start.at) / 1_000_000 for each in (start, held, stop)]
    assert seconds == [0, 10, 20]
    assert "clock_shows" not in start.body
    assert datetime.fromisoformat(held.body["clock_shows"]) == began + timedelta(seconds=10) + jump
    assert datetime.fromisoformat(stop.body["clock_shows"]) == began + timedelta(seconds=20) + jump


async def test_a_node_whose_clock_is_behind_the_log_is_not_on_record_before_it(
    config: Config,
) -> None:
    right = FakeClock()
    async with audited(config, right):
        pass
    behind = FakeClock(right.utc() - timedelta(hours=1))
    async with audited(config, behind) as (node, pause):
        pause.when_changed(node.held)
        pause.begin(Deny(CLOCK_SANE, "the clock is 1 h behind the newest attempt on record"))
        pause.begin(Deny("store_away", "no longer there"))
        behind.advance(3600)
        pause.all_over()
    records = [each for each in await written(config) if each.kind in {START, HELD, RELEASED}]
    sane = [each for each in records if each.body.get("rule") != "store_away"]
    assert [each.at for each in sane] == sorted(each.at for each in sane)
    began, held = sane[1:3]
    assert [began.at, held.at] == [sane[0].at] * 2
    shown = (right.utc() - timedelta(hours=1)).isoformat()
    assert [began.body["clock_shows"], held.body["clock_shows"]] == [shown, shown]
    assert all("clock_shows" not in each.body for each in records if each.kind == RELEASED)
    (away, _over) = (each for each in records if each.body.get("rule") == "store_away")
    assert away.at == sane[0].at - 3600 * 1_000_000, "written late, it tells when it was"


async def test_what_is_new_in_the_configuration_is_told_at_the_next_start(
    config: Config,
) -> None:
    await dialled(config, 0)
    other = config.model_copy(update={"routing": config.routing.model_copy(update={"ring": 30.0})})
    await dialled(other, 0)
    async with reading(config) as store:
        (second, first) = await SqlAudit(store.channel).records(kind="node_start")
    assert set(second.body["changed"]) == {"routing.ring"}
    assert set(first.body["changed"]) > {"routing.ring", "node"}


@pytest.mark.parametrize(
    "statement, found",
    [
        (
            "UPDATE audit_log SET body = replace(body, 'contacts', 'kontacts') WHERE sequence = 2",
            " 2 ",
        ),
        ("UPDATE audit_log SET body = body || ' ' WHERE sequence = 5", " 5 "),
        ("UPDATE audit_log SET at = at + 1 WHERE sequence = 2", " 2 "),
        ("UPDATE audit_log SET kind = 'denial' WHERE sequence = 3", " 3 "),
        ("UPDATE audit_log SET call = 'other' WHERE sequence = 3", " 3 is filed"),
        ("DELETE FROM audit_log WHERE sequence = 6", " 6 is missing"),
        ("DELETE FROM audit_log WHERE sequence > 6", " 7 is missing, and all after it"),
        ("UPDATE audit_log SET hash = zeroblob(32) WHERE sequence = 7", " 7 "),
        ("UPDATE audit_log SET chain = 'node-9' WHERE sequence = 8", " 8 is missing"),
        ("UPDATE audit_log SET body = CAST(x'7bff7d' AS TEXT) WHERE sequence = 3", " 3 cannot"),
        ("UPDATE audit_log SET kind = x'00' WHERE sequence = 4", " 4 cannot be read"),
        ("UPDATE audit_log SET hash = 'text' WHERE sequence = 5", " 5 cannot be read"),
        ("UPDATE audit_log SET sequence = 'text' WHERE sequence = 6", " 6 is missing"),
        ("UPDATE audit_log SET chain = CAST(x'ff' AS TEXT) WHERE sequence = 6", " 6 is missing"),
        ("UPDATE audit_checkpoints SET signature = zeroblob(64)", "not signed by a key"),
        ("UPDATE audit_checkpoints SET hash = 'text', signer = x'ff'", "not signed by a key"),
        ("UPDATE audit_checkpoints SET at = at + 1", "not signed by a key"),
    ],
)
async def test_what_was_changed_is_found(config: Config, statement: str, found: str) -> None:
    await dialled(config)
    tamper(config, statement)
    assert found in "\n".join(await checked(config))


async def test_a_checkpoint_that_was_removed_is_missed_by_who_holds_it(config: Config) -> None:
    told = await dialled(config)
    tamper(config, "DELETE FROM audit_checkpoints WHERE sequence = 1")
    assert await checked(config) == []
    (found,) = await checked(config, told)
    assert " 1 has lost its checkpoint" in found


async def test_what_cannot_be_read_is_refused_elsewhere_without_being_told(config: Config) -> None:
    await dialled(config)
    tamper(config, "UPDATE calls SET path = CAST(x'6869646465' || x'ff' AS TEXT)")
    async with reading(config) as store:
        with pytest.raises(StoreError, match=r"Could not decode to UTF-8 column 'path'$"):
            await store.calls()


async def test_a_log_that_was_written_anew_is_at_odds_with_what_was_told(config: Config) -> None:
    told = await dialled(config, 2)
    for name in (FILE, f"{FILE}-wal"):
        (config.data_dir / name).unlink(missing_ok=True)
    (config.data_dir / "keys" / "master.key").unlink()
    await dialled(config, 3)
    assert await checked(config) == []
    assert await checked(config, told) != []


async def test_one_calls_evidence_is_checked_without_us(
    config: Config, file: Path, tmp_path: Path
) -> None:
    await dialled(config)
    bundle = tmp_path / "call-1.zip"

    def export_and_verify() -> None:
        root = given(file, "root", "admin")
        auditor = given(file, "ada", "auditor", token=root)
        export = ("audit", "export", "-c", str(file), "--call", "call-1", "-o", str(bundle))
        assert run(*export, token=root).returncode == 1
        assert run(*export, token=auditor).returncode == 0
        public = run("audit", "key", "-c", str(file)).stdout.strip()
        report = read_bundle(bundle, public)
        assert report.faults == ()
        assert set(report.proven) == {"cdr.json", "consent.json"}
        with zipfile.ZipFile(bundle) as opened:
            cdr = json.loads(opened.read("cdr.json"))
            assert cdr["number"].startswith("+")
            assert len(cdr["salt"]) == 32
            assert digest(opened.read("cdr.json")) in {
                record.body.get("cdr") for record in report.records
            }
        assert run("audit", "verify", str(bundle), "--key", public).returncode == 0
        assert run("audit", "verify", str(bundle)).returncode == 1
        assert run(*export, token=auditor).returncode == 1
        whole = run("audit", "verify", "-c", str(file), "--json", token=auditor)
        assert (whole.returncode, json.loads(whole.stdout)["findings"]) == (0, [])
        listed = run("audit", "list", "-c", str(file), "--kind", "evidence_export", token=auditor)
        assert "ada" in listed.stdout

    await asyncio.to_thread(export_and_verify)


async def test_keys_are_changed_beside_a_node(config: Config, file: Path) -> None:
    node = storage(config).store
    await node.open()
    campaign = await begin(node, 3)
    master = config.data_dir / "keys" / "master.key"
    before = master.read_bytes()

    def change() -> None:
        root = given(file, "root", "admin")
        assert run("keys", "rotate-master", "-c", str(file), token=root).returncode == 0
        assert run("keys", "rotate", "card-renewal", "-c", str(file), token=root).returncode == 0

    await asyncio.to_thread(change)
    assert master.read_bytes() != before
    # The node goes on with what it has, and makes new keys under the new master key.
    await call_through(node, await claim_one(node, campaign), "1", Reason.COMPLETED)
    await begin(node, 2, name="another")
    await node.close()
    shown = await asyncio.to_thread(run, "keys", "status", "-c", str(file), "--json")
    keys = json.loads(shown.stdout)
    assert len({key["master"] for key in keys}) == 1
    assert {(key["key"], key["generation"]) for key in keys} >= {
        ("contacts/card-renewal", 2),
        ("contacts/another", 1),
    }
    again = storage(config).store
    await again.open()
    assert [call.call for call in await again.calls()] == ["call-1"]
    await call_through(again, await claim_one(again, campaign), "2", Reason.COMPLETED)
    await again.close()
