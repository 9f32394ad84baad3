"""Load in four shapes: writes what the dialer needs, and tells the commands to run.

`python -m sipp_scenarios.load SHAPE FOLDER [--cps N] [--seconds N] [--port N]`

The carrier is SIPp, the shape is the dialer's own: calls a second and channels of its trunk, and
the number of contacts.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.config.document import MOST_CHANNELS
from dialer.demo.files import LAB_CLOCK, Carrier, Job, write

SCENARIOS: Final = Path(__file__).resolve().parent
SHAPES: Final = {
    "steady": "as many calls each second, for so long",
    "ramp": "an eighth of the calls a second, a quarter, a half, all: each a fourth of the time",
    "burst": "all calls of that time at once",
    "busy-hour": "as steady, to a carrier whose callees answer, talk, ring, are busy as in life",
}
_QUICK: Final = "load-callee-answers-and-hangs-up.xml"
_MIXED: Final = "load-carrier-busy-hour.xml"
_LONGEST: Final = 30
"""Seconds that a call may last, ringing and talk: what channels are reckoned by."""


@dataclass(frozen=True, slots=True)
class Load:
    """The commands as lists of words: `carrier`, to be left running, then each of `runs`."""

    carrier: list[str]
    runs: list[list[str]]


def make(shape: str, folder: Path, *, cps: float, seconds: float, port: int) -> Load:
    """Write configuration, campaign, script and contacts below `folder`, one set a run."""
    steps = {"ramp": [(cps * part, seconds / 4) for part in (0.125, 0.25, 0.5, 1.0)]}.get(
        shape, [(cps, seconds)]
    )
    runs = []
    first = 0
    for number, (pace, span) in enumerate(steps, start=1):
        calls = max(1, round(pace * span))
        below = folder / f"{shape}-{number}"
        below.mkdir(parents=True)
        job = Job(
            carriers=[_trunk(shape, port, calls, pace)],
            # Nobody twice: the rules know of no load tests.
            numbers=[f"+861391{row:07d}" for row in range(first, first + calls)],
            name=f"{shape}-{number}",
            concurrency=min(calls, 10_000),
            routing={"ring": "5s"},
            # One store and one set of prompts for all runs.
            more={"data_dir": str(folder / "var")},
        )
        first += calls
        config, campaign = write(below, job)
        runs.append(
            [
                *("dialer", "run", str(campaign), "-c", str(config)),
                *("--lab-clock", LAB_CLOCK.isoformat()),
            ]
        )
    scenario = _MIXED if shape == "busy-hour" else _QUICK
    carrier = [
        *("sipp", "-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-p", str(port)),
        *("-mi", "127.0.0.1", "-mp", str(port // 2 * 2 + 2), "-rtp_echo"),
        *("-aa", "-nd", "-nostdin"),
    ]
    return Load(carrier, runs)


def _trunk(shape: str, port: int, calls: int, pace: float) -> Carrier:
    if shape == "burst":
        return Carrier("load", port, channels=min(calls, MOST_CHANNELS), cps=min(calls, 1000))
    channels = min(calls, round(pace * _LONGEST) + 1, MOST_CHANNELS)
    return Carrier("load", port, channels=channels, cps=pace)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sipp_scenarios.load")
    parser.add_argument(
        "shape", choices=SHAPES, help="; ".join(f"{k}: {v}" for k, v in SHAPES.items())
    )
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--cps", type=float, default=20.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long calls are launched")
    parser.add_argument("--port", type=int, default=5070, help="the carrier's, on 127.0.0.1")
    asked = parser.parse_args(arguments)
    load = make(
        asked.shape, asked.folder.resolve(), cps=asked.cps, seconds=asked.seconds, port=asked.port
    )
    print("# the carrier, in a terminal of its own")
    print(shlex.join(load.carrier))
    print("# the dialer")
    for run in load.runs:
        print(shlex.join(run))
    return 0


if __name__ == "__main__":
    sys.exit(main())
