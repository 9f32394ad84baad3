"""A node on the shipped fakes: scripted callees, a store in memory, time that a test moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry

from audio.prompts import Prompt
from dialer.calls.live import LiveCalls, Parts
from dialer.calls.switchboard import Switchboard
from dialer.campaigns.plan import CallRules, Plan, Say
from dialer.campaigns.run import CampaignRun
from dialer.clock import WatchedClock
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.script import Script
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.trunks.routing import Trunk
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from dialer.core.trunks.trunk_book import FailoverRules
from dialer.core.values.number import E164
from dialer.core.values.records import Contact
from dialer.core.values.retry import MOST_CALLS
from dialer.core.values.verdict import Allow
from dialer.errors import DialerError
from dialer.metrics.node import Metrics
from dialer.mqtt.table import Teller
from dialer.ports.line import Dial
from dialer.testing import Callee, FakeClock, MemoryStore, ScriptedLine
from dialer.trunks.connect_rates import ConnectRates
from dialer.trunks.pool import TrunkPool
from tests.support.orders import CALLER_ID
from tests.support.scripts import renewal
from tests.support.series import counted

LIMITS: Final = CallLimits(no_progress=4, ring=20, talk=60, cancel_grace=32, bye_grace=32)
NODE: Final = "node-1"
ALLOWING: Final = Gate([Rule("always", lambda _order, _history: Allow())])


@cache
def prompt(key: str) -> Prompt:
    """Half a second for any key of a script."""
    return Prompt(key, np.zeros(4000, np.int16), 8000)


async def for_anyone(_contact: Contact) -> Say:
    """`Plan.prepare` of a script that names no variable."""
    return prompt


def patient(_dial: Dial) -> Callee:
    """Answers, listens, and says nothing."""
    return Callee()


class Told:
    """An EventSink that keeps what it was told, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        self.events.append((topic, payload))

    def topics(self, end: str) -> list[str]:
        return [topic for topic, _ in self.events if topic.endswith(end)]

    def bodies(self, end: str) -> list[dict[str, object]]:
        return [body for topic, body in self.events if topic.endswith(end)]

    def of_calls(self) -> dict[str, list[str]]:
        """What was told of each call, in order."""
        told: dict[str, list[str]] = {}
        for topic, _ in self.events:
            room, name, *rest = topic.split("/")
            for what in rest if room == "calls" else ():
                told.setdefault(name, []).append(what)
        return told


def trunk(
    name: str = "carrier-a",
    channels: int = 20,
    cps: float = 20,
    numbers: Sequence[E164] = (CALLER_ID,),
) -> Trunk:
    return Trunk(name, 1, 1, frozenset(numbers), TrunkLoad(TrunkLimits(channels, cps)))


@dataclass
class Node:
    """The parts of a node, and what they were told; `open` the service before use.

    Inside `tests.support.fast_time.in_fast_time(node.clock, ...)`.
    """

    callee_of: Callable[[Dial], Callee] = patient
    trunks: Sequence[Trunk] = field(default_factory=lambda: [trunk()])
    store: MemoryStore = field(default_factory=MemoryStore)
    gate: Gate = ALLOWING
    limits: CallLimits = LIMITS
    drain_limit: float = 10.0
    line: ScriptedLine | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    told: Told = field(default_factory=Told)
    failover: FailoverRules = field(default_factory=FailoverRules)
    fault_calls: int = MOST_CALLS
    abandon_bound: bool = False
    hears: bool = False
    complaints: list[tuple[E164, str, datetime]] = field(default_factory=list)
    complaint_fault: DialerError | None = None

    def __post_init__(self) -> None:
        self.scripted = self.line or ScriptedLine(self.callee_of)
        self.metrics = Metrics(
            CollectorRegistry(),
            version="0",
            trunks={each.name: each.load.limits.channels for each in self.trunks},
            rules=["always", "per_number"],
        )
        clock, teller = WatchedClock(self.clock), Teller(self.told)
        rates = ConnectRates(self.trunks, self.failover, clock, self.metrics, teller)
        self.service = LiveCalls(
            Parts(NODE, self.store, self.scripted, clock, self.metrics, teller),
            TrunkPool(self.trunks, rates, clock),
        )

    def run_of(self, what: Plan, switchboard: Switchboard | None = None) -> CampaignRun:
        """A campaign's run on this node."""

        async def complain(number: E164, call: str, at: datetime) -> None:
            if self.complaint_fault is not None:
                raise self.complaint_fault
            self.complaints.append((number, call, at))

        rules = CallRules(
            self.gate, self.limits, self.abandon_bound, self.fault_calls, self.hears, complain
        )
        return CampaignRun(
            self.service, what, rules, drain_limit=self.drain_limit, switchboard=switchboard
        )

    def counted(self, name: str) -> dict[tuple[str, ...], float]:
        """A metric's series above 0, by the values of their labels."""
        return counted(self.metrics, name)


def plan(
    campaign: int,
    *,
    concurrency: int = 100,
    fresh: bool = True,
    prepare: Callable[[Contact], Awaitable[Say]] = for_anyone,
    caller_id: E164 = CALLER_ID,
    script: Script | None = None,
) -> Plan:
    return Plan(
        id=campaign,
        name="card-renewal",
        purpose="card-renewal",
        caller_id=caller_id,
        script=script or renewal(),
        concurrency=concurrency,
        prepare=prepare,
        fresh=fresh,
    )
