"""A campaign over two trunks, the first of which fails, and what a capture shows of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialer.campaigns.run import CampaignRun, Summary
from dialer.core.values.records import AttemptRow, CallRow
from dialer.demo.files import Carrier
from tests.support.capture import Capture, SipPacket
from tests.support.loopback import campaign


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
    numbers = [f"+8610655{10_000 + row:05d}" for row in range(calls)]
    made = campaign(
        folder,
        carriers,
        numbers,
        concurrency=concurrency,
        routing=routing,
        sip={"rtp_silence": "2s"},
    )
    with Capture({carrier.port for carrier in carriers}) as wire:
        async with made as at:
            dialling = asyncio.ensure_future(at.running.run())
            if meanwhile is not None:
                await meanwhile(at.running)
            summary = await dialling
            store = at.node.service.parts.store
            rows, attempts = list(await store.calls()), list(await store.attempts())
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
