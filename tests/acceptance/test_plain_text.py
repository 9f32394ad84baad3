"""A whole run, in both directions: nobody's number, name or reference is written down anywhere.

Not on the disk, not in what is logged and shown, not in metrics, and not in what the broker hears.
"""

from __future__ import annotations

import asyncio
import random
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiomqtt
import pytest

from dialer.core.records import CallRow
from dialer.demo.files import (
    CALLER_ID,
    PURPOSE,
    SCRIPT,
    Carrier,
    Job,
    free_ports,
    free_rtp_ports,
    write,
)
from tests.support.broker import Mosquitto
from tests.support.dialing import records
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.waiting import until

ANSWERS, BUSY, DROPS, CONGESTED, DECLINES = "05789"
STRANGER: Final = "+8613900718293"
WORDS: Final[dict[str, Any]] = {
    **SCRIPT,
    "disclosure": {
        **SCRIPT["disclosure"],
        "recording": {"say": "We may record, 9 declines.", "stop_key": "9"},
    },
    "nodes": {
        **SCRIPT["nodes"],
        "offer": {**SCRIPT["nodes"]["offer"], "say": "{name}, your card expires."},
    },
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose name, town and form are nowhere but in the contacts file."""

    number: str
    name: str
    town: str
    form: str

    def needles(self) -> Iterable[str]:
        """What must not be found. The national number is part of every way to write it."""
        return (self.number.removeprefix("+86"), self.name, self.town, self.form)


def person(number: str) -> Person:
    lot = random.SystemRandom()
    name, town = ("".join(lot.choices("bcdfghjklmnpqrstvwxz", k=10)) for _ in range(2))
    return Person(number, name, town, f"form-{lot.randrange(10**9):09}")


class Everything:
    """All that was said outside: what the broker heard, and the scrapes of the metrics."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.scrapes: list[bytes] = []

    def told(self, end: str) -> int:
        return sum(topic.endswith(end) for topic, _ in self.heard)

    def scrape(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
            self.scrapes.append(reply.read())

    @asynccontextmanager
    async def listening(self, mosquitto: Mosquitto) -> AsyncIterator[None]:
        async def listen(client: aiomqtt.Client) -> None:
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                self.heard.append((str(message.topic), message.payload))

        async with aiomqtt.Client(mosquitto.host, mosquitto.port) as client:
            await client.subscribe("#", qos=1)
            task = asyncio.create_task(listen(client))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.wait({task})


def job(people: list[Person], carrier: Sipp, mosquitto: Mosquitto, ports: list[int]) -> Job:
    sip, metrics = ports
    return Job(
        carriers=[Carrier("carrier", carrier.port)],
        numbers=[each.number for each in people],
        metrics_port=metrics,
        script=WORDS,
        sip={"bind": f"127.0.0.1:{sip}"},
        more={
            "mqtt": {"url": mosquitto.url, "prefix": "dialer"},
            "recording": {"enabled": True},
            "callback": {"language": "en", "purposes": {PURPOSE: "your card"}},
        },
    )


def contacts(people: list[Person]) -> str:
    rows = ["number,consent_purpose,consent_source,consent_at,consent_ref,name,town"]
    rows += [
        f"{each.number},{PURPOSE},branch,2026-01-05T10:00:00+08:00,{each.form},{each.name},"
        f"{each.town}"
        for each in people
    ]
    return "\n".join([*rows, ""])


async def call_in(folder: Path, port: int, number: str, *, key: str = "") -> None:
    keys = {"called": CALLER_ID, "caller": number}
    options = ("-m", "1", f"127.0.0.1:{port}")
    with Sipp("caller-at-rtp-port", folder, keys, options) as caller:
        async with RtpPeer(caller.rtp_port) as phone:
            if key:
                await phone.first_packet()
                phone.press(key)
            await until(lambda: caller.exit_code is not None, limit=30)
        assert caller.verdict == "passed"


def places(text: str, where: dict[str, bytes]) -> list[str]:
    """Where `text` is written, as bytes or in either order of UTF-16."""
    ways = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    return [name for name, held in where.items() if any(way in held for way in ways)]


@pytest.mark.slow
async def test_nobody_is_written_down_in_a_whole_run(tmp_path: Path) -> None:
    phone, *silent = free_rtp_ports(6)
    kinds = (ANSWERS, BUSY, DROPS, CONGESTED, DECLINES)
    people = [
        person(f"+8610655{kind}{port - 10_000:04d}")
        for kind, port in zip(kinds, (phone, *silent), strict=False)
    ]
    everything = Everything()
    sip, metrics = free_ports(2)
    broker = tmp_path / "broker"
    broker.mkdir()
    with Mosquitto(broker) as mosquitto, Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = write(tmp_path, job(people, carrier, mosquitto, [sip, metrics]))
        (tmp_path / "contacts.csv").write_text(contacts(people), encoding="utf-8")
        async with everything.listening(mosquitto), RtpPeer(phone) as callee:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "dialer", "run", str(campaign), "-c", str(config)),
                *("-vv", "--json", "--log-format", "json"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            over = asyncio.create_task(process.communicate())
            try:
                await until(lambda: everything.told("/answered") > 0 or over.done(), limit=40)
                await asyncio.to_thread(everything.scrape, metrics)
                await callee.first_packet()
                await call_in(tmp_path, sip, STRANGER)
                await call_in(tmp_path, sip, people[0].number, key="1")
                await asyncio.to_thread(everything.scrape, metrics)
                out, err = await asyncio.wait_for(over, timeout=60)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            await until(lambda: everything.told("/status") == 2)
    assert process.returncode == 0, err.decode()
    data_dir = tmp_path / "var"
    where = {"standard output": out, "standard error": err}
    where |= {f"scrape {at}": text for at, text in enumerate(everything.scrapes)}
    for topic, body in everything.heard:
        where[f"mqtt {topic}"] = where.get(f"mqtt {topic}", b"") + topic.encode() + body
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    for path in files:
        where[str(path.relative_to(data_dir))] = str(path).encode() + path.read_bytes()
    calls, _attempts = await asyncio.to_thread(records, data_dir)
    the_run_was_a_whole_one(where, everything, calls)
    needles = [text for each in people for text in each.needles()]
    needles.append(STRANGER.removeprefix("+86"))
    found = {text: places(text, where) for text in needles}
    assert {text: there for text, there in found.items() if there} == {}


def the_run_was_a_whole_one(
    where: dict[str, bytes], everything: Everything, calls: Sequence[CallRow]
) -> None:
    """What is looked through is what it should be: else nothing found would say nothing."""
    assert len(calls) == 5
    assert all(call.number.clear for call in calls), "who has the keys reads them"
    assert b'"level": "debug"' in where["standard error"]
    assert all(b"dialer_" in scrape for scrape in everything.scrapes)
    assert everything.told("/ended") >= len(calls)
    assert [name for name in where if name.endswith(".vrds")], sorted(where)
    assert [name for name in where if name.startswith("prompts")], sorted(where)
    # Our own numbers are no secret; that they are found shows that the search finds things.
    assert places(CALLER_ID.removeprefix("+86"), where)
