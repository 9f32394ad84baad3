"""The demo's stage: a folder with everything `dialer run` would be given by a real user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.demo.files import Carrier, Job, free_ports, free_rtp_ports, write
from dialer.demo.people import Contact, Person, invite

RTP_SILENCE: Final = 2
"""Seconds without RTP after which a peer is given up: short, so that the demo is."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the files lie and who is at which port."""

    config: Path
    campaign: Path
    contacts: tuple[Contact, ...]
    carriers: dict[str, int]
    """SIP port of each carrier, by its trunk's name."""
    metrics_port: int


def build(folder: Path, count: int) -> Stage:
    """Write config, campaign, script and contacts for `count` people into `folder`."""
    port_a, port_b, metrics = free_ports(3)
    contacts = tuple(invite(count, free_rtp_ports(count)))
    job = Job(
        carriers=[Carrier("carrier-a", port_a, weight=2), Carrier("carrier-b", port_b)],
        numbers=[contact.number for contact in contacts],
        metrics_port=metrics,
        sip={"rtp_silence": f"{RTP_SILENCE}s"},
        routing={"no_progress": "2s", "ring": "5s"},
    )
    config, campaign = write(folder, job)
    carriers = {carrier.name: carrier.port for carrier in job.carriers}
    return Stage(config, campaign, contacts, carriers, metrics)


def write_plan(path: Path, contacts: tuple[Contact, ...], offer_at: float) -> None:
    """Tell the callees when to talk; `offer_at` is seconds from the notice to the question."""
    plans: list[dict[str, object]] = []
    for number, contact in enumerate(contacts):
        if not contact.person.answers:
            continue
        plan: dict[str, object] = {"port": contact.port}
        # Spread over one frame and more, so that onsets fall anywhere between two ticks.
        instant = offer_at + 0.8 + (number % 7) * 0.013
        match contact.person:
            case Person.TALKER:
                plan["talks"] = [(0.4, 0.6), (instant, 1.4)]
            case Person.COUGHER:
                plan["talks"] = [(instant, 0.08)]
            case Person.RENEWER:
                plan["keys"] = [(instant, "2")]
            case Person.OBJECTOR:
                # Every other one does not wait for the question.
                plan["keys"] = [(instant - offer_at * (number % 2), "1")]
            case Person.VANISHER:
                plan["vanishes"] = 1.0
            case _:
                pass
        plans.append(plan)
    path.write_text(json.dumps(plans), encoding="utf-8")
