"""The far sides of a benchmark, each a process of its own, ended by its process id."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]


@contextmanager
def sipp(folder: Path) -> Iterator[int]:
    """SIPp as callees that answer at once and stay; gives its SIP port.

    They offer the RTP port that is dialled, see `address`. Raises RuntimeError where SIPp is
    missing or does not come up.
    """
    program = shutil.which("sipp")
    if program is None:
        raise RuntimeError("SIPp is not installed (Debian package sip-tester)")
    port = free_port()
    command = [
        *(program, "-sf", str(HERE / "callee-answers-and-stays.xml"), "-i", "127.0.0.1"),
        *("-p", str(port), "-mp", str(free_port()), "-nostdin", "-aa", "-timeout", "1800"),
    ]
    output = folder / f"sipp-{port}.output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=folder
        )
    try:
        deadline = time.monotonic() + 10
        while not _is_bound(port):
            if process.poll() is not None or time.monotonic() > deadline:
                said = output.read_text("utf-8", "replace").strip().splitlines()[-3:]
                raise RuntimeError(f"SIPp did not come up: {' '.join(said)}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        _wait(process)


def address(sip_port: int, rtp_port: int) -> str:
    """Whom to dial for RTP at `rtp_port`."""
    return f"sip:rtp-{rtp_port}@127.0.0.1:{sip_port}"


class Helper:
    """A program that prints JSON lines, as a context manager. It ends when its stdin is closed."""

    def __init__(self, command: Sequence[object]) -> None:
        paths = [str(CHECKOUT), str(CHECKOUT / "benchmarks"), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        _wait(self._process)
        if self._process.stdout:
            self._process.stdout.close()

    def tell(self, line: str) -> None:
        if self._process.stdin:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next line it prints, as JSON. Raises RuntimeError where it has died."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"a peer ended with status {self._process.wait()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def last_words(self) -> dict[str, Any]:
        """Close its stdin; what it prints then."""
        if self._process.stdin:
            self._process.stdin.close()
        return self.hear()


def free_rtp_ports(count: int) -> int:
    """The first of `count` even UDP ports in a row that are free now on loopback."""
    # Under the range from which the system itself gives out ports.
    for _ in range(100):
        first = random.randrange(20000, 30000, 2)
        if not any(_is_bound(first + 2 * number) for number in range(count)):
            return first
    raise RuntimeError(f"no {count} UDP ports in a row are free between 20000 and 32000")


def free_port() -> int:
    """A UDP port of loopback that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _wait(process: subprocess.Popen[Any]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
