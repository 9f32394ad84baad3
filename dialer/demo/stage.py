"""The demo's stage: a folder with everything `dialer run` would be given by a real user."""

from __future__ import annotations

import json
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.demo.people import Contact, Person, invite

CALLER_ID: Final = "+861065550100"
RTP_SILENCE: Final = 2.0
"""Seconds without RTP after which a peer is given up: short, so that the demo is."""

_DIALER: Final = """\
node: demo
data_dir: var
operator:
  name: Example Bank
  licence: {{number: B2-20260001, expires: 2099-12-31}}
  callback: "{caller_id}"
sip:
  bind: 127.0.0.1:0
  rtp_ports: {rtp_low}-{rtp_high}
  codecs: [PCMA]
  rtp_silence: {silence}
trunks:
  - name: carrier-a
    uri: sip:127.0.0.1:{carrier_a}
    channels: 20
    cps: 10
    weight: 2
    numbers: [{{number: "{caller_id}", holder: Example Bank, proof: demo, expires: 2099-12-31}}]
  - name: carrier-b
    uri: sip:127.0.0.1:{carrier_b}
    channels: 20
    cps: 10
    weight: 1
    numbers: [{{number: "{caller_id}", holder: Example Bank, proof: demo, expires: 2099-12-31}}]
routing: {{no_progress: 2s, ring: 5s}}
metrics: {{listen: "127.0.0.1:{metrics}"}}
"""

_CAMPAIGN: Final = """\
name: demo
purpose: card-renewal
script: script.yaml
caller_id: "{caller_id}"
contacts: contacts.csv
concurrency: 40
"""

_SCRIPT: Final = """\
name: demo
language: en
disclosure:
  identity: {say: "This is the robot of Example Bank."}
  purpose: {say: "It is about your card."}
  recording: {say: "We may record."}
  opt_out: {say: "Press 1 to stop."}
start: offer
nodes:
  offer:
    say: "Your card expires next month. Press 2 and we will send a new one to your address."
    listen: 1500ms
    on:
      - {intent: yes, words: ["yes"], dtmf: "2", go: done}
    silence: {go: goodbye, at_most: 1}
    otherwise: {go: goodbye}
  done: {say: "Thank you, it is on its way.", hang_up: true}
  goodbye: {say: "Goodbye.", hang_up: true}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the files lie and who is at which port."""

    folder: Path
    contacts: tuple[Contact, ...]
    carriers: dict[str, int]
    """SIP port of each carrier, by its trunk's name."""
    metrics_port: int

    @property
    def config(self) -> Path:
        return self.folder / "dialer.yaml"

    @property
    def campaign(self) -> Path:
        return self.folder / "campaign.yaml"


def build(folder: Path, count: int) -> Stage:
    """Write config, campaign, script and contacts for `count` people into `folder`."""
    carrier_a, carrier_b, metrics = _free_tcp_and_udp_ports(3)
    low = random.SystemRandom().randrange(20_000, 28_000, 2)
    contacts = tuple(invite(count, _free_rtp_ports(count)))
    (folder / "dialer.yaml").write_text(
        _DIALER.format(
            caller_id=CALLER_ID,
            carrier_a=carrier_a,
            carrier_b=carrier_b,
            rtp_low=low,
            rtp_high=low + 4000,
            silence=f"{RTP_SILENCE:g}s",
            metrics=metrics,
        ),
        encoding="utf-8",
    )
    (folder / "campaign.yaml").write_text(_CAMPAIGN.format(caller_id=CALLER_ID), encoding="utf-8")
    (folder / "script.yaml").write_text(_SCRIPT, encoding="utf-8")
    rows = ["number,consent_purpose,consent_source,consent_at,consent_ref"]
    rows += [
        f"{contact.number},card-renewal,branch,2026-01-05T10:00:00+08:00,demo/{row}"
        for row, contact in enumerate(contacts, start=1)
    ]
    (folder / "contacts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    carriers = {"carrier-a": carrier_a, "carrier-b": carrier_b}
    return Stage(folder, contacts, carriers, metrics)


def write_plan(path: Path, contacts: tuple[Contact, ...], offer_at: float) -> None:
    """Tell the callees when to talk; `offer_at` is seconds from the notice to the question."""
    plans: list[dict[str, object]] = []
    for number, contact in enumerate(contacts):
        if not contact.person.answers:
            continue
        plan: dict[str, object] = {"port": contact.port}
        # Spread over one frame and more, so that onsets fall anywhere between two ticks.
        instant = offer_at + 0.8 + (number % 7) * 0.013
        if contact.person is Person.TALKER:
            plan["talks"] = [(0.4, 0.6), (instant, 1.4)]
        elif contact.person is Person.COUGHER:
            plan["talks"] = [(instant, 0.08)]
        elif contact.person is Person.RENEWER:
            plan["keys"] = [(instant, "2")]
        elif contact.person is Person.OBJECTOR:
            plan["keys"] = [(instant - offer_at * (number % 2), "1")]
        elif contact.person is Person.VANISHER:
            plan["vanishes"] = 1.0
        plans.append(plan)
    path.write_text(json.dumps(plans), encoding="utf-8")


def _free_tcp_and_udp_ports(count: int) -> list[int]:
    held: list[socket.socket] = []
    ports: list[int] = []
    while len(ports) < count:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        held.append(udp)
        ports.append(udp.getsockname()[1])
    for each in held:
        each.close()
    return ports


def _free_rtp_ports(count: int) -> list[int]:
    """Even UDP ports between 10000 and 19998: below what the kernel hands out by itself."""
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
    msg = "no free UDP ports between 10000 and 20000 on 127.0.0.1: stop what holds them"
    raise OSError(msg)
