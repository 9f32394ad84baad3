"""What only the tables can have: an audit log, records that somebody has tampered with."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select

from dialer.core.dialog.approval import Action
from dialer.core.dialog.script_version import canonical
from dialer.core.office.audit_kinds.calls import ATTEMPT
from dialer.core.office.audit_kinds.scripts import SCRIPT_STEP
from dialer.core.values.standing import ApprovalState, Standing
from dialer.errors import ApprovalError
from dialer.store import SqlStore
from dialer.store.audit import SqlAudit
from dialer.store.schema import audit_log
from dialer.store.scripts import SqlScripts
from dialer.store.sqlite import FILE
from tests.support.approvals import clean, content, step, with_word
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_end, claim_one

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def store(new_store: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(new_store, "node-1")
    await made.open()
    yield made
    await made.close()


async def approved(store: SqlStore) -> str:
    desk = SqlScripts(store.channel)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    await desk.decide(version.hash, step(Action.APPROVE, "bob", NOON + MINUTE), clean(version))
    return version.hash


async def noted(store: SqlStore) -> list[dict[str, Any]]:
    """The bodies of what the log tells of scripts, in its order."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        asked = select(audit_log.c.body).where(audit_log.c.kind == SCRIPT_STEP)
        found = connection.execute(asked.order_by(audit_log.c.sequence)).scalars()
        return [json.loads(body) for body in found]

    return await store.channel.read(read)


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE script_steps SET who = 'ann'",
        "UPDATE script_authors SET name = 'bob'",
        "UPDATE script_steps SET action = 'sing'",
        "DELETE FROM script_authors",
        "DELETE FROM script_steps WHERE position = 1",
    ],
)
async def test_a_record_that_was_tampered_with_opens_no_gate(
    store: SqlStore, tmp_path: Path, statement: str
) -> None:
    version = await approved(store)
    change(tmp_path, statement)
    shown = (await store.history(replace(order(), script_version=version))).wording
    assert shown == Standing(None, NOON + MINUTE)


async def test_the_gate_hears_of_a_last_step_that_was_changed(
    store: SqlStore, tmp_path: Path
) -> None:
    """Also where it has seen the record before."""
    asked = replace(order(), script_version=await approved(store))
    assert (await store.history(asked)).wording == Standing(ApprovalState.APPROVED, NOON + MINUTE)
    change(tmp_path, "UPDATE script_steps SET action = 'reject' WHERE position = 2")
    assert (await store.history(asked)).wording == Standing(ApprovalState.REJECTED, NOON + MINUTE)


async def test_content_that_was_tampered_with_is_not_approved(
    store: SqlStore, tmp_path: Path
) -> None:
    desk = SqlScripts(store.channel)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    other = canonical(with_word("Gone.")).hex()
    change(tmp_path, f"UPDATE script_versions SET content = X'{other}'")
    kept = await desk.kept(version.hash)
    assert kept is not None
    with pytest.raises(ValueError, match="is not what its name says"):
        kept.read()


async def test_every_step_is_in_the_audit_log_and_its_reason_only_by_digest(
    store: SqlStore,
) -> None:
    version = await approved(store)
    desk = SqlScripts(store.channel)
    with pytest.raises(ApprovalError):
        await desk.decide(version, step(Action.RECALL, "ann", NOON + 2 * MINUTE))
    await desk.decide(version, step(Action.WITHDRAW, "bob", NOON + 3 * MINUTE, "Mr Smith rang"))
    found = await noted(store)
    assert [(each["action"], each["by"]) for each in found] == [
        ("submit", "ann"),
        ("approve", "bob"),
        ("withdraw", "bob"),
    ]
    assert {each["version"] for each in found} == {version}
    assert found[-1]["why"] == hashlib.sha256(b"Mr Smith rang").hexdigest()


async def test_a_calls_evidence_holds_what_it_said_and_who_approved_it(store: SqlStore) -> None:
    version = await approved(store)
    campaign = await begin(store, 2)
    for name, said in (("1", version), ("2", "0" * 64)):
        contact = await claim_one(store, campaign)
        placed = replace(order(name, NOON + 2 * MINUTE, contact), script_version=said)
        await store.authorise(placed, allow)
        await store.end_call(call_end(placed))
    audit = SqlAudit(store.channel)
    found = await audit.evidence("call-1")
    assert hashlib.sha256(found.files["script.json"]).hexdigest() == version
    assert found.files["script.json"] == canonical(content())
    approval = json.loads(found.files["approval.json"])
    assert [each["who"] for each in approval["steps"]] == ["ann", "bob"]
    told = [each.record.body for each in found.stretch if each.record.kind == ATTEMPT]
    assert version in {body["script_version"] for body in told}, "so that script.json is proven"
    unknown = await audit.evidence("call-2")
    assert not {"script.json", "approval.json"} & unknown.files.keys()
