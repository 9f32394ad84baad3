"""A carrier whose callees cease to answer: it gives way, is probed, and returns. Real SIPp."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from dialer import app
from dialer.core.connect_rate import RateState
from dialer.demo.files import LAB_CLOCK, Carrier, Job, free_ports, write
from dialer.demo.sipp import Carrier as Sipp
from dialer.files import load_run
from tests.support.dialing import dialer

SCRIPT: Final[Mapping[str, Any]] = {
    "name": "short",
    "language": "en",
    "disclosure": {
        "identity": {"say": "Robot of Example Bank."},
        "purpose": {"say": "Your card."},
        "opt_out": {"say": "Press 1 to stop."},
    },
    "start": "goodbye",
    "nodes": {"goodbye": {"say": "Goodbye.", "hang_up": True}},
}
CONTACTS: Final = 600
CPS: Final = 20


@pytest.mark.slow
async def test_a_carrier_that_falls_gives_way_is_probed_and_returns(tmp_path: Path) -> None:
    falls, steady = free_ports(2)
    job = Job(
        carriers=[Carrier("falls", falls, 100, CPS), Carrier("steady", steady, 100, CPS)],
        numbers=[f"+86139{row:05d}480" for row in range(CONTACTS)],
        script=SCRIPT,
        concurrency=200,
    )
    config_path, campaign_path = write(tmp_path, job)
    config, loaded = load_run(campaign_path, config_path, now=datetime.now(UTC))
    book = app.prompt_book(config, loaded)
    await book.make()
    answering = "load-callee-answers-and-hangs-up.xml"
    try:
        with Sipp("steady", answering, steady, tmp_path):
            async with app.node(config, lab_clock=LAB_CLOCK) as node:
                rates = node.service.rates
                running = await node.campaign(loaded, book)
                dialling = asyncio.ensure_future(running.run())
                try:
                    with Sipp("refuses", "carrier-refuses-as-dialled.xml", falls, tmp_path):
                        async with asyncio.timeout(30):
                            while rates.reports["falls"].standing.state is RateState.GOOD:
                                await asyncio.sleep(0.02)
                    fell = rates.reports["falls"].standing
                    assert fell.state in {RateState.GIVING_WAY, RateState.PROBING}
                    with Sipp("well", answering, falls, tmp_path) as well:
                        async with asyncio.timeout(45):
                            while rates.reports["falls"].standing.state is not RateState.GOOD:
                                assert not dialling.done(), "no contact left to probe with"
                                await asyncio.sleep(0.02)
                        back = datetime.now(UTC)
                        probes = len(well.invites())
                        await asyncio.sleep(1.5)
                        running.drain(at_once=True)
                        summary = await dialling
                        since_then = len(well.invites()) - probes
                finally:
                    dialling.cancel()
                    with suppress(asyncio.CancelledError):
                        await dialling
    finally:
        book.close()
    # Nine answers in a row prove it, and a probe is one of 21.
    assert probes <= 14
    assert since_then > 5, "well again, it carries its share"
    assert summary.snapshot.live == 0

    store = app.open_reader(config)
    await store.open()
    rows = await store.attempts()
    await store.close()
    refused = [row for row in rows if row.outcome and row.outcome.sip_code == 480]
    assert {row.trunk for row in refused} == {"falls"}
    assert 40 <= len(refused) <= 70
    chosen = [row.why_trunk for row in rows if row.committed_at < back]
    assert any("; falls gives way" in why for why in chosen)
    assert any("; probed: " in why and "floor is 18%" in why for why in chosen)

    shown = await asyncio.to_thread(dialer, "trunks", "-c", str(config_path), "--json")
    by_name = {row["name"]: row for row in json.loads(shown.stdout)}
    assert by_name["steady"]["asr"] > 0.95
    assert by_name["steady"]["stand"] == "good"
    assert by_name["falls"]["stand"] == "good"
    assert "well again" in by_name["falls"]["stand_why"]
    assert by_name["falls"]["attempts"] >= 40
