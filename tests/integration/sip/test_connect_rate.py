"""A carrier whose callees cease to answer: it gives way, is probed, and returns. Real SIPp."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from dialer.core.trunks.connect_rate import RateState
from dialer.core.values.records import AttemptRow
from dialer.demo.files import Carrier, free_ports
from dialer.demo.sipp import Carrier as Sipp
from dialer.trunks.connect_rates import ConnectRates
from tests.support.dialing import dialer, records
from tests.support.loopback import Loopback, campaign

ANSWERING: Final = "load-callee-answers-and-hangs-up.xml"
CONTACTS: Final = 600
CPS: Final = 20


def is_good(rates: ConnectRates) -> bool:
    return rates.reports["falls"].standing.state is RateState.GOOD


async def stands(at: Loopback, *, well: bool, within: float) -> None:
    """Wait until the first carrier gives way, or is well again."""
    rates = at.node.service.rates
    async with asyncio.timeout(within):
        while is_good(rates) is not well:  # noqa: ASYNC110 -- as an onlooker would
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_a_carrier_that_falls_gives_way_is_probed_and_returns(tmp_path: Path) -> None:
    falls, steady = free_ports(2)
    carriers = [Carrier("falls", falls, 100, CPS), Carrier("steady", steady, 100, CPS)]
    numbers = [f"+86139{row:05d}480" for row in range(CONTACTS)]
    with Sipp("steady", ANSWERING, steady, tmp_path):
        async with campaign(tmp_path, carriers, numbers) as at:
            dialling = asyncio.ensure_future(at.running.run())
            try:
                with Sipp("refuses", "carrier-refuses-as-dialled.xml", falls, tmp_path):
                    await stands(at, well=False, within=30)
                with Sipp("well", ANSWERING, falls, tmp_path) as well:
                    await stands(at, well=True, within=45)
                    back, probes = datetime.now(UTC), len(well.invites())
                    await asyncio.sleep(1.5)
                    at.running.drain(at_once=True)
                    await dialling
                    since_then = len(well.invites()) - probes
            finally:
                dialling.cancel()
                with suppress(asyncio.CancelledError):
                    await dialling
    # Nine answers in a row prove it, and a probe is one of 21.
    assert probes <= 14
    assert since_then > 5, "well again, it carries its share"
    _, rows = await asyncio.to_thread(records, tmp_path / "var")
    the_choices_say_why([row for row in rows if row.committed_at < back])
    await asyncio.to_thread(the_command_shows_it, at.config)


def the_choices_say_why(rows: list[AttemptRow]) -> None:
    refused = [row for row in rows if row.outcome and row.outcome.sip_code == 480]
    assert {row.trunk for row in refused} == {"falls"}
    assert 40 <= len(refused) <= 70
    chosen = [row.why_trunk for row in rows]
    assert any("; falls gives way" in why for why in chosen)
    assert any("; probed: " in why and "floor is 18%" in why for why in chosen)


def the_command_shows_it(config: Path) -> None:
    shown = dialer("trunks", "-c", str(config), "--json")
    assert shown.returncode == 0, shown.stderr
    by_name = {row["name"]: row for row in json.loads(shown.stdout)}
    assert by_name["steady"]["asr"] > 0.95
    assert by_name["steady"]["stand"] == "good"
    assert by_name["falls"]["stand"] == "good"
    assert "well again" in by_name["falls"]["stand_why"]
    assert by_name["falls"]["attempts"] >= 40
