"""kill -9 in the midst of commits: what was said to be committed is there, and no more is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dialer.store import SqlStore
from dialer.store.sqlite import FILE

WORKER = Path(__file__).with_name("store_worker.py")
ROOT = Path(__file__).resolve().parents[2]


def run_and_kill(data_dir: Path, seed: int, after: int) -> tuple[set[str], set[str]]:
    """Kill the worker once it has said so many lines; what it had said had begun, and ended."""
    said: dict[str, set[str]] = {"begun": set(), "ended": set()}
    with subprocess.Popen(
        [sys.executable, str(WORKER), str(data_dir), str(seed), "20"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "open\n"
        for number, line in enumerate(worker.stdout):
            # A line that the kill cut off was not said.
            if line.endswith("\n"):
                what, attempt = line.split()
                said[what].add(attempt)
            if number == after:
                worker.send_signal(signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL
    return said["begun"], said["ended"]


async def test_no_committed_attempt_is_lost_and_none_is_without_an_end(tmp_path: Path) -> None:
    lots = random.Random(20261122)
    begun: set[str] = set()
    ended: set[str] = set()
    for seed in range(4):
        more_begun, more_ended = run_and_kill(tmp_path, seed, lots.randrange(5, 400))
        begun |= more_begun
        ended |= more_ended
        database = sqlite3.connect(tmp_path / FILE)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        database.close()

    store = SqlStore(tmp_path, "node-1")
    await store.open()
    await store.recover("node-1", datetime.now(UTC))
    rows = {row.attempt: str(row.outcome) for row in await store.attempts()}
    assert begun <= set(rows)
    assert {rows[attempt] for attempt in ended} == {"dialer.completed"}
    assert set(rows.values()) <= {"dialer.completed", "dialer.cut_short"}
    calls = await store.calls()
    assert len(calls) == len(rows)
    assert all(cdr.outcome is not None for cdr in calls)
    # Nobody was called twice: a contact whose call was cut short is done with.
    assert len({cdr.number for cdr in calls}) == len(calls)
    progress = await store.progress(1)
    assert progress.done == len(calls)
    assert progress.claimed == 0
    assert progress.waiting + progress.done == progress.total == 19_998
    await store.close()
