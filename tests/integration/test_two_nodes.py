"""Two processes on one PostgreSQL, killed at random: nobody is called twice, no limit is passed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest

from tests.integration.node_worker import CAMPAIGNS, CONTACTS, LIMITS
from tests.support.postgres import Postgres

WORKER = Path(__file__).with_name("node_worker.py")
ROOT = Path(__file__).resolve().parents[2]
KILLS = 3


@dataclass
class Heard:
    """What the nodes said."""

    begun: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The number and the instant of each INVITE."""
    over: dict[str, float] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class Process:
    """A node in a process of its own, started again after each kill."""

    def __init__(self, postgres: Postgres, url: str, name: str, heard: Heard) -> None:
        self._arguments = (str(WORKER), url, str(postgres.own), name)
        self._name = name
        self._heard = heard
        self._process: asyncio.subprocess.Process | None = None
        self.opened = asyncio.Event()
        self.is_done = False

    async def run(self) -> None:
        """Until it has said that all is done."""
        while not self.is_done:
            self.opened.clear()
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._arguments,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            assert process.stdout is not None
            try:
                async for line in process.stdout:
                    # A line that the kill cut off was not said.
                    if line.endswith(b"\n"):
                        self._hear(line.decode().split())
            except BaseException:
                process.kill()
                raise
            code = await process.wait()
            assert code == (0 if self.is_done else -signal.SIGKILL), f"{self._name}: {code}"
            self._end_live_calls()

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)

    def _hear(self, words: list[str]) -> None:
        what, *rest = words
        if what == "open":
            self.opened.set()
        elif what == "done":
            self.is_done = True
        elif what == "begun":
            self._heard.begun[rest[0]] = (rest[1], float(rest[2]))
        elif what == "over":
            self._heard.over[rest[0]] = float(rest[1])
        else:
            self._heard.ended.add(rest[0])

    def _end_live_calls(self) -> None:
        """Calls do not outlive their process."""
        now = monotonic()
        for attempt in self._heard.begun:
            if attempt.startswith(f"a-{self._name}-"):
                self._heard.over.setdefault(attempt, now)


def most_at_once(heard: Heard) -> int:
    changes = [(at, 1) for _, at in heard.begun.values()]
    changes += [(at, -1) for at in heard.over.values()]
    live = most = 0
    for _, change in sorted(changes):
        live += change
        most = max(most, live)
    return most


def most_in_a_second(heard: Heard) -> int:
    instants = sorted(at for _, at in heard.begun.values())
    return max(bisect_left(instants, at + 1.0) - place for place, at in enumerate(instants))


@pytest.mark.slow
@pytest.mark.timeout(480)
async def test_two_nodes_killed_at_random_call_nobody_twice_and_pass_no_limit(
    postgres: Postgres, postgres_url: str
) -> None:
    lots = random.Random(20261122)
    heard = Heard()
    nodes = [Process(postgres, postgres_url, name, heard) for name in ("node-1", "node-2")]
    killed = 0
    async with asyncio.TaskGroup() as group:
        for node in nodes:
            group.create_task(node.run())
        for _ in range(KILLS):
            victim = lots.choice(nodes)
            await victim.opened.wait()
            so_far = len(heard.begun)
            after = so_far + lots.randrange(50, 400)
            while len(heard.begun) < after and not victim.is_done:  # noqa: ASYNC110 -- lines come in
                await asyncio.sleep(0.01)
            if victim.is_done:
                break
            victim.kill()
            killed += 1

    assert killed == KILLS

    # Both campaigns call the same people, and one call an hour is all that anybody gets.
    called = Counter(number for number, _ in heard.begun.values())
    assert max(called.values()) == 1
    assert most_at_once(heard) <= LIMITS.channels
    assert most_in_a_second(heard) <= LIMITS.cps

    store = postgres.store(postgres_url, "report", reader=True)
    await store.open()
    attempts = {row.attempt: row for row in await store.attempts()}
    calls = await store.calls()
    assert set(heard.begun) <= set(attempts)
    assert {str(attempts[name].outcome) for name in heard.ended} == {"dialer.completed"}
    assert {str(row.outcome) for row in attempts.values()} <= {
        "dialer.completed",
        "dialer.cut_short",
    }
    assert len(attempts) == len(calls)
    assert len({cdr.number for cdr in calls}) == len(calls) <= CONTACTS
    # Whoever was not called waits for their hour; nobody is stuck, nobody is lost.
    found = [await store.progress(campaign) for campaign in (1, 2)]
    assert len(found) == len(CAMPAIGNS)
    for progress in found:
        assert progress.total == CONTACTS
        assert (progress.waiting, progress.claimed) == (0, 0)
        assert progress.done + sum(progress.waiting_later.values()) == CONTACTS
    assert sum(progress.done for progress in found) == len(calls)
    assert len(calls) == CONTACTS
    await store.close()
