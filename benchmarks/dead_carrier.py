"""A dead carrier: how soon the INVITE on the next one follows.

    .venv/bin/python benchmarks/dead_carrier.py [--calls 150]

Each call goes first to a carrier that refuses with 503, then (anew) to a closed UDP port, then to
one that never says a word; the next carrier is SIPp and answers. A capture on loopback tells the
time from the 503, or from the INVITE to the closed port, to the INVITE on the next carrier; of the
silent carrier, how much later than `no_progress` that was. Failover by connect rate is off, or the
dead carrier would soon be asked no more. Prints one JSON line; exit code 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from support.report import finish, percentile, say

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' capture serves here too

from support.two_carriers import Seen, dial, first_by_callee, invites

from dialer.demo.files import Carrier, free_ports
from dialer.demo.sipp import Carrier as Sipp

NO_PROGRESS = 1.0
CPS = 20
CONCURRENCY = 16
"""Fewer calls than the trunks would carry: else those that move on would wait for the trunk's turn
behind new ones, and that would be measured."""
LIMIT_MS = 50.0


def delays(seen: Seen, dead: int, alive: int, kind: str) -> list[float]:
    """Seconds to the INVITE on the next carrier, for every call that met the dead one."""
    there = first_by_callee(invites(seen, alive))
    if kind == "503":
        refused = [each for each in seen.packets if each.what == "503" and each.source == dead]
        left = first_by_callee(refused)
    else:
        left = first_by_callee(invites(seen, dead))
    late = NO_PROGRESS if kind == "silent" else 0.0
    return [there[callee] - at - late for callee, at in left.items() if callee in there]


async def measure(kind: str, calls: int) -> dict[str, object]:
    """One campaign against one kind of dead carrier."""
    say(f"{calls} calls against a carrier that is dead: {kind}")
    dead, alive = free_ports(2)
    scenarios = {"503": "load-carrier-503.xml", "silent": "carrier-never-replies.xml"}
    carriers = [
        Carrier("dead", dead, channels=2 * calls, cps=CPS),
        Carrier("alive", alive, channels=2 * calls, cps=CPS, priority=2),
    ]
    routing = {"connect_rate_floor": 0, "no_progress": f"{NO_PROGRESS}s"}
    with tempfile.TemporaryDirectory(prefix="veridial-bench-") as name:
        folder = Path(name)
        answering = Sipp("alive", "load-callee-answers-and-hangs-up.xml", alive, folder)
        with answering:
            if kind in scenarios:
                with Sipp("dead", scenarios[kind], dead, folder):
                    seen = await dial(folder, carriers, calls, routing, CONCURRENCY)
            else:
                seen = await dial(folder, carriers, calls, routing, CONCURRENCY)
    found = delays(seen, dead, alive, kind)
    return {
        f"{kind}_calls": len(found),
        f"{kind}_answered": seen.summary.snapshot.answered,
        f"{kind}_to_next_ms_p50": round(1000 * percentile(found, 0.5), 1),
        f"{kind}_to_next_ms_p99": round(1000 * percentile(found, 0.99), 1),
        f"{kind}_to_next_ms_most": round(1000 * max(found, default=float("nan")), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=150, help="of each kind; default 150")
    arguments = parser.parse_args()
    if not 10 <= arguments.calls <= 5000:
        parser.error("--calls is from 10 to 5000")
    logging.basicConfig(level=logging.ERROR)
    figures: dict[str, object] = {"calls": arguments.calls}
    limits: dict[str, dict[str, float]] = {}
    for kind in ("503", "closed", "silent"):
        figures |= asyncio.run(measure(kind, arguments.calls))
        limits[f"{kind}_calls"] = {"least": float(arguments.calls)}
        limits[f"{kind}_answered"] = {"least": float(arguments.calls)}
        limits[f"{kind}_to_next_ms_p99"] = {"most": LIMIT_MS}
    finish("dead_carrier", figures, limits)


if __name__ == "__main__":
    main()
