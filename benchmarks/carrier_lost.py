"""A carrier is lost in mid-campaign at 50 calls a second: the other takes over, nobody is lost.

    .venv/bin/python benchmarks/carrier_lost.py [--calls 1500]

Two SIPp carriers; the first has the lower priority figure and takes every call until its process
is killed (SIGKILL, by its id) after a third of them. From then on its port is closed, and the
callees that were on the line with it are silent. A capture on loopback and the store's records
tell what became of each contact. Prints one JSON line; exit code 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from support.report import finish, percentile, say

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' capture serves here too

from support.two_carriers import Seen, callee, dial, first_by_callee, invites

from dialer.campaigns.run import CampaignRun
from dialer.demo.files import Carrier, free_ports
from dialer.demo.sipp import Carrier as Sipp

CPS = 50
CONCURRENCY = 64
"""Calls last some 1.2 s: so many are on the line at 50 a second. Those that the lost carrier leaves
behind keep their place for `rtp_silence`, so that fewer are placed in the seconds after."""
TAKES_OVER_WITHIN = 1.0


def figures_of(seen: Seen, first: int, second: int, killed_at: float) -> dict[str, object]:
    """What the wire and the records show; `killed_at` is monotonic."""
    to_first, to_second = invites(seen, first), invites(seen, second)
    failed = [each for each in to_first if each.at > killed_at]
    first_failure = failed[0].at if failed else float("nan")
    met, moved = first_by_callee(failed), first_by_callee(to_second)
    delays = [moved[each] - at for each, at in met.items() if each in moved]
    answered = [_answered(seen, port) for port in (first, second)]
    second_after = [
        each for each in to_second if first_failure + 1.0 <= each.at < first_failure + 2.0
    ]
    before = [each.at for each in to_first if each.at < killed_at]
    numbers = Counter(row.number.clear for row in seen.calls)
    attempts = Counter((row.call, row.trunk) for row in seen.attempts)
    return {
        "contacts": seen.summary.progress.total,
        "contacts_done": seen.summary.progress.done,
        "calls": len(seen.calls),
        "calls_a_second_before": round(len(before) / (before[-1] - before[0]), 1),
        "calls_a_contact_most": max(numbers.values()),
        "attempts_on_one_trunk_most": max(attempts.values()),
        "answered_on_both": len(answered[0] & answered[1]),
        "invited_elsewhere_after_an_answer": len(answered[0] & set(moved)),
        "first_failure_to_next_carrier_s": round(
            min((at for at in moved.values() if at >= first_failure), default=float("nan"))
            - first_failure,
            4,
        ),
        "moved_calls": len(delays),
        "moved_within_ms_p99": round(1000 * percentile(delays, 0.99), 1),
        "moved_within_ms_most": round(1000 * max(delays, default=float("nan")), 1),
        "next_carriers_invites_in_the_second_after": len(second_after),
        "invites_to_the_lost_carrier": len(failed),
        "outcomes": dict(seen.summary.snapshot.outcomes),
    }


def _answered(seen: Seen, port: int) -> set[str]:
    """The callees whose INVITE a carrier has answered."""
    return {
        callee(each)
        for each in seen.packets
        if each.what == "200"
        and each.source == port
        and (each.header("CSeq") or "").endswith("INVITE")
    }


async def measure(calls: int, folder: Path) -> dict[str, object]:
    """One campaign, and the first carrier's end in the middle of it."""
    first, second = free_ports(2)
    carriers = [
        Carrier("first", first, channels=400, cps=CPS),
        Carrier("second", second, channels=400, cps=2 * CPS, priority=2),
    ]
    scenario = "load-callee-answers-and-hangs-up.xml"
    killed: list[float] = []
    with (
        Sipp("first", scenario, first, folder, ("-rtp_echo",)) as doomed,
        Sipp("second", scenario, second, folder, ("-rtp_echo",)),
    ):

        async def kill(running: CampaignRun) -> None:
            while (at := running.snapshot()) is None or at.done < calls / 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            killed.append(time.monotonic())
            doomed.kill()
            say("the first carrier is killed")

        routing = {"no_progress": "2s", "ring": "5s"}
        seen = await dial(folder, carriers, calls, routing, CONCURRENCY, kill)
    return figures_of(seen, first, second, killed[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1500)
    arguments = parser.parse_args()
    if not 300 <= arguments.calls <= 20_000:
        parser.error("--calls is from 300 to 20000")
    logging.basicConfig(level=logging.ERROR)
    say(f"dialling {arguments.calls} calls at {CPS} a second")
    with tempfile.TemporaryDirectory(prefix="veridial-bench-") as folder:
        figures = asyncio.run(measure(arguments.calls, Path(folder)))
    calls = float(arguments.calls)
    exact = {"least": calls, "most": calls}
    limits = {
        "contacts_done": exact,
        "calls_a_second_before": {"least": 0.9 * CPS},
        "calls": exact,
        "calls_a_contact_most": {"most": 1.0},
        "attempts_on_one_trunk_most": {"most": 1.0},
        "answered_on_both": {"most": 0.0},
        "invited_elsewhere_after_an_answer": {"most": 0.0},
        "first_failure_to_next_carrier_s": {"most": TAKES_OVER_WITHIN},
        "moved_calls": {"least": 1.0},
        "moved_within_ms_most": {"most": 1000 * TAKES_OVER_WITHIN},
    }
    finish("carrier_lost", figures, limits)


if __name__ == "__main__":
    main()
