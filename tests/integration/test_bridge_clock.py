"""The clock in a process that is really stopped: what is made good, what is skipped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

PROGRAM = """
import json, sys, time
from tests.support.conference import conference, let_pass
with conference() as bridge:
    let_pass(bridge, 5)
    for line in sys.stdin:
        let_pass(bridge, 10)
        before = time.monotonic()
        counts = bridge.counts()
        print(json.dumps({"counts": counts, "read": [before, time.monotonic()]}), flush=True)
"""


@dataclass(frozen=True)
class Reading:
    """What the clock had counted at some instant between `earliest` and `latest`."""

    counts: dict[str, int]
    earliest: float
    latest: float

    def since(self, before: Reading, count: str) -> int:
        return self.counts[count] - before.counts[count]

    def missing(self, before: Reading) -> float:
        """How many ticks' time has passed since then, at least, without being accounted for."""
        due = (self.earliest - before.latest) / 0.02
        return due - self.since(before, "ticks") - self.since(before, "skipped_ticks")

    def too_many(self, before: Reading) -> float:
        """How many ticks were accounted for since then, at least, for which there was no time."""
        due = (self.latest - before.earliest) / 0.02
        return self.since(before, "ticks") + self.since(before, "skipped_ticks") - due


class Stoppable:
    """A bridge in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def read(self) -> Reading:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("{"):
            assert line, "the bridge's process has died"
        told = json.loads(line)
        return Reading(told["counts"], *told["read"])

    def all_accounted_for_since(self, before: Reading) -> Reading:
        """Awaited, as the clock may be behind at the very moment: what is lost never is."""
        deadline = time.monotonic() + 30
        while (now := self.read()).missing(before) >= 3:
            assert time.monotonic() < deadline, (before, now)
        return now

    def stop_for(self, seconds: float) -> None:
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def stoppable() -> Iterator[Stoppable]:
    stoppable = Stoppable()
    yield stoppable
    assert stoppable.process.stdin is not None
    assert stoppable.process.stdout is not None
    stoppable.process.stdin.close()
    assert stoppable.process.wait(20) == 0
    stoppable.process.stdout.close()


def test_a_long_stall_is_skipped_but_for_a_short_burst(stoppable: Stoppable) -> None:
    before = stoppable.read()
    stoppable.stop_for(1.0)
    after = stoppable.all_accounted_for_since(before)
    assert after.since(before, "skipped_ticks") >= 40, (
        "50 ticks are missing, of which 5 or so are made good"
    )
    assert after.since(before, "caught_up_ticks") > 0
    assert after.since(before, "late_ticks") > 0
    assert after.too_many(before) <= 2, "no tick is invented"


def test_a_short_stall_is_made_good(stoppable: Stoppable) -> None:
    before = stoppable.read()
    stoppable.stop_for(0.05)
    after = stoppable.all_accounted_for_since(before)
    assert after.since(before, "late_ticks") > 0
    assert after.too_many(before) <= 2, "no tick is invented"
