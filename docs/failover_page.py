"""Makes docs/failover.md and its picture from the detector's tests and the simulation's output.

    python benchmarks/failover_sim.py --data docs/failover.json
    python -m docs.generate

The figures are the simulation's; weights and limits are taken from the code.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from dialer.core.trunks import connect_rate
from dialer.core.trunks.connect_rate import RateTests
from dialer.core.trunks.cusum import Cusum

DATA: Final = Path(__file__).parent / "failover.json"

WIDTH: Final = 900
HEIGHT: Final = 480
LEFT, RIGHT, TOP, BOTTOM = 60, 790, 50, 420
FIRST: Final = 20
"""The picture begins after so many attempts: its scale is logarithmic."""
TICKS: Final = (20, 50, 100, 200, 500, 1000, 1500)
MARKS: Final = (30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500)
COLOURS: Final = ("#7f1d1d", "#b91c1c", "#d97706", "#a16207", "#4d7c0f", "#0f766e", "#1d4ed8")


@cache
def data() -> dict[str, Any]:
    """What the simulation kept: `figures`, and `curves` by rate, in steps of `step` attempts."""
    kept: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return kept


def page(notice: str) -> str:
    """The text."""
    figures = data()["figures"]
    tests = RateTests.of(data()["floor"])
    text = _PAGE.format(
        notice=notice,
        **figures,
        floor=tests.floor,
        steep=tests.steep,
        bad=tests.bad,
        well=tests.well,
        tests=_tests(tests),
        either_run=_thousands(1 / (1 / connect_rate.FAST_RUN + 1 / connect_rate.SLOW_RUN)),
        exact_run=_thousands(20_000 / figures["steady_give_ways_in_20000_exact"]),
        exact_missed=_thousands(1 / figures["bad_missed_in_1500_exact"]),
        exact_twice=1 - _poisson_up_to_one(figures["steady_give_ways_in_20000_exact"]),
        curve_runs=data()["curve_runs"],
        rates=_rates(),
        probe_every=connect_rate.PROBE_EVERY,
        probe_every_most=connect_rate.PROBE_EVERY_MOST,
    )
    return re.sub(r"(?<=\d)%", " %", text)


def svg() -> str:
    """The picture: lines are exact, dots are simulated."""
    parts = [_HEAD]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(share)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share:.0%}</text>')
    for tick in TICKS:
        x = _x(tick)
        parts.append(f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{BOTTOM}"/>')
        parts.append(f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{tick}</text>')
    for curve, colour in zip(data()["curves"], COLOURS, strict=True):
        parts += _curve(curve, colour)
    return "\n".join((*parts, "</svg>", ""))


def _curve(curve: dict[str, Any], colour: str) -> list[str]:
    step = data()["step"]
    points = [(at * step, share) for at, share in enumerate(curve["exact"]) if at * step >= FIRST]
    line = " ".join(f"{_x(attempts)},{_y(share)}" for attempts, share in points)
    parts = [f'<polyline points="{line}" stroke="{colour}"/>']
    for tick in MARKS:
        x, y = _x(tick), _y(curve["simulated"][tick // step])
        parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
    name = f"{curve['rate']:.0%}"
    half = next((at for at, share in points if share >= 0.5), None)
    # The name stands where the curve crosses one half; else by its end, clear of its neighbours.
    x, y = (RIGHT + 8, _y(4 * points[-1][1])) if half is None else (_x(half) + 8, _y(0.5) + 16)
    parts.append(f'<text class="name" x="{x}" y="{y}" style="fill: {colour}">{name}</text>')
    return parts


def _x(attempts: int) -> float:
    share = math.log(attempts / FIRST) / math.log(TICKS[-1] / FIRST)
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(share: float) -> float:
    return round(BOTTOM - share * (BOTTOM - TOP), 1)


def _tests(tests: RateTests) -> str:
    rows = (
        (
            "fast",
            "attempt not answered",
            tests.well,
            tests.steep,
            tests.fast,
            connect_rate.FAST_RUN,
        ),
        ("slow", "attempt not answered", tests.well, tests.bad, tests.slow, connect_rate.SLOW_RUN),
        ("back", "attempt answered", tests.floor, tests.well, tests.back, connect_rate.BACK_RUN),
    )
    return "\n".join(_test(*row) for row in rows)


def _test(name: str, sign: str, calm: float, alarm: float, test: Cusum, run: int) -> str:
    return (
        f"| {name} | {sign} | {calm:.1%} | {alarm:.1%} | +{test.rise} | -{test.drop} "
        f"| {test.limit} | {run:,} |"
    )


def _rates() -> str:
    """Of new trunks at each rate, the share that is demoted by then."""
    step = data()["step"]
    marks = (50, 100, 200, 500, 1000, 1500)
    lines = ["| connect rate | " + " | ".join(f"after {mark}" for mark in marks) + " |"]
    lines.append("| --- " * (len(marks) + 1) + "|")
    for curve in data()["curves"]:
        shares = (curve["exact"][mark // step] for mark in marks)
        lines.append(f"| {curve['rate']:.0%} | " + " | ".join(f"{s:.1%}" for s in shares) + " |")
    return "\n".join(lines)


def _thousands(number: float) -> str:
    return f"{round(number, -3):,.0f}"


def _poisson_up_to_one(mean: float) -> float:
    return math.exp(-mean) * (1 + mean)


_HEAD: Final = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">
<title>Share of trunks that are demoted, by attempts, for each connect rate</title>
<style>
  text {{ font: 12px sans-serif; fill: #333 }}
  .name {{ font-weight: bold }}
  .grid {{ stroke: #ddd; stroke-width: 1 }}
  polyline {{ fill: none; stroke-width: 1.8 }}
</style>
<rect x="0" y="0" width="{WIDTH}" height="{HEIGHT}" style="fill: #fff"/>
<text x="{LEFT}" y="24" style="font-size: 14px">Share of new trunks that are demoted, by their \
connect rate (lines: exact; dots: simulated)</text>
<text x="{(LEFT + RIGHT) // 2}" y="{BOTTOM + 42}" text-anchor="middle">attempts on it</text>"""

