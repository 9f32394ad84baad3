"""A whole node in this process, over carriers on loopback: the real line, store and prompts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from audio.prompts import Prompt
from dialer.app.node import prompt_book, running_node
from dialer.app.running import Node
from dialer.campaigns.run import CampaignRun
from dialer.demo.files import LAB_CLOCK, Carrier, Job, write
from dialer.files import load_run

SCRIPT: Final[Mapping[str, Any]] = {
    "name": "short",
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
class Loopback:
    """A node that is up, and the campaign that it may run."""

    config: Path
    node: Node
    running: CampaignRun


@asynccontextmanager
async def campaign(
    folder: Path,
    carriers: Sequence[Carrier],
    numbers: Sequence[str],
    *,
    concurrency: int = 200,
    routing: Mapping[str, Any] | None = None,
    sip: Mapping[str, Any] | None = None,
    script: Mapping[str, Any] = SCRIPT,
    more: Mapping[str, Any] | None = None,
    said: Mapping[str, Prompt] | None = None,
) -> AsyncIterator[Loopback]:
    """Files for `folder`, prompts, a node, and a campaign of these numbers, not begun.

    `said` is said in place of what the script's prompts would, unchecked.
    """
    job = Job(
        carriers=carriers,
        numbers=numbers,
        script=script,
        concurrency=concurrency,
        routing=routing or {},
        sip=sip or {},
        more=more or {},
    )
    config_path, campaign_path = write(folder, job)
    config, loaded = load_run(campaign_path, config_path, now=datetime.now(UTC))
    book = prompt_book(config, loaded)
    await book.make()
    book._static.update(said or {})
    try:
        async with running_node(config, lab_clock=LAB_CLOCK) as node:
            yield Loopback(config_path, node, await node.campaign(loaded, book))
    finally:
        book.close()
