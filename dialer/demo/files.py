"""The files that a user would write, made for carriers on loopback: demo, tests, benchmarks."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from dialer.errors import LineError

CALLER_ID: Final = "+861065550100"
LAB_CLOCK: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning where the people of the demo live."""
LAB_NUMBERS: Final = ("+1", "+44", "+7", "+86")
"""What its labs dial: nobody was ever given access there, and nothing leaves loopback."""
PURPOSE: Final = "card-renewal"
_PROOF: Final = {"holder": "Example Bank", "proof": "example", "expires": "2099-12-31"}

SCRIPT: Final[Mapping[str, Any]] = {
    "name": "renewal",
    "language": "en",
    "disclosure": {
        "identity": {"say": "This is the robot of Example Bank."},
        "purpose": {"say": "It is about your card."},
        "recording": {"say": "We may record."},
        "opt_out": {"say": "Press 1 to stop."},
    },
    "start": "offer",
    "nodes": {
        "offer": {
            "say": "Your card expires next month. Press 2 and we will send a new one to you.",
            "listen": "1500ms",
            "on": [{"intent": "yes", "words": ["yes"], "dtmf": "2", "go": "done"}],
            "silence": {"go": "goodbye", "at_most": 1},
            "otherwise": {"go": "goodbye"},
        },
        "done": {"say": "Thank you, it is on its way.", "hang_up": True},
        "goodbye": {"say": "Goodbye.", "hang_up": True},
    },
}
"""A script short enough for calls of ten seconds."""
WORDS: Final[Mapping[str, str]] = {
    name: said["say"] for part in ("disclosure", "nodes") for name, said in SCRIPT[part].items()
}
"""What it says, by name: identity, purpose, ..., offer, done, goodbye."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One trunk to a carrier at 127.0.0.1:`port`."""

    name: str
    port: int
    channels: int = 20
    cps: float = 10
    weight: int = 1
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What to write. `sip`, `routing` and `more` are sections of dialer.yaml laid over our own."""

    carriers: Sequence[Carrier]
    numbers: Sequence[str]
    name: str = "demo"
    concurrency: int = 40
    metrics_port: int | None = None
    script: Mapping[str, Any] = field(default_factory=lambda: SCRIPT)
    sip: Mapping[str, Any] = field(default_factory=dict)
    routing: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def write(folder: Path, job: Job) -> tuple[Path, Path]:
    """Write config, campaign, script and contacts; the paths of the first two."""
    metrics = "off" if job.metrics_port is None else f"127.0.0.1:{job.metrics_port}"
    config = {
        "node": job.name,
        "data_dir": str(folder / "var"),
        "operator": {
            "name": "Example Bank",
            "licence": {"number": "B2-20260001", "expires": "2099-12-31"},
            "callback": CALLER_ID,
        },
        "sip": {"bind": "127.0.0.1:0", "codecs": ["PCMA"], **job.sip},
        "trunks": [
            {
                "name": carrier.name,
                "uri": f"sip:127.0.0.1:{carrier.port}",
                "channels": carrier.channels,
                "cps": carrier.cps,
                "weight": carrier.weight,
                "priority": carrier.priority,
                "lab": True,
                "numbers": [{"number": CALLER_ID, **_PROOF}],
            }
            for carrier in job.carriers
        ],
        "routing": {"fault_calls": 1, **job.routing},  # nobody here waits for better carriers
        "metrics": {"listen": metrics},
        **job.more,
        "compliance": {"lab_numbers": list(LAB_NUMBERS), **job.more.get("compliance", {})},
    }
    campaign = {
        "name": job.name,
        "purpose": PURPOSE,
        "script": "script.yaml",
        "caller_id": CALLER_ID,
        "contacts": "contacts.csv",
        "concurrency": job.concurrency,
    }
    rows = ["number,consent_purpose,consent_source,consent_at,consent_ref"]
    rows += [
        f"{number},{PURPOSE},branch,2026-01-05T10:00:00+08:00,{job.name}/{row}"
        for row, number in enumerate(job.numbers, start=1)
    ]
    (folder / "contacts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name, content in (("dialer", config), ("campaign", campaign), ("script", job.script)):
        text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "dialer.yaml", folder / "campaign.yaml"


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that were free a moment ago."""
    held: list[socket.socket] = []
    for _ in range(count):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        held.append(udp)
    ports = [int(udp.getsockname()[1]) for udp in held]
    for udp in held:
        udp.close()
    return ports


def free_rtp_ports(count: int) -> list[int]:
    """Even UDP ports between 10000 and 19998: below what the kernel hands out by itself.

    Raises LineError where there are not so many.
    """
    ports: list[int] = []
    for port in range(random.SystemRandom().randrange(10_000, 16_000, 2), 20_000, 2):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise LineError("no free UDP ports between 10000 and 20000 on 127.0.0.1: stop what holds them")