_PAGE: Final = """\
{notice}

# Connect-rate failover

A trunk is demoted when its connect rate (ASR) falls below `routing.connect_rate_floor`. Better
trunks are tried first, the demoted trunk is probed with a few calls, and it is restored when it has
recovered. The decisions are pure code: `core/trunks/failover.py` with its rules at the top,
`connect_rate.py`, `cusum.py`. `dialer/trunks/connect_rates.py` feeds them, asks them and reports
their results. Within one call, a carrier's fault moves the call to the next trunk at once, whatever
the connect rates are.

![Share of trunks that are demoted](failover.svg)

{rates}

## How a fall is detected

Three demands conflict: a fall from 30 % to 5 % must show within 60 attempts, 15 % must never last,
and 25 % must not cause an alarm for 20,000 attempts. A rate over a window cannot do all three: a
window of 60 is far too noisy, one of 1,000 far too slow. So each attempt changes two running scores
(CUSUM). A score rises with an unanswered attempt, falls with an answered one, never falls below
zero, and raises an alarm at a limit. For a given rate of false alarms CUSUM is the quickest test in
the worst case. Three rates follow from the floor, as multiples of its odds, so any floor works:
*steep* (1/4), *bad* (4/5), *well* (3/2). For {floor:.0%} they are {steep:.1%}, {bad:.1%} and
{well:.1%}. The steps of a score are the log-likelihood ratio of the two rates that it
distinguishes, in small whole numbers. So the score is a Markov chain, and its mean run from zero to
any limit is a finite sum of probabilities (`core.trunks.cusum`). The limit is the smallest one with
a long enough mean run while nothing is wrong:

| test | a sign is an | from | to | sign | no sign | limit | false alarm, one in |
| --- | --- | --- | --- | --- | --- | --- | --- |
{tests}

The first two tests detect a fall, together with at most one false alarm in {either_run} attempts at
{well:.1%}. The third runs while a trunk is demoted. Its rates are higher and it starts from zero:
demotion and restoration each need their own evidence, so a trunk does not flap. Between floor and
*well* is a grey zone: a trunk at 20 % is sometimes demoted, because no test of 1,500 attempts can
always tell it from 15 %. A trunk is judged over all destinations, and again for each destination
prefix. At worst that doubles the false alarms.

| {runs:,} runs through the real detector | asked | simulated | exact |
| --- | --- | --- | --- |
| 30 % falls to 5 %: attempts until it is demoted, median | 60 | {fall_attempts_p50} | \
{fall_attempts_p50_exact} |
| the same, 95th percentile | 120 | {fall_attempts_p95} | {fall_attempts_p95_exact} |
| at 15 %: demoted within 1,500 attempts | all | {bad_gave_way_within_1500:,} of {runs:,}, the \
last after {bad_attempts_most:,.0f} | all but 1 in {exact_missed} |
| at 25 %: demotions in 20,000 attempts ({steady_attempts:,} attempts) | 1 | \
{steady_give_ways_in_20000:.2f} | {steady_give_ways_in_20000_exact:.2f} |
| back to 30 %: probes until it is restored, median | | {back_probes_p50} | |
| two trunks, one falls: share of later attempts that it still gets | | \
{lone_fall_share_of_fallen:.1%} | |

One false demotion in {exact_run} attempts is a mean: {exact_twice:.1%} of all runs of 20,000
attempts have two or more. With 99.9 % confidence the simulation alone shows at most
{steady_give_ways_in_20000_at_most_999:.2f} in 20,000.

## What else counts

- **Order.** Rejections are known in seconds, answers take longer. Of {starts} healthy trunks that
  started at 50 calls a second, {start_gave_way_in_order_of_coming} were demoted at once when
  attempts were judged in the order in which their results arrived. When attempts are judged in the
  order in which they were placed, it is {start_gave_way}.
- **Probes.** A demoted trunk gets one attempt for every {probe_every} that pass it over. If it
  falls again before it has proved itself under full load, it is probed half as often each time,
  down to one for {probe_every_most}.
- **The list.** If all trunks of a caller ID have fallen, and none was proved well after another's
  fall, the list is at fault. The trunks then carry calls in their old order, and this is reported.
  Of {campaigns} simulated campaigns whose list fell to 10 %, it was reported in
  {list_fall_told:.0%}, after {list_fall_told_after_p50:.0f} attempts in the median. Of as many
  campaigns in which one of two trunks fell, the list was blamed in {lone_fall_blamed_on_list:.0%}.
  A single trunk cannot be told apart from its list: this is reported, too.
- **False answers (FAS).** A high connect rate with short conversations, in which callees say
  nothing, is reported for the trunk. The dialer takes no action by itself.
- **Our own attempts.** An attempt that we gave up, or that the guard vetoed, does not count.

## In a run

- The trunks that are up and may show the campaign's number are ordered by priority and lot, full or
  not. The connect rates then decide which trunks carry, are probed or are demoted. A call waits for
  a full trunk that carries, and does not go to a demoted one. The reason of each choice is kept
  with the attempt (`dialer.store`, `why_trunk`).
- An attempt counts from the instant at which its INVITE left, as answered from its 200, and with
  its talk time from its end.
- Every change is logged, reported over MQTT (`trunks/.../connect_rate`, `trunks/verdict`) and
  counted (`dialer_trunk_stand_changes_total`). ASR, NER, ACD, PDD and state of each trunk are
  metrics, and columns of `dialer trunks`, which takes them from the attempts on record. A fault of
  the list is reported once, in words.
- After a restart the node reloads the attempts of the last hour (at most 20,000).
- Nodes on one PostgreSQL share their attempts. Every 10 s each node takes in what the others have
  recorded, in the order of placing, up to the first attempt that may still be answered. Each node
  counts its own passes towards a probe.
- `routing.connect_rate_floor: 0` switches demotion off; the figures stay.

## Within one call

| what the carrier does | what we do |
| --- | --- |
| 5xx, 3xx, a congestion cause and similar | the next trunk, at once; Retry-After is respected |
| its UDP port is closed, TCP or TLS fails | the next trunk, at once (RFC 3261 18.4) |
| 100, and then no 18x for `routing.no_progress` | CANCEL, and after its 487 the next trunk |
| no reply for `routing.no_progress` | the next trunk, at once; the INVITE is given up |
| the callee's own answer, or any 200, even without a codec of ours | no other trunk |

Without a reply no CANCEL may be sent (RFC 3261 9.1). An INVITE that is given up is not
retransmitted, and keeps its channel until its transaction ends (64*T1). If it rings later, it is
cancelled. If it is answered later, the callee was reached: the answer is ACKed and ended by BYE, in
silence. An INVITE on another trunk is then cancelled, no other follows, and the contact is done. A
conversation that is already live continues. `dialer_trunk_late_answers_total` counts late answers.

## When no trunk is left

- While no trunk is up nobody is called: the run waits, and says `3 wait: no trunk up`.
- If all trunks fail for one call, the call ends with the fault of the last one, and its contact
  waits: one minute, then two, four, eight, at most 15, `routing.fault_calls` times in all. The run
  continues until no contact waits for this reason: `12 wait: carrier faults, again in 40 s`.
  Progress line, summary and MQTT show it. The wait is in the store and survives a restart; a drain
  ends the run.
- An attempt whose commit took our own database over 2 s is not dialled. This is no carrier's fault.
  It ends as `dialer.commit_late` and counts neither for the trunk's connect rate nor for
  `fault_calls`. Its contact waits five seconds, then twice as long each time, at most 15 minutes:
  `2 wait: late commits, again in 4 s`.
- Only attempts that could have rung count for the callee's frequency (`compliance.per_number`). An
  attempt does not count if it saw no 18x and ended in congestion, an unreachable carrier, rejected
  credentials, a redirection or a carrier's error. An attempt with a silent carrier counts, because
  the callee may have heard it. The gate decides at every attempt, so its rule can deny such a
  contact for now.

Made with `benchmarks/failover_sim.py --data docs/failover.json`; curves of {curve_runs:,} runs.
"""
