"""The connect-rate detector, simulated: how soon a trunk gives way, how rarely without cause.

    python benchmarks/failover_sim.py --runs 10000
    python benchmarks/failover_sim.py --data docs/failover.json     and keep what the page shows

Every attempt goes through the real detector (`dialer.core.trunks.connect_rate`), one at a time; the
attempts of a trunk are independent, each answered with its connect rate. Beside each figure stands
what the Markov chain of the two tests gives for it, exactly. Last, whole campaigns go through the
real failover. The same runs and seed give the same figures, on any machine.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path
from random import Random

from support.rate_chain import FallChain, first_below
from support.rate_scenes import campaign, start_of_a_trunk
from support.report import finish, percentile, say

from dialer.core.trunks.connect_rate import PROBE_EVERY, RateJudge, RateTests
from dialer.core.trunks.failover import Verdict

FLOOR = 0.18
CURVE_RATES = (0.05, 0.10, 0.15, 0.18, 0.20, 0.25, 0.30)
CURVE_ATTEMPTS = 1500
CURVE_STEP = 10
STEADY = 20_000
"""Attempts within which a steady trunk at 25 % may give way once."""
SETTLING = 300
"""Attempts at 30 % before the fall: after so many the scores have forgotten how they began."""


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="keep the curves and figures in this file")
    arguments = parser.parse_args()
    if not 100 <= arguments.runs <= 100_000:
        parser.error("--runs is from 100 to 100000")
    runs, seed = arguments.runs, arguments.seed
    tests = RateTests.of(FLOOR)
    figures: dict[str, object] = {"runs": runs}
    figures |= _fall(tests, runs, Random(seed))
    figures |= _bad(tests, runs, Random(seed + 1))
    figures |= _steady(tests, runs // 20, Random(seed + 2))
    figures |= _back(tests, runs, Random(seed + 3))
    figures |= _campaigns(runs // 100, Random(seed + 4))
    if arguments.data:
        say("the curves")
        kept = {
            "runs": runs,
            "seed": seed,
            "floor": FLOOR,
            "tests": asdict(tests),
            "figures": figures,
            "step": CURVE_STEP,
            "curve_runs": runs // 10,
            "curves": _curves(tests, runs // 10, Random(seed + 5)),
        }
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in kept.items())
        arguments.data.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    limits = {
        "fall_attempts_p50": {"most": 60.0},
        "fall_attempts_p95": {"most": 120.0},
        "fall_sigma_off_exact": {"most": 4.5},
        "bad_gave_way_within_1500": {"least": float(runs), "most": float(runs)},
        "steady_give_ways_in_20000": {"most": 1.0},
        "steady_give_ways_in_20000_at_most_999": {"most": 1.0},
        "steady_give_ways_in_20000_exact": {"most": 1.0},
        "back_probes_p95": {"most": 200.0},
        "lone_fall_blamed_on_list": {"most": 0.01},
        "lone_fall_share_of_fallen": {"most": 0.08},
        "list_fall_told": {"least": 0.99},
        "list_fall_leads": {"most": 2.0},
        "start_gave_way": {"most": 0.0},
    }
    finish("failover_sim", figures, limits)


def _until_it_falls(judge: RateJudge, rate: float, random: Random, most: int) -> int:
    """Attempts until the trunk gives way; `most` + 1 where it has not by then."""
    for attempt in range(1, most + 1):
        if judge.judge(0.0, 0.0, answered=random.random() < rate):
            return attempt
    return most + 1


def _fall(tests: RateTests, runs: int, random: Random) -> dict[str, object]:
    say("a trunk falls from 30 % to 5 %")
    found: list[float] = []
    while len(found) < runs:
        judge = RateJudge(tests)
        # A trunk that gives way before it fell proves nothing here, and is not counted.
        if _until_it_falls(judge, 0.30, random, SETTLING) > SETTLING:
            found.append(_until_it_falls(judge, 0.05, random, 10_000))
    chain = FallChain(tests)
    chain.settle(0.30, SETTLING)
    left = chain.left(0.05, 400)
    median = first_below(left, 0.5)
    gone = 1 - left[median]
    share = sum(attempts <= median for attempts in found) / runs
    return {
        "fall_attempts_p50": percentile(found, 0.5),
        "fall_attempts_p95": percentile(found, 0.95),
        "fall_attempts_most": max(found),
        "fall_attempts_p50_exact": median,
        "fall_attempts_p95_exact": first_below(left, 0.05),
        "fall_sigma_off_exact": round(abs(share - gone) / math.sqrt(gone * (1 - gone) / runs), 2),
    }


def _bad(tests: RateTests, runs: int, random: Random) -> dict[str, object]:
    say("a trunk at 15 % from its first attempt")
    found = [float(_until_it_falls(RateJudge(tests), 0.15, random, 10_000)) for _ in range(runs)]
    return {
        "bad_gave_way_within_1500": sum(attempts <= 1500 for attempts in found),
        "bad_attempts_p50": percentile(found, 0.5),
        "bad_attempts_most": max(found),
        "bad_missed_in_1500_exact": float(f"{FallChain(tests).left(0.15, 1500)[-1]:.2g}"),
    }


def _steady(tests: RateTests, runs: int, random: Random) -> dict[str, object]:
    say(f"a trunk at 25 %, {runs} times {STEADY} attempts")
    give_ways = []
    for _ in range(runs):
        judge, changes = RateJudge(tests), 0
        for _ in range(STEADY):
            # A fall and its return are two changes.
            changes += judge.judge(0.0, 0.0, answered=random.random() < 0.25)
        give_ways.append((changes + 1) // 2)
    total = sum(give_ways)
    return {
        "steady_attempts": runs * STEADY,
        "steady_give_ways": total,
        "steady_give_ways_in_20000": round(total / runs, 4),
        "steady_give_ways_in_20000_at_most_999": round(_at_most(total) / runs, 4),
        "steady_give_ways_in_20000_exact": round(STEADY / FallChain(tests).mean_run(0.25), 4),
        "steady_runs_with_more_than_one": sum(each > 1 for each in give_ways),
        "steady_runs": runs,
    }


def _at_most(seen: int) -> float:
    """The mean of a Poisson count of which `seen` or fewer are seen one time in a thousand."""
    low, high = float(seen), 4.0 * seen + 20
    for _ in range(60):
        middle = (low + high) / 2
        terms = (
            math.exp(k * math.log(middle) - middle - math.lgamma(k + 1)) for k in range(seen + 1)
        )
        low, high = (middle, high) if sum(terms) > 0.001 else (low, middle)
    return high


def _back(tests: RateTests, runs: int, random: Random) -> dict[str, object]:
    say("a fallen trunk is well again at 30 %")
    found: list[float] = []
    for _ in range(runs):
        judge = RateJudge(tests)
        _until_it_falls(judge, 0.0, random, 10_000)
        found.append(_until_it_falls(judge, 0.30, random, 10_000))
    return {
        "back_probes_p50": percentile(found, 0.5),
        "back_probes_p95": percentile(found, 0.95),
        "back_probes_mean_exact": round(tests.back.mean_run(0.30), 1),
        "back_false_one_in_probes_at_15": round(tests.back.mean_run(0.15)),
        "one_probe_in_attempts": PROBE_EVERY + 1,
    }


def _campaigns(runs: int, random: Random) -> dict[str, object]:
    """Two trunks: one falls alone, or both do; and a trunk that starts at full speed."""
    say(f"campaigns on two trunks, {runs} of each kind")

    def lone_rate(trunk: str, number: int) -> float:
        return 0.05 if trunk == "a" and number >= 1000 else 0.30

    def list_rate(_trunk: str, number: int) -> float:
        return 0.10 if number >= 1000 else 0.30

    alone = [campaign(random, 4000, lone_rate, ("a", "b")) for _ in range(runs)]
    both = [campaign(random, 4000, list_rate, ("a", "b")) for _ in range(runs)]
    told = [story for story in both if story.verdicts[-1] is Verdict.LIST_AT_FAULT]
    starts = [start_of_a_trunk(random, 0.25, cps=50, seconds=60) for _ in range(max(1, runs // 4))]
    return {
        "campaigns": runs,
        "lone_fall_blamed_on_list": sum(Verdict.LIST_AT_FAULT in story.verdicts for story in alone)
        / runs,
        "lone_fall_share_of_fallen": round(
            sum(story.attempts["a"] - 1000 for story in alone) / (3000 * runs), 4
        ),
        "list_fall_told": len(told) / runs,
        "list_fall_told_after_p50": percentile([story.since[-1] - 1000.0 for story in told], 0.5),
        "list_fall_leads": max(story.leads for story in both),
        "starts": len(starts),
        "start_gave_way": sum(fell for fell, _ in starts),
        "start_gave_way_in_order_of_coming": sum(would for _, would in starts),
    }


def _curves(tests: RateTests, runs: int, random: Random) -> list[dict[str, object]]:
    """Of new trunks at each rate, the share that has given way after 0, 10, 20, ... attempts."""
    curves: list[dict[str, object]] = []
    for rate in CURVE_RATES:
        found = [
            _until_it_falls(RateJudge(tests), rate, random, CURVE_ATTEMPTS) for _ in range(runs)
        ]
        left = FallChain(tests).left(rate, CURVE_ATTEMPTS)
        points = range(0, CURVE_ATTEMPTS + 1, CURVE_STEP)
        curves.append(
            {
                "rate": rate,
                "simulated": [round(sum(at <= n for at in found) / runs, 4) for n in points],
                "exact": [round(1 - float(left[n]), 4) for n in points],
            }
        )
    return curves


if __name__ == "__main__":
    main()
