"""A campaign over two trunks, the first of which fails, and what a capture shows of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialer import app
from dialer.campaign_run import CampaignRun, Summary
from dialer.core.records import AttemptRow, CallRow
from dialer.demo.files import LAB_CLOCK, Carrier, Job, write
from dialer.files import load_run
from tests.support.capture import Capture, SipPacket

SCRIPT = {
    "name": "bench",
    "language": "en",
    "disclosure": {
        "identity": {"say": "This is the robot of Example Bank."},
        "purpose": {"say": "It is about your card."},
        "opt_out": {"say": "Press 1 to stop."},
    },
    "start": "goodbye",
    "nodes": {"goodbye": {"say": "Goodbye.", "hang_up": True}},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a campaign: its summary, its records, and its SIP messages on the wire."""

    summary: Summary
    calls: list[CallRow]
    attempts: list[AttemptRow]
    packets: list[SipPacket]


async def dial(
    folder: Path,
    carriers: list[Carrier],
    calls: int,
    routing: Mapping[str, Any],
    concurrency: int,
    meanwhile: Callable[[CampaignRun], Coroutine[Any, Any, None]] | None = None,
) -> Seen:
    """Dial so many contacts to the end; numbers are +8610655 and five digits."""
    job = Job(
        carriers=carriers,
        numbers=[f"+8610655{10_000 + row:05d}" for row in range(calls)],
        concurrency=concurrency,
        script=SCRIPT,
        routing=routing,
        sip={"rtp_silence": "2s"},
    )
    config_path, campaign_path = write(folder, job)
    config, loaded = load_run(campaign_path, config_path, now=datetime.now(UTC))
    book = app.prompt_book(config, loaded)
    await book.make()
    try:
        with Capture({carrier.port for carrier in carriers}) as wire:
            async with app.node(config, lab_clock=LAB_CLOCK) as node:
                running = await node.campaign(loaded, book)
                dialling = asyncio.ensure_future(running.run())
                if meanwhile is not None:
                    await meanwhile(running)
                summary = await dialling
                store = node.service.parts.store
                rows, attempts = list(await store.calls()), list(await store.attempts())
    finally:
        book.close()
    return Seen(summary, rows, attempts, wire.sip())


def callee(packet: SipPacket) -> str:
    """The number that was dialled, by its To header."""
    found = re.search(r"sips?:\+?(\d+)@", packet.header("To") or "")
    return found[1] if found else ""


def first_by_callee(packets: list[SipPacket]) -> dict[str, float]:
    """When the first of these packets was seen, for every callee."""
    first: dict[str, float] = {}
    for packet in packets:
        first.setdefault(callee(packet), packet.at)
    return first


def invites(seen: Seen, port: int) -> list[SipPacket]:
    """INVITEs to a carrier, copies included."""
    return [each for each in seen.packets if each.what == "INVITE" and each.target == port]
