"""A whole run, in both directions: nobody's number, name or reference is written down anywhere.

Not on the disk, not in what is logged and shown, not in metrics, and not in what the broker hears
or keeps; in no encoding, as `tests/support/plain_text.py` knows them. What stays in memory once a
store is closed: `tests/integration/test_plain_text.py`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import shutil
import sqlite3
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiomqtt
import pytest

from dialer.core.values.outcome import Reason
from dialer.core.values.records import CallRow
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
from tests.support.operator import staffed
from tests.support.plain_text import everything_in, found
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.waiting import until

ANSWERS, BUSY, RINGS, DROPS, CONGESTED, DECLINES = "056789"
STRANGER: Final = "+8613900718293"
LISTED: Final = "+8613900564738"
"""On our own list by a clerk's hand; not a contact."""
SIGNS: Final = "邝谭覃靳禤麴瞿逄缪璩赟喆劼昶旻晔煊骅骁翀"
"""For names that stand nowhere by chance."""
WORDS: Final[dict[str, Any]] = {
    **SCRIPT,
    "disclosure": {
        **SCRIPT["disclosure"],
        "recording": {"say": "We may record, 9 declines.", "stop_key": "9"},
    },
    "nodes": {
        **SCRIPT["nodes"],
        "offer": {**SCRIPT["nodes"]["offer"], "say": "{family} {name}, your card expires."},
    },
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose name, town and form are nowhere but in the contacts file."""

    number: str
    name: str
    family: str
    town: str
    form: str

    @property
    def texts(self) -> Sequence[str]:
        """What must not be found, beside the number."""
        return self.name, self.family, self.town, self.form


def person(number: str) -> Person:
    lot = random.SystemRandom()
    name, town = ("".join(lot.choices("bcdfghjklmnpqrstvwxz", k=10)) for _ in range(2))
    family = "".join(lot.sample(SIGNS, k=4))
    return Person(number, name, family, town, f"form-{lot.randrange(10**9):09}")


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

    async def keep_scraping(self, port: int) -> None:
        """Once the node is up, every half a second."""
        while True:
            with suppress(OSError):
                await asyncio.to_thread(self.scrape, port)
            await asyncio.sleep(0.5)

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
        routing={"ring": "30s"},  # so long the node is there for whoever calls in
        more={
            "mqtt": {"url": mosquitto.url, "prefix": "dialer"},
            "recording": {"enabled": True},
            "callback": {"language": "en", "purposes": {PURPOSE: "your card"}},
        },
    )


def contacts(people: list[Person]) -> str:
    rows = ["number,consent_purpose,consent_source,consent_at,consent_ref,name,family,town"]
    rows += [
        f"{each.number},{PURPOSE},branch,2026-01-05T10:00:00+08:00,{each.form},{each.name},"
        f"{each.family},{each.town}"
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


async def clerk(config: Path, token: str, *arguments: str, said: str) -> bytes:
    """What a command shows that a clerk uses while the node dials."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer", *arguments, "-c", str(config)),
        env=os.environ | {"DIALER_TOKEN": token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    shown, _ = await process.communicate(said.encode())
    assert process.returncode == 0, shown.decode()
    return shown


async def clerks(config: Path, token: str, of: Person) -> bytes:
    """One complaint, in words that name somebody, and one number put on the list."""
    words = f"{of.family} {of.name} of {of.town} was called on {of.number} at night."
    complaint = ("complaints", "open", of.number, "--text", "-")
    return await clerk(config, token, *complaint, said=words) + await clerk(
        config, token, "suppress", "add", "-", "--why", "asked at the branch", said=LISTED
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nobody_is_written_down_in_a_whole_run(tmp_path: Path) -> None:
    kinds = (ANSWERS, ANSWERS, BUSY, RINGS, DROPS, CONGESTED, DECLINES)
    ports = free_rtp_ports(len(kinds))
    people = [
        person(f"+8610655{kind}{port - 10_000:04d}")
        for kind, port in zip(kinds, ports, strict=True)
    ]
    everything = Everything()
    sip, metrics = free_ports(2)
    broker = tmp_path / "broker"
    broker.mkdir()
    with Mosquitto(broker) as mosquitto, Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = write(tmp_path, job(people, carrier, mosquitto, [sip, metrics]))
        (tmp_path / "contacts.csv").write_text(contacts(people), encoding="utf-8")
        staff = await asyncio.to_thread(staffed, config)
        token = staff.tokens["li.na"]
        async with (
            everything.listening(mosquitto),
            RtpPeer(ports[0]) as unwilling,
            RtpPeer(ports[1]) as willing,
        ):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "dialer", "run", str(campaign), "-c", str(config)),
                *("-vv", "--json", "--log-format", "json"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            over = asyncio.create_task(process.communicate())
            scraping = asyncio.create_task(everything.keep_scraping(metrics))
            try:
                await until(lambda: everything.told("/answered") > 0 or over.done(), limit=60)
                await unwilling.first_packet(limit=60)
                unwilling.press("1")
                await willing.first_packet(limit=60)
                at_desk = asyncio.create_task(clerks(config, token, people[2]))
                await asyncio.gather(
                    call_in(tmp_path, sip, STRANGER),
                    call_in(tmp_path, sip, people[1].number, key="1"),
                )
                shown = await at_desk
                out, err = await asyncio.wait_for(over, timeout=60)
            except TimeoutError:
                process.kill()
                pytest.fail((await over)[1].decode()[-5000:])
            finally:
                scraping.cancel()
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            await until(lambda: everything.told("/status") >= 2, limit=30)
    assert process.returncode == 0, err.decode()
    data_dir = tmp_path / "var"
    where = {"standard output": out, "standard error": err, "clerks": shown}
    where |= {f"scrape {at}": text for at, text in enumerate(everything.scrapes)}
    for topic, body in everything.heard:
        where[f"mqtt {topic}"] = where.get(f"mqtt {topic}", b"") + topic.encode() + body
    where |= {f"broker/{name}": held for name, held in everything_in(broker).items()}
    where |= everything_in(data_dir)
    calls, _attempts = await asyncio.to_thread(records, data_dir)
    the_run_was_a_whole_one(where, everything, calls)
    numbers = [*(each.number for each in people), STRANGER, LISTED]
    texts = [text for each in people for text in each.texts]
    assert found(where, numbers, texts) == {}
    what_is_written_down_is_found(tmp_path / "copy", data_dir, people[0])


def the_run_was_a_whole_one(
    where: dict[str, bytes], everything: Everything, calls: Sequence[CallRow]
) -> None:
    """What is looked through is what it should be: else nothing found would say nothing."""
    assert all(call.number and call.number.clear for call in calls), "who has the keys reads them"
    ends = Counter(call.outcome.reason for call in calls if call.outcome is not None)
    assert ends == Counter(
        [
            Reason.OPTED_OUT,
            Reason.COMPLETED,
            Reason.BUSY,
            Reason.NO_ANSWER,
            Reason.HUNG_UP,
            Reason.CONGESTION,
            Reason.DECLINED,
        ]
    )
    assert b'"level": "debug"' in where["standard error"]
    assert all(b"dialer_" in scrape for scrape in everything.scrapes)
    assert len(everything.scrapes) > 5
    assert everything.told("/ended") >= len(calls)
    assert everything.told("/arrived") == 2
    assert everything.told("/recording") > 0
    for ending in (".vrds", ".wav", "sqlite3", "master.key"):
        assert [name for name in where if name.endswith(ending)], sorted(where)
    # Our own number and the campaign are no secret: that they are found shows what is looked at.
    assert found(where, [CALLER_ID], ["demo"]).keys() == {CALLER_ID, "demo"}


def what_is_written_down_is_found(copy: Path, data_dir: Path, of: Person) -> None:
    """The same search, over a copy in which somebody was written down in one place at a time."""
    shutil.copytree(data_dir, copy)
    national = of.number.removeprefix("+86")
    payload = json.dumps({"callee": of.number, "name": of.family}, ensure_ascii=False).encode()
    database = sqlite3.connect(copy / "other.sqlite3")
    with database:
        database.execute("create table called (number integer, name text)")
        database.execute("insert into called values (?, 'x')", [int(of.number)])
        database.execute("insert into called values (0, ?)", [of.family])
    database.close()
    planted: dict[str, tuple[bytes, str]] = {
        "plain.log": (f"INVITE sip:{of.number}@carrier".encode(), of.number),
        "local.csv": (f"1,0{national},x".encode(), of.number),
        "grouped.txt": (f"(0{national[:2]}) {national[2:6]} {national[6:]}".encode(), of.number),
        "wide.txt": (f"an {of.number}".encode("utf-16"), of.number),
        "message.b64": (base64.b64encode(b"1" + payload), of.number),
        "escaped.json": (json.dumps({"name": of.family}).encode(), of.family),
        "office.csv": (f"1,{of.family}".encode("gbk"), of.family),
        "wide-name.txt": (of.family.encode("utf-16-be"), of.family),
        "link.txt": (f"/people?name={quote(of.family)}".encode(), of.family),
        "dump.hex": (payload.hex().encode(), of.family),
        f"{of.name}.txt": (b"", of.name),
    }
    for name, (held, _) in planted.items():
        (copy / name).write_bytes(held)
    seen = found(everything_in(copy), [of.number], of.texts)
    assert {name for name, (_, who) in planted.items() if name not in seen.get(who, [])} == set()
    assert "other.sqlite3" in seen[of.number]
    assert "other.sqlite3" in seen[of.family]
    innocent = set(everything_in(data_dir))
    assert not innocent & {name for names in seen.values() for name in names}
