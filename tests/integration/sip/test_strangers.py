"""Floods of INVITEs that are turned away, while calls of ours live: none of them is ended by it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings
from tests.support.line import CALLER, SETTINGS, Listener, order
from tests.support.raw_sip import Datagrams
from tests.support.sipp import Sipp

CALLS = 40
SLOTS = 90
"""As a node with 40 channels has: each is used again and again."""
FLOOD = 3000


async def send(sender: Datagrams) -> None:
    """A thousand a second, about."""
    for number in range(FLOOD):
        sender.ask("INVITE", number=number)
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("source", ["127.0.0.2", "127.0.0.1"], ids=["stranger", "trunk"])
async def test_calls_that_are_turned_away_end_no_call_of_ours(tmp_path: Path, source: str) -> None:
    listener = Listener()
    with Sipp("callee-answers-at-rtp-port", tmp_path) as carrier:
        trunk = TrunkSettings("t0", carrier.uri, frozenset({CALLER}))
        line = SipLine(
            replace(SETTINGS, most_calls=SLOTS), [trunk], door=Door(DoorLimits(channels=1, cps=1))
        )
        await line.start(listener)
        try:
            names = [f"ours-{number}" for number in range(CALLS)]
            with Datagrams(source, line.port) as sender:
                flood = asyncio.create_task(send(sender))
                for name in names:
                    line.dial(order(name))
                    await asyncio.sleep(0.05)
                await flood
            await asyncio.sleep(1.0)
            answered = [name for name in names if Answered() in listener.told(name)]
            assert [name for name in answered if not listener.ends(name)] == names
        finally:
            await line.close()
