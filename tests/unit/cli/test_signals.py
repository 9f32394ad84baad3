"""Every signal that reaches a run: it drains, ends the calls, or does nothing; it never kills."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from dialer.cli.signals import DRAINING, IGNORED, Signals

TERM, INT, HUP, QUIT = signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT


class Run:
    """Writes down how it was drained."""

    def __init__(self) -> None:
        self.told: list[bool] = []

    def drain(self, *, at_once: bool) -> None:
        self.told.append(at_once)


async def send(*numbers: int) -> list[bool]:
    run = Run()
    with Signals(run):
        for number in numbers:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.02)
    return run.told


@pytest.mark.parametrize(
    "sent, told",
    [
        ([TERM], [False]),
        ([INT], [False]),
        ([HUP], [False]),
        ([QUIT], [True]),
        ([TERM, INT], [False, True]),
        ([HUP, HUP, HUP], [False]),
        ([HUP, TERM], [False, True]),
        ([TERM, HUP], [False]),
        ([TERM, QUIT], [False, True]),
        ([*IGNORED], []),
        ([signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGCONT], []),
    ],
)
async def test_what_a_signal_does(sent: list[int], told: list[bool]) -> None:
    assert await send(*sent) == told


async def test_under_nohup_a_hang_up_stays_ignored() -> None:
    before = signal.signal(HUP, signal.SIG_IGN)
    try:
        assert await send(HUP) == []
        assert signal.getsignal(HUP) is signal.SIG_IGN
    finally:
        signal.signal(HUP, before)


async def test_afterwards_signals_mean_what_they_did() -> None:
    heard = (*DRAINING, HUP, QUIT, *IGNORED)
    before = [signal.getsignal(number) for number in heard if number != INT]
    await send()
    assert [signal.getsignal(number) for number in heard if number != INT] == before
