"""A registrar goes away and comes back: how soon calls flow again.

    .venv/bin/python benchmarks/registrar_away.py [--away 60] [--times 5]

Kamailio (`deploy/kamailio/`) is the registrar and SIPp the callee behind it. The trunk registers,
is probed every 5 s, and a call goes through. Then Kamailio is ended for `--away` seconds, started
anew, and knows nobody. From its first reply on, a call is placed as soon as the trunk is up, as
the routing does. When it goes and comes is by chance against our probes, so all of it is done
`--times` over, each time from the beginning and a part of a probe's time later, and the worst is
held to the limit. Prints one JSON line; exit code 1 where the limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from support.report import finish, say

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' peers serve here as well

from dialer.core.values.events import Answered
from dialer.sip.line import SipLine
from dialer.sip.settings import Registration, TrunkSettings
from tests.support.kamailio import PASSWORD, USER, Kamailio
from tests.support.line import Listener, order, running
from tests.support.sipp import Sipp

LIMITS = {"back_to_call_answered_s": {"most": 5.0}, "up_while_away": {"most": 0}}
PROBE_EVERY = 5.0


async def measure(away: float, folder: Path) -> dict[str, float]:
    """Go through it once; spans are seconds."""
    trunk = TrunkSettings(
        "", "", registration=Registration(USER, PASSWORD), options_every=PROBE_EVERY
    )
    scenario = "load-callee-answers-and-hangs-up"
    with Sipp(scenario, folder) as carrier, Kamailio(carrier.uri) as registrar:
        async with running(registrar.uri, trunk=trunk) as (line, listener):
            await up(line, within=10)
            await call(line, listener, "before")
            say(f"registered, a call went through; the registrar goes away for {away:g} s")
            gone = time.monotonic()
            await asyncio.to_thread(registrar.stop)
            noticed = await down(line, within=away)
            await asyncio.sleep(max(0.0, gone + away - time.monotonic()))
            while_away = 1 if line.trunk_states()[0].up else 0
            await asyncio.to_thread(registrar.start)
            back = time.monotonic()
            await up(line, within=60)
            registered = time.monotonic()
            await call(line, listener, "after")
            return {
                "away_s": round(back - gone, 3),
                "gone_to_noticed_s": round(noticed - gone, 3),
                "back_to_registered_s": round(registered - back, 3),
                "back_to_call_answered_s": round(time.monotonic() - back, 3),
                "up_while_away": while_away,
            }


def figures_of(seen: list[dict[str, float]]) -> dict[str, object]:
    """The worst of every span, and of the one that is asked for the median and each."""
    asked = sorted(each["back_to_call_answered_s"] for each in seen)
    return {
        "samples": len(seen),
        **{name: max(each[name] for each in seen) for name in seen[0]},
        "back_to_call_answered_median_s": median(asked),
        "back_to_call_answered_each_s": asked,
    }


async def up(line: SipLine, within: float) -> None:
    """Wait until the trunk may carry calls."""
    async with asyncio.timeout(within):
        while not line.trunk_states()[0].up:  # noqa: ASYNC110 -- as an onlooker would
            await asyncio.sleep(0.005)


async def down(line: SipLine, within: float) -> float:
    """Wait until the trunk may carry none; returns when that was."""
    async with asyncio.timeout(within):
        while line.trunk_states()[0].up:  # noqa: ASYNC110 -- as an onlooker would
            await asyncio.sleep(0.005)
    return time.monotonic()


async def call(line: SipLine, listener: Listener, attempt: str) -> None:
    """Place a call and wait for its answer."""
    line.dial(order(attempt))
    await listener.hears(attempt, Answered)
    line.end(attempt)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--away", type=float, default=60.0, help="seconds; default 60")
    parser.add_argument("--times", type=int, default=5, help="how often; default 5")
    arguments = parser.parse_args()
    if arguments.times < 1:
        parser.error("--times is at least 1")
    seen = []
    for time_ in range(arguments.times):
        away = arguments.away + PROBE_EVERY * time_ / arguments.times
        with tempfile.TemporaryDirectory() as folder:
            seen.append(asyncio.run(measure(away, Path(folder))))
        say(f"back to a call answered: {seen[-1]['back_to_call_answered_s']:g} s")
    limits = {**LIMITS, "samples": {"least": float(arguments.times)}}
    finish("registrar_away", figures_of(seen), limits)


if __name__ == "__main__":
    main()
