"""What is destroyed in a database: key, rows, and what its files hold; killed, it goes on.

What every RetentionDesk does is in tests/conformance/retention.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, func, select

from dialer.audit import SignedCertificate
from dialer.core.office.complaints import Move
from dialer.core.office.retention import Matter
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.values.months import months_after
from dialer.ports.desks import Destruction
from dialer.store import SqlStore
from dialer.store.schema import audit_log, metadata
from tests.support.orders import CALLER_ID, NOON, number, row
from tests.support.retention import (
    CONTACTS_DUE,
    DAY,
    HOUR,
    Killed,
    Lab,
    MortalDesk,
    sql_desks,
)
from tests.support.store import begin


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlStore]:
    if request.param == "sqlite":
        made = SqlStore(tmp_path / "var", "node-1")
    else:
        url = request.getfixturevalue("postgres_url")
        made = request.getfixturevalue("postgres").store(url, "node-1")
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def lab(store: SqlStore, tmp_path: Path) -> Lab:
    made = Lab(store, sql_desks(store), tmp_path)
    # What the store notes of its keys is of today.
    await made.desk.saw(NOON)
    return made


async def count(store: SqlStore, table: str) -> int:
    def work(connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0

    return await store.channel.read(work)


async def test_keys_and_rows_go_and_the_log_names_each_certificate(
    store: SqlStore, lab: Lab
) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    (contacts,) = await lab.destroyer().run("node-1")
    assert (contacts.certificate.keys, contacts.certificate.counts["keys"]) == (
        ("contacts/cards",),
        1,
    )
    assert [await count(store, table) for table in ("contacts", "calls", "attempts")] == [2, 2, 2]
    await lab.at(NOON + 200 * DAY)
    (evidence,) = await lab.destroyer().run("node-1")
    assert evidence.certificate.keys == ("evidence/cards",)
    assert [await count(store, table) for table in ("contacts", "calls", "attempts")] == [0, 0, 0]

    def chained(connection: Connection) -> list[str]:
        asked = select(audit_log.c.body).where(audit_log.c.kind == "destroyed")
        found = connection.scalars(asked.order_by(audit_log.c.sequence))
        return [json.loads(body)["digest"] for body in found]

    digests = [each.certificate.digest() for each in (contacts, evidence)]
    assert await store.channel.read(chained) == digests
    # Finished once more, as by a process that was killed before it heard of it: told once.
    done = Destruction(
        evidence.certificate.id, Matter.EVIDENCE, "cards", "", "node-1", NOON, (), "", {}
    )
    await lab.desk.finish(done, evidence.certificate, "again", lab.now)
    assert await store.channel.read(chained) == digests


async def test_a_complaint_and_a_month_of_calls_have_keys_of_their_own(
    store: SqlStore, lab: Lab
) -> None:
    made = await lab.complaints.open(number(1), "They rang at night.", "ann", NOON)
    for move, text in ((Move.ANSWER, "Sorry."), (Move.CLOSE, "Settled.")):
        await lab.complaints.act(made.id, move, text, "ann", NOON)
    await store.arrive(
        InboundOrder("in-1", "node-1", "carrier-a", number(2), CALLER_ID, "in-1@x", NOON)
    )
    await store.end_inbound(InboundEnd("in-1", InboundEnding.HUNG_UP, NOON))
    await lab.at(months_after(NOON, 8))
    done = {each.certificate.matter: each.certificate for each in await lab.destroyer().run("me")}
    assert done[Matter.COMPLAINT].keys == (f"evidence/complaint:{made.id}",)
    assert dict(done[Matter.COMPLAINT].counts) == {"keys": 1, "texts": 3}
    assert done[Matter.INCOMING].keys == ("evidence/incoming/2026-03",)


async def test_a_person_is_known_by_the_keyed_hash_of_the_number(store: SqlStore, lab: Lab) -> None:
    await lab.campaign()
    signed = await lab.destroyer().forget(number(2), "ann")
    assert signed is not None
    assert signed.certificate.subject == store.channel.vault.lookup.number(number(2)).hex()


async def test_killed_at_any_point_it_goes_on_where_it_was(tmp_path: Path) -> None:
    store = SqlStore(tmp_path / "var", "node-1")
    await store.open()
    before = Lab(store, sql_desks(store), tmp_path)
    await before.desk.saw(NOON)
    await before.campaign()
    await before.end()
    await before.at(CONTACTS_DUE)
    await store.close()

    lives = 0
    finished = False
    while not finished:
        folder = tmp_path / str(lives)
        shutil.copytree(tmp_path / "var", folder / "var")
        store = SqlStore(folder / "var", "node-1")
        await store.open()
        lab = Lab(store, sql_desks(store), folder)
        lab.now = CONTACTS_DUE
        try:
            await lab.destroyer(MortalDesk(lab.desk, lives)).run("node-1")  # type: ignore[arg-type]
            finished = True
        except Killed:
            lab.now += HOUR
            await lab.destroyer().run("node-1")
        (text,) = await lab.desk.certificates()
        assert SignedCertificate.from_json(text).certificate.counts["contacts"] == 3
        assert await lab.filled() == 0
        assert list(await lab.desk.under_way()) == []
        await store.close()
        lives += 1
    assert lives > 6


async def test_no_file_of_the_database_holds_what_was_destroyed(lab: Lab, tmp_path: Path) -> None:
    rows = [row(line + 1, number(line)) for line in range(1, 400)]
    await begin(lab.store, rows, "cards")
    await lab.end()
    await lab.at(CONTACTS_DUE)
    assert len(await lab.destroyer().run("node-1")) == 1
    for file in sorted((tmp_path / "var").glob("dialer.sqlite3*")):
        assert b"form-" not in file.read_bytes()
        assert b"branch form" not in file.read_bytes()
