"""Scripts for tests, built in code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from audio.events import BargeInPolicy
from dialer.core.dialog.script import (
    GOODBYE,
    Disclosure,
    Go,
    Intent,
    Node,
    Say,
    Script,
    Silence,
    Transfer,
)
from dialer.core.values.targets import Extension

DISCLOSURE = Disclosure(
    identity=Say("This is the automated assistant of Example Bank."),
    purpose=Say("We call about renewing your card."),
    recording=Say("This call may be recorded."),
    opt_out=Say("Press 1 to end this call."),
)

OFFER = Node(
    "offer",
    Say("Shall we renew your card, {name}?"),
    listen=5.0,
    intents=(
        Intent("yes", ("yes", "sure"), "2", Go("done")),
        Intent("agent", ("agent",), "0", Transfer(Extension("queue", "pbx.example"))),
    ),
    silence=Silence("offer", 1),
    otherwise=GOODBYE,
)
DONE = Node("done", Say("Thank you."), hang_up=True)
FAREWELL = Node(GOODBYE, Say("Goodbye."), hang_up=True)


def script(*nodes: Node, start: str | None = None) -> Script:
    """A script of these nodes and a goodbye; it starts at the first."""
    every = {node.name: node for node in (*nodes, FAREWELL)}
    return Script("test", "en", DISCLOSURE, start or nodes[0].name, every, GOODBYE)


def renewal(policy: BargeInPolicy = BargeInPolicy.STOP) -> Script:
    """The sample of the design page."""
    return script(replace(OFFER, policy=policy), DONE)


def asking(name: str, otherwise: str, ways: Iterable[str] = ()) -> Node:
    """A node that asks, with one key, from 2 on, for each way on."""
    keys = "234567890"
    intents = tuple(
        Intent(f"to_{way}", (), key, Go(way)) for key, way in zip(keys, ways, strict=False)
    )
    return Node(name, Say(f"This is {name}."), listen=3.0, intents=intents, otherwise=otherwise)
