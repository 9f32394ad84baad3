"""The command `dialer` as a process of its own, on files made for carriers on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from dialer.core.values.records import AttemptRow, CallRow
from dialer.demo.sipp import Carrier
from dialer.store import SqlStore
from tests.support import commands


def dialer(*arguments: str, limit: float = 100) -> subprocess.CompletedProcess[str]:
    """Run a command of the dialer to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dialer", *arguments],
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )


def calls_of(config: Path) -> list[dict[str, Any]]:
    """All CDRs, as `dialer calls --json` shows them."""
    done = commands.run("calls", "-c", str(config), "--limit", "0", "--json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


class Run:
    """`dialer run` under way, as a context manager; what is still there at the end is killed."""

    def __init__(self, config: Path, campaign: Path, *options: str) -> None:
        self._command = [
            *(sys.executable, "-m", "dialer", "run", str(campaign)),
            *("-c", str(config), *options),
        ]
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.communicate()

    def kill(self) -> None:
        """As a power cut would: SIGKILL, nothing is flushed."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> None:
        self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def finish(self, limit: float = 100) -> tuple[int, str, str]:
        """Wait for its end: (exit code, standard output, standard error)."""
        assert self.process is not None
        out, err = self.process.communicate(timeout=limit)
        return self.process.returncode, out, err


def invites_so_far(carrier: Carrier) -> int:
    """INVITEs in the carrier's message file, copies included: quick, for waiting."""
    return carrier.messages_file.read_bytes().count(b"\nINVITE sip:")


def wait_for_invites(carrier: Carrier, count: int, limit: float = 60) -> None:
    """Until the carrier has seen `count` INVITEs; AssertionError after `limit` seconds."""
    until = time.monotonic() + limit
    while invites_so_far(carrier) < count:
        assert time.monotonic() < until, "the INVITEs never came"
        time.sleep(0.01)


def records(data_dir: Path) -> tuple[Sequence[CallRow], Sequence[AttemptRow]]:
    """Calls and attempts as the store of a dialer that has ended holds them."""

    async def read() -> tuple[Sequence[CallRow], Sequence[AttemptRow]]:
        store = SqlStore(data_dir, "reader", reader=True)
        await store.open()
        try:
            return await store.calls(), await store.attempts()
        finally:
            await store.close()

    return asyncio.run(read())
