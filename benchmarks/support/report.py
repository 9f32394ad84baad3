"""The one line that every benchmark prints, and how it ends."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

LIMIT_WORDS = {"most": lambda found, limit: found <= limit, "least": lambda f, limit: f >= limit}


def finish(
    benchmark: str,
    figures: Mapping[str, object],
    limits: Mapping[str, Mapping[str, float]],
    void: str | None = None,
) -> None:
    """Print the JSON line and exit: 0 where every limit holds, else 1.

    `limits` maps a figure's name to `{"most": x}`, `{"least": x}` or both. A figure that is
    missing misses its limits. `void` says why the run proves nothing (the generator was the
    limit); it is then not ok whatever the figures.
    """
    missed = [
        f"{name} {word} {limit:g}"
        for name, words in limits.items()
        for word, limit in words.items()
        if not _holds(figures.get(name), word, limit)
    ]
    line: dict[str, object] = {
        "benchmark": benchmark,
        "ok": not missed and void is None,
        "figures": figures,
        "limits": limits,
        "machine": machine(),
    }
    if missed:
        line["missed"] = missed
    if void is not None:
        line["void"] = void
    print(json.dumps(line), flush=True)
    sys.exit(0 if line["ok"] else 1)


def say(text: str) -> None:
    """Progress, for people, on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def machine() -> dict[str, object]:
    """What the figures were seen on."""
    info = Path("/proc/cpuinfo").read_text("utf-8")
    models = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "stolen_share": stolen_share(),
    }


def stolen_share() -> float | None:
    """The part of the time our cores wanted to run in which the host let others run.

    Since the benchmark began; None where the kernel does not tell.
    """
    if not (_AT_START and (now := _cpu_times())):
        return None
    spent = [after - before for before, after in zip(_AT_START, now, strict=True)]
    idle, stolen = spent[3] + spent[4], spent[7]
    return round(stolen / max(1, sum(spent) - idle), 3)


def _cpu_times() -> list[int]:
    """User, nice, system, idle, iowait, irq, softirq, steal of all cores (proc_stat(5))."""
    try:
        first = Path("/proc/stat").read_text("ascii").splitlines()[0].split()
    except OSError:
        return []
    return [int(field) for field in first[1:9]]


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie; NaN where there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _holds(found: object, word: str, limit: float) -> bool:
    return isinstance(found, (int, float)) and LIMIT_WORDS[word](float(found), limit)


_AT_START = _cpu_times()
