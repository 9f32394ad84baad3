"""What the command line costs: CPU seconds of `--help` and of every listing, on an empty store.

    python benchmarks/command_line.py

Each figure is the least of several runs, user and system together, with bytecode written.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from support.report import finish

from dialer.demo.files import Carrier, Job, write

LIMIT: Final = 0.35
"""CPU seconds."""
RUNS: Final = 7
LISTINGS: Final = (
    *("calls", "campaigns", "trunks", "scripts list", "suppress list", "suppress lists"),
    *("complaints list", "access list", "keys status", "recordings list", "retention certificates"),
)


def main() -> None:
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        job = Job(carriers=[Carrier("carrier", 5070)], numbers=["+861065550002"])
        config, _ = write(Path(folder), job)
        first = ("access", "grant", "bench", "--role", "admin", "-c", str(config))
        _cost(first, environment)
        commands = [("--help",), *((*each.split(), "-c", str(config)) for each in LISTINGS)]
        for command in commands:
            cost = min(_cost(command, environment) for _ in range(RUNS))
            figures[" ".join(command).partition(" -c")[0]] = round(cost, 3)
    finish("command_line", figures, {name: {"most": LIMIT} for name in figures})


def _cost(command: tuple[str, ...], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "dialer", *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
