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


def run_and_kill(data_dir: Path, seed: int, after: int, said: dict[str, set[str]]) -> None:
    """Kill the worker once it has said so many lines; adds which attempts it said what of."""
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


async def test_no_committed_attempt_is_lost_and_none_is_without_an_end(tmp_path: Path) -> None:
    lots = random.Random(20261122)
    said: dict[str, set[str]] = {"begun": set(), "refused": set(), "ended": set()}
    for seed in range(4):
        run_and_kill(tmp_path, seed, lots.randrange(5, 400), said)
        database = sqlite3.connect(tmp_path / FILE)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        # A refusal is in the book, or nowhere at all.
        opted_out = database.execute(
            "SELECT number_key, opted_out_at FROM calls WHERE opted_out_at IS NOT NULL"
        ).fetchall()
        book = database.execute("SELECT number, since FROM do_not_call WHERE why = 'refusal'")
        assert sorted(book.fetchall()) == sorted(opted_out)
        attempts = database.execute(
            "SELECT attempt FROM attempts JOIN calls USING (call) WHERE opted_out_at IS NOT NULL"
        )
        assert said["refused"] <= {attempt for (attempt,) in attempts}
        database.close()

    store = SqlStore(tmp_path, "node-1")
    await store.open()
    await store.recover("node-1", datetime.now(UTC))
    rows = {row.attempt: str(row.outcome) for row in await store.attempts()}
    assert said["begun"] <= set(rows)
    for attempt in said["ended"]:
        how = "callee.opted_out" if attempt in said["refused"] else "dialer.completed"
        assert rows[attempt] == how
    assert said["refused"] & said["ended"]
    assert set(rows.values()) <= {"dialer.completed", "callee.opted_out", "dialer.cut_short"}
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
