"""The signals that stop `dialer run`."""

from __future__ import annotations

import logging
import os
import signal

import pytest

from dialer.cli.signals import Signals
from tests.support.waiting import until


class Running:
    def __init__(self) -> None:
        self.drained: list[bool] = []

    def drain(self, *, at_once: bool = False) -> None:
        self.drained.append(at_once)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_lets_calls_finish_and_every_further_one_ends_them(
    first: signal.Signals, second: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    running = Running()
    before = signal.getsignal(first)
    with Signals(running):
        assert running.drained == []
        for count, each in enumerate((first, second, first), start=1):
            os.kill(os.getpid(), each)
            await until(lambda count=count: len(running.drained) == count)
    assert running.drained == [False, True, True]
    assert [record.getMessage() for record in caplog.records] == [
        "no new calls; live ones finish",
        "ending live calls now",
        "ending live calls now",
    ]
    assert signal.getsignal(first) in {before, signal.SIG_DFL, signal.default_int_handler}
