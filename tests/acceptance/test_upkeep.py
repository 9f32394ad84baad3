"""A node that dials destroys meanwhile what is over its term, certifies it, and dials on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, select

from dialer.app.store import clerk
from dialer.audit import SignedCertificate
from dialer.config import load_config
from dialer.core.office.retention import Matter
from dialer.demo.files import Carrier, Job, write
from dialer.files import load_run
from dialer.store import SqlCampaigns, SqlRetention, SqlStore
from dialer.store.schema import campaigns, contacts
from tests.support.dialing import Run, records
from tests.support.retention import ANN
from tests.support.sipp import Sipp

OLD: Final = [f"+86106555{2 * row:04d}" for row in range(100, 103)]
RINGS, BUSY = "+8610655" + "60002", "+8610655" + "50004"


def job(carrier: Sipp, name: str, numbers: list[str]) -> Job:
    return Job(
        carriers=[Carrier("carrier", carrier.port)],
        numbers=numbers,
        name=name,
        concurrency=1,
        routing={"ring": "6s"},
    )


async def ended_long_ago(folder: Path, carrier: Sipp) -> None:
    """In the store: a campaign of three, which somebody ended 31 days ago."""
    now = datetime.now(UTC)
    config, campaign = write(folder, job(carrier, "old", OLD))
    loaded_config, loaded = load_run(campaign, config, now=now)
    async with clerk(loaded_config) as store:
        await store.open_campaign(loaded.record, loaded.rows())
        await SqlCampaigns(store.channel).end("old", ANN, now - timedelta(days=31))


def left(connection: Connection) -> dict[str, int]:
    """Of how many contacts of each campaign anything is left."""
    asked = select(campaigns.c.name, contacts.c.person).join(
        contacts, contacts.c.campaign == campaigns.c.id
    )
    found: dict[str, int] = {}
    for name, person in connection.execute(asked):
        found[name] = found.get(name, 0) + (person is not None)
    return found


@pytest.mark.slow
async def test_contact_data_that_is_over_its_term_is_destroyed_while_a_node_dials(
    tmp_path: Path,
) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        await ended_long_ago(tmp_path, carrier)
        config, campaign = write(tmp_path, job(carrier, "new", [RINGS, BUSY]))
        data_dir = load_config(config, now=datetime.now(UTC)).data_dir
        reader = SqlStore(data_dir, "reader", reader=True)
        await reader.open()
        try:
            desk = SqlRetention(reader.channel)
            assert await reader.channel.read(left) == {"old": 3}
            with Run(config, campaign) as run:
                await until_certified(desk, run)
                (text,) = await desk.certificates()
                assert (await reader.channel.read(left)).get("old", 0) == 0
                code, _, errors = await asyncio.to_thread(run.finish)
            assert code == 0, errors
        finally:
            await reader.close()
    signed = SignedCertificate.from_json(text)
    done = signed.certificate
    assert signed.is_authentic(signed.signer)
    assert (done.matter, done.subject, done.by) == (Matter.CONTACTS, "old", "new")
    assert done.counts["contacts"] == len(OLD)
    assert done.keys
    assert f"certificate {done.id}" in errors
    _calls, attempts = await asyncio.to_thread(records, data_dir)
    assert [str(each.outcome) for each in attempts] == ["callee.no_answer", "callee.busy"]
    assert attempts[-1].committed_at > datetime.fromtimestamp(done.done_at / 1e6, UTC)


async def until_certified(desk: SqlRetention, run: Run) -> None:
    assert run.process is not None
    async with asyncio.timeout(60):
        while not await desk.certificates():
            assert run.process.poll() is None, run.process.communicate()
            await asyncio.sleep(0.05)
