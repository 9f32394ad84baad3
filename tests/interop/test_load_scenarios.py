"""The four shapes of load, by the commands that load testers are told to type."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialer.core.values.records import AttemptRow, CallRow
from sipp_scenarios import load
from tests.support.dialing import records
from tests.support.sipp import free_port

pytestmark = pytest.mark.slow

README = Path(__file__).resolve().parents[2] / "sipp_scenarios" / "README.md"


def told(
    shape: str, folder: Path, capsys: pytest.CaptureFixture[str], *, cps: float, seconds: float
) -> list[list[str]]:
    """The commands that are printed, the carrier's first."""
    load.main(
        [
            *(shape, str(folder), "--cps", str(cps)),
            *("--seconds", str(seconds), "--port", str(free_port())),
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    return [shlex.split(line) for line in lines if not line.startswith("#")]


@contextmanager
def carrier(command: Sequence[str], folder: Path) -> Iterator[None]:
    with (folder / "sipp.output").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield
        assert process.poll() is None, (folder / "sipp.output").read_text("utf-8", "replace")
    finally:
        process.kill()
        process.wait()


def run(command: Sequence[str]) -> tuple[Sequence[CallRow], Sequence[AttemptRow]]:
    assert command[0] == "dialer"
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return records(Path(command[2]).parents[1] / "var")


def span(attempts: Sequence[AttemptRow]) -> float:
    times = [attempt.committed_at for attempt in attempts]
    return (max(times) - min(times)).total_seconds()


def test_steady(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sipp, dialer = told("steady", tmp_path, capsys, cps=10, seconds=3)
    with carrier(sipp, tmp_path):
        calls, attempts = run(dialer)
    assert Counter(str(call.outcome) for call in calls) == {"callee.hung_up": 30}
    assert span(attempts) > 1.5, "not faster than cps"


def test_ramp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sipp, *dialers = told("ramp", tmp_path, capsys, cps=16, seconds=4)
    with carrier(sipp, tmp_path):
        so_far = [len(run(dialer)[0]) for dialer in dialers]
        calls, _ = records(tmp_path / "var")
    assert so_far == [2, 6, 14, 30]
    assert len({call.number.clear for call in calls}) == 30, "nobody twice"


def test_burst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sipp, dialer = told("burst", tmp_path, capsys, cps=4, seconds=10)
    with carrier(sipp, tmp_path):
        calls, attempts = run(dialer)
    assert Counter(str(call.outcome) for call in calls) == {"callee.hung_up": 40}
    assert span(attempts) < 6.0, "not as cps says, but at once"


def test_busy_hour(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sipp, dialer = told("busy-hour", tmp_path, capsys, cps=20, seconds=4)
    with carrier(sipp, tmp_path):
        calls, _ = run(dialer)
    count = Counter(str(call.outcome) for call in calls)
    assert sum(count.values()) == 80
    # By chance: that less than one of 80 is answered, or rings on, has odds below 1e-11.
    assert count["callee.no_answer"]
    assert count["callee.hung_up"] + count["dialer.completed"]
    assert set(count) <= {
        *("callee.hung_up", "callee.no_answer", "callee.busy", "callee.unavailable"),
        *("callee.unallocated", "dialer.completed"),
    }


def test_the_readme_tells_every_shape() -> None:
    text = README.read_text(encoding="utf-8")
    assert [shape for shape in load.SHAPES if f"sipp_scenarios.load {shape} " not in text] == []
