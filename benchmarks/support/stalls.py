"""When the machine itself stood still, seen by witnesses that outrank everything else.

    python stalls.py CORE

A virtual machine's core is taken away now and then for longer than a frame lasts. No program on
it can send in time then, so a latency that spans such a moment says nothing about the program.
One witness a core sleeps a millisecond over and over at a real-time priority above all others;
where it wakes late, nobody ran. It ends when its standard input is closed and prints what it saw
as one JSON line.
"""

from __future__ import annotations

import bisect
import json
import os
import select
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate

from support.peers import HERE, Helper

LEAST_NS = 5_000_000
"""A wait that is longer by this much is a stall: half of what the gap's limit leaves."""
PRIORITY = 80
NAP = 0.001


class Stalls:
    """The moments in which a core stood still, as `(begin, end)` in wall-clock ns."""

    def __init__(self) -> None:
        self._moments: list[tuple[int, int]] = []
        self._latest: list[int] = []
        self.watched = False
        """Whether every core had a witness at real-time priority."""

    def add(self, moments: Sequence[Sequence[int]]) -> None:
        self._moments = sorted([*self._moments, *((begin, end) for begin, end in moments)])
        self._latest = list(accumulate((end for _, end in self._moments), max))

    def touches(self, begin: int, end: int) -> bool:
        """Whether any stall overlaps the time from `begin` to `end`."""
        before = bisect.bisect_right(self._moments, (end, 0))
        return before > 0 and self._latest[before - 1] > begin

    def __len__(self) -> int:
        return len(self._moments)


@contextmanager
def witnesses() -> Iterator[Stalls]:
    """Watches every core while it is open; what was seen is there when it closes."""
    stalls = Stalls()
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        helpers = [
            stack.enter_context(Helper([sys.executable, HERE / "stalls.py", core]))
            for core in cores
        ]
        ready = [helper.hear()["realtime"] for helper in helpers]
        stalls.watched = all(ready)
        yield stalls
        for helper in helpers:
            stalls.add(helper.last_words()["stalls"])


def main() -> None:
    os.sched_setaffinity(0, {int(sys.argv[1])})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        realtime = True
    except PermissionError:
        realtime = False  # it would take its own waiting for the machine's
    print(json.dumps({"realtime": realtime}), flush=True)
    seen: list[tuple[int, int]] = []
    asked = select.poll()
    asked.register(sys.stdin, select.POLLIN | select.POLLHUP)
    before = time.time_ns()
    while not asked.poll(0):
        time.sleep(NAP)
        now = time.time_ns()
        if now - before > LEAST_NS + NAP * 1e9:
            seen.append((before, now))
        before = now
    print(json.dumps({"stalls": seen}), flush=True)


if __name__ == "__main__":
    main()
