"""`dialer run` takes calls while it dials: a callee calls back, hears why, and is left alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from dialer.core.values.inbound_records import InboundEnding, InboundRow
from dialer.core.values.legs import LegRow
from dialer.demo.files import CALLER_ID, LAB_CLOCK, SCRIPT, Carrier, Job, free_ports, write
from dialer.store import SqlStore
from tests.support.dialing import Run, invites_so_far
from tests.support.rtp import RtpPeer, tone
from tests.support.sipp import Sipp
from tests.support.waiting import until

CALLEE: Final = "+8613912345678"
PATIENT: Final[dict[str, Any]] = {
    **SCRIPT,
    "nodes": {
        **SCRIPT["nodes"],
        "offer": {**SCRIPT["nodes"]["offer"], "say": "Press 2.", "listen": "40s"},
    },
}


class Lab:
    """A campaign of one callee, who listens for long, and a PBX with a person at 8000."""

    def __init__(self, folder: Path, carrier: Sipp, person: Sipp) -> None:
        (self.port,) = free_ports(1)
        self.folder = folder
        job = Job(
            carriers=[Carrier("carrier", carrier.port), Carrier("pbx", person.port)],
            numbers=[CALLEE],
            script=PATIENT,
            routing={"drain": "0s"},
            sip={"bind": f"127.0.0.1:{self.port}"},
            more={"callback": {"language": "en", "purposes": {"card-renewal": "your card"}}},
        )
        self.config, self.campaign = write(folder, job)
        content = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        content["operator"]["forward"] = "sip:8000@pbx"
        content["trunks"][0]["verstat"] = True
        content["trunks"][1]["role"] = "pbx"
        self.config.write_text(yaml.safe_dump(content), encoding="utf-8")

    def run(self) -> Run:
        return Run(self.config, self.campaign, "--lab-clock", LAB_CLOCK.isoformat(), "--json")

    def caller(self, number: str = CALLEE, verdict: str = "TN-Validation-Passed") -> Sipp:
        """Somebody who shows `number`, and what the carrier says of that."""
        keys = {"called": CALLER_ID, "caller": f"{number};verstat={verdict}"}
        return Sipp("caller-at-rtp-port", self.folder, keys, ("-m", "1", f"127.0.0.1:{self.port}"))

    async def records(self) -> tuple[list[InboundRow], list[LegRow]]:
        store = SqlStore(self.folder / "var", "reader", reader=True)
        await store.open()
        try:
            return list(await store.inbound_calls()), list(await store.legs())
        finally:
            await store.close()


@pytest.mark.slow
async def test_who_calls_back_hears_why_reaches_a_person_and_is_left_alone(tmp_path: Path) -> None:
    with (
        Sipp("callee-answers-at-rtp-port", tmp_path) as carrier,
        Sipp("callee-answers-at-rtp-port", tmp_path) as person,
    ):
        lab = Lab(tmp_path, carrier, person)
        async with RtpPeer(carrier.rtp_port), RtpPeer(person.rtp_port) as desk:
            with lab.run() as run:
                await until(lambda: invites_so_far(carrier) > 0)
                with lab.caller("+8613900000009") as stranger:
                    await until(lambda: stranger.exit_code is not None)
                assert stranger.verdict == "passed"
                with lab.caller() as asking:
                    async with RtpPeer(asking.rtp_port) as phone:
                        await phone.first_packet()
                        phone.press("0")
                        await desk.first_packet()
                        before = len(desk.audible())
                        phone.talk(tone(700, 0.6).samples)
                        await until(lambda: len(desk.audible()) > before + 10)
                        phone.press("1")
                        await until(lambda: desk.keys_heard() == "1")
                run.terminate()
                code, _, errors = await asyncio.to_thread(run.finish)
                assert code == 0, errors
        visits, legs = await lab.records()
        told = {visit.caller.clear if visit.caller else "": visit for visit in visits}
        assert told["+8613900000009"].ending is InboundEnding.TOLD
        assert told["+8613900000009"].about is None
        assert told[CALLEE].ending is InboundEnding.TALKED
        assert told[CALLEE].campaign == "demo"
        assert [(leg.call, leg.target) for leg in legs] == [(told[CALLEE].call, "sip:8000@pbx")]
        assert legs[0].joined_at is not None
        assert legs[0].outcome is not None


@pytest.mark.slow
async def test_key_1_is_on_record_and_no_campaign_calls_again(tmp_path: Path) -> None:
    with (
        Sipp("callee-answers-at-rtp-port", tmp_path) as carrier,
        Sipp("callee-answers-at-rtp-port", tmp_path) as person,
    ):
        lab = Lab(tmp_path, carrier, person)
        async with RtpPeer(carrier.rtp_port):
            with lab.run() as run:
                await until(lambda: invites_so_far(carrier) > 0)
                with lab.caller(verdict="No-TN-Validation") as asking:
                    async with RtpPeer(asking.rtp_port) as phone:
                        await phone.first_packet()
                        phone.press("1")
                        await until(lambda: asking.exit_code is not None)
                assert asking.verdict == "passed"
                run.terminate()
                await asyncio.to_thread(run.finish)
            (visit,), _ = await lab.records()
            assert (visit.ending, visit.keys) == (InboundEnding.SUPPRESSED, "1")
            assert not visit.attested
            content = yaml.safe_load(lab.campaign.read_text(encoding="utf-8"))
            lab.campaign.write_text(yaml.safe_dump(content | {"name": "next"}), encoding="utf-8")
            calls = invites_so_far(carrier)
            with lab.run() as run:
                code, out, errors = await asyncio.to_thread(run.finish)
            assert code == 0, errors
            assert '"suppressed": 1' in out
            assert invites_so_far(carrier) == calls
