"""The clock in a process that is really stopped: what is made good, what is skipped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

PROGRAM = """
import json, sys
from tests.support.conference import conference, let_pass
with conference() as bridge:
    let_pass(bridge, 5)
    for line in sys.stdin:
        let_pass(bridge, 10)
        print(json.dumps(bridge.counts()), flush=True)
"""


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

    def counts(self) -> dict[str, int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("{"):
            assert line, "the bridge's process has died"
        counts: dict[str, int] = json.loads(line)
        return counts

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
    before = stoppable.counts()
    begun = time.monotonic()
    stoppable.stop_for(1.0)
    after = stoppable.counts()
    elapsed = time.monotonic() - begun
    ticks = after["ticks"] - before["ticks"]
    skipped = after["skipped_ticks"] - before["skipped_ticks"]
    assert skipped >= 40, "50 ticks are missing, of which 5 or so are made good"
    assert after["caught_up_ticks"] > before["caught_up_ticks"]
    assert after["late_ticks"] > before["late_ticks"]
    assert 45 <= ticks + skipped <= elapsed / 0.02 + 2, (
        "no tick is lost to the count, none invented"
    )


def test_a_short_stall_is_made_good(stoppable: Stoppable) -> None:
    before = stoppable.counts()
    begun = time.monotonic()
    stoppable.stop_for(0.05)
    after = stoppable.counts()
    missing = (time.monotonic() - begun) / 0.02 - (after["ticks"] - before["ticks"])
    skipped = after["skipped_ticks"] - before["skipped_ticks"]
    assert after["late_ticks"] > before["late_ticks"]
    assert missing - skipped < 3, "the ticks of the stall were run, or counted as skipped"
