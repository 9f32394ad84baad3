"""A real run against SIPp, heard by a real broker and scraped as it goes: all tell one story."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dialer.demo.files import CALLER_ID, Carrier, Job, free_ports, write
from tests.support.broker import Mosquitto
from tests.support.dialing import records
from tests.support.sipp import Sipp
from tests.support.waiting import until

BUSY, RINGS, DROPS, CONGESTED, DECLINES = "56789"
KINDS = BUSY * 4 + DECLINES * 3 + DROPS * 4 + CONGESTED * 2
NUMBERS = [f"+8610655{kind}{2 * row:04d}" for row, kind in enumerate(KINDS + RINGS, start=1)]
"""The last one rings until everybody else is done with, and a while longer."""

Body = dict[str, Any]


@dataclass
class Story:
    """All that was heard, in order."""

    heard: list[tuple[str, Body]] = field(default_factory=list)

    def bodies(self, end: str) -> list[Body]:
        return [body for topic, body in self.heard if topic.endswith(end)]

    def calls(self) -> dict[str, list[tuple[str, Body]]]:
        """What was told of each call, by its id."""
        told: dict[str, list[tuple[str, Body]]] = {}
        for topic, body in self.heard:
            _prefix, _node, *rest = topic.split("/")
            if rest[0] == "calls":
                told.setdefault(rest[1], []).append((rest[2], body))
        return told


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder) as mosquitto:
        yield mosquitto


@asynccontextmanager
async def listening(mosquitto: Mosquitto) -> AsyncIterator[Story]:
    story = Story()

    async def listen(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            story.heard.append((str(message.topic), json.loads(message.payload)))

    async with aiomqtt.Client(mosquitto.host, mosquitto.port) as client:
        await client.subscribe("#", qos=1)
        task = asyncio.create_task(listen(client))
        try:
            yield story
        finally:
            task.cancel()
            await asyncio.wait({task})


def scrape(port: int) -> dict[str, Counter[tuple[str, ...]]]:
    """What /metrics shows, by name and the labels' values (by label); what is 0 is left out."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as reply:
        text = reply.read().decode()
    shown: dict[str, Counter[tuple[str, ...]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.value and not math.isnan(sample.value):
                counts = shown.setdefault(sample.name, Counter())
                counts[tuple(value for _, value in sorted(sample.labels.items()))] = int(
                    sample.value
                )
    return shown


async def test_events_metrics_records_and_logs_tell_one_story(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    (metrics_port,) = free_ports(1)
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port, channels=50, cps=10)],
            numbers=NUMBERS,
            metrics_port=metrics_port,
            routing={"ring": "12s", "no_progress": "4s"},
            more={"mqtt": {"url": mosquitto.url, "prefix": "dialer"}},
        )
        config, campaign = write(tmp_path, job)
        async with listening(mosquitto) as story:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "dialer", "run", str(campaign), "-c", str(config)),
                *("-vv", "--json"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            over = asyncio.create_task(process.communicate())
            try:
                await until(lambda: len(story.bodies("/ended")) == len(NUMBERS) - 1 or over.done())
                then = list(story.heard)
                shown = await asyncio.to_thread(scrape, metrics_port)
                out, err = await asyncio.wait_for(over, timeout=60)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            await until(lambda: len(story.bodies("/status")) == 2)
    assert process.returncode == 0, err.decode()
    calls, attempts = await asyncio.to_thread(records, tmp_path / "var")
    each_call_is_told_in_order(story, {call.call for call in calls})
    the_campaign_begins_and_ends(story, json.loads(out))
    metrics_count_what_was_told(Story(then), shown)
    ended = Counter(f"{body['who']}.{body['reason']}" for body in story.bodies("/ended"))
    assert ended == Counter(str(call.outcome) for call in calls)
    told_attempts = {body["attempt"] for body in story.bodies("/dialing")}
    assert told_attempts == {attempt.attempt for attempt in attempts}
    nobody_is_named(story, out.decode() + err.decode())


def each_call_is_told_in_order(story: Story, stored: set[str]) -> None:
    told = story.calls()
    assert set(told) == stored
    assert len(told) == len(NUMBERS)
    for name, events in told.items():
        kinds = [kind for kind, _ in events]
        assert kinds[0] == "dialing", (name, kinds)
        assert kinds.count("ended") == 1, (name, kinds)
        assert kinds[-1] == "ended", (name, kinds)
        # One carrier, so one attempt: the order is that of a call's life.
        life = ["dialing", "ringing", "answered", "notice", "barge_in", "ended"]
        assert kinds == [kind for kind in life if kind in kinds], (name, kinds)
        times = [body["time"] for _, body in events]
        assert times == sorted(times), (name, times)
        assert {body["campaign"] for _, body in events} == {"demo"}
    answered = [body for events in told.values() for kind, body in events if kind == "answered"]
    assert len(answered) == KINDS.count(DROPS)
    outcomes = Counter(body["reason"] for body in story.bodies("/ended"))
    assert outcomes == {
        "busy": KINDS.count(BUSY),
        "declined": KINDS.count(DECLINES),
        "hung_up": KINDS.count(DROPS),
        "congestion": KINDS.count(CONGESTED),
        "no_answer": 1,
    }


def the_campaign_begins_and_ends(story: Story, summary: Body) -> None:
    others = ("/trunks/", "/audit/")
    topics = [topic for topic, _ in story.heard if not any(part in topic for part in others)]
    base = "dialer/demo"
    assert topics[0] == topics[-1] == f"{base}/status"
    assert [body["state"] for body in story.bodies("/status")] == ["online", "offline"]
    assert topics[1] == f"{base}/campaigns/demo/started"
    assert topics[-2] == f"{base}/campaigns/demo/finished"
    (started,), (finished,) = story.bodies("/started"), story.bodies("/finished")
    assert (started["total"], started["done"], started["resumed"]) == (len(NUMBERS), 0, False)
    assert (finished["done"], finished["why"]) == (len(NUMBERS), "done")
    assert finished["outcomes"] == summary["run"]["outcomes"]


def metrics_count_what_was_told(then: Story, shown: dict[str, Counter[tuple[str, ...]]]) -> None:
    """`then`: what was told until the scrape, while one call was ringing."""
    ended = Counter((body["reason"], body["who"]) for body in then.bodies("/ended"))
    assert shown["dialer_calls_total"] == ended
    by_trunk = Counter((reason, "carrier", who) for reason, who in ended.elements())
    assert shown["dialer_attempts_total"] == by_trunk
    assert shown["dialer_trunk_seizures_total"] == {("carrier",): len(then.bodies("/dialing"))}
    answers = len(then.bodies("/answered"))
    assert shown["dialer_trunk_answers_total"] == {("carrier",): answers}
    assert shown["dialer_answer_to_first_packet_seconds_count"] == {(): answers}
    ringing = len(then.bodies("/ringing"))
    assert shown["dialer_post_dial_delay_seconds_count"] == {("carrier",): ringing}
    assert shown["dialer_calls_live"] == {(): 1}
    assert shown["dialer_trunk_channels_used"] == {("carrier",): 1}


def nobody_is_named(story: Story, said: str) -> None:
    events = "\n".join(f"{topic} {json.dumps(body)}" for topic, body in story.heard)
    assert " debug " in said, "-vv tells more"
    for number in [*NUMBERS, CALLER_ID]:
        for digits in (number[1:], number[3:]):
            assert digits not in events
            assert digits not in said
