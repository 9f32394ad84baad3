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
    """Of new trunks at each rate, the share that has given way by then."""
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
<title>Share of trunks that have given way, by attempts, for each connect rate</title>
<style>
  text {{ font: 12px sans-serif; fill: #333 }}
  .name {{ font-weight: bold }}
  .grid {{ stroke: #ddd; stroke-width: 1 }}
  polyline {{ fill: none; stroke-width: 1.8 }}
</style>
<rect x="0" y="0" width="{WIDTH}" height="{HEIGHT}" style="fill: #fff"/>
<text x="{LEFT}" y="24" style="font-size: 14px">Share of new trunks that have given way, by their \
connect rate (lines: exact; dots: simulated)</text>
<text x="{(LEFT + RIGHT) // 2}" y="{BOTTOM + 42}" text-anchor="middle">attempts on it</text>"""

_PAGE: Final = """\
{notice}

# Connect-rate failover

A trunk whose connect rate (ASR) falls below `routing.connect_rate_floor` gives way to better ones,
gets a trickle of probes, and comes back when it is well. What decides is pure code:
`core/trunks/failover.py` with its rules on top, `connect_rate.py`, `cusum.py`. What feeds and asks
it, and tells of it, is `dialer/trunks/connect_rates.py`. Within one call a carrier's fault moves on
at once, whatever the rates say.

![Share of trunks that have given way](failover.svg)

{rates}

## How it is found

Three demands pull apart: a fall from 30 % to 5 % is to show within 60 attempts, 15 % must never
last, and 25 % is to be left in peace for 20,000. A rate over a window cannot do all three: a window
of 60 is far too noisy, one of 1,000 far too slow. So each attempt moves two running scores (CUSUM),
which rise with a miss, drop with an answer, never fall below zero, and are an alarm at a limit. For
the least false alarms CUSUM is the quickest test there is, in its worst case. From the floor follow
three rates, as multiples of its odds, so that any floor works: *steep* (1/4), *bad* (4/5), *well*
(3/2); for {floor:.0%} they are {steep:.1%}, {bad:.1%} and {well:.1%}. What a score gains and loses
is the log-likelihood ratio of the two rates it tells apart, in small whole numbers. That makes it a
Markov chain, whose mean run from zero to any limit is a finite sum of chances
(`core.trunks.cusum`); the limit is the least whose run, while nothing is wrong, is long enough:

| test | a sign is an | from | to | sign | no sign | limit | false alarm, one in |
| --- | --- | --- | --- | --- | --- | --- | --- |
{tests}

The first two find a fall, together with at most one false alarm in {either_run} attempts at
{well:.1%}; the third runs while a trunk has fallen. Its rates lie higher and it starts from zero:
to fall and to return each need evidence of their own, so nothing flaps. Between floor and *well*
lies a grey zone: a trunk at 20 % does give way at times, for no test of 1,500 attempts can tell it
from 15 % without fail. A trunk is judged over all, and again for each destination prefix: at worst
that doubles the false alarms.

| {runs:,} runs through the real detector | asked | simulated | exact |
| --- | --- | --- | --- |
| 30 % falls to 5 %: attempts until it gives way, median | 60 | {fall_attempts_p50} | \
{fall_attempts_p50_exact} |
| the same, 95th percentile | 120 | {fall_attempts_p95} | {fall_attempts_p95_exact} |
| at 15 %: gave way within 1,500 attempts | all | {bad_gave_way_within_1500:,} of {runs:,}, the \
last after {bad_attempts_most:,.0f} | all but 1 in {exact_missed} |
| at 25 %: give-ways in 20,000 attempts ({steady_attempts:,} attempts) | 1 | \
{steady_give_ways_in_20000:.2f} | {steady_give_ways_in_20000_exact:.2f} |
| back to 30 %: probes until it returns, median | | {back_probes_p50} | |
| two trunks, one falls: share of later attempts that it still gets | | \
{lone_fall_share_of_fallen:.1%} | |

One false give-way in {exact_run} attempts is a mean: {exact_twice:.1%} of all stretches of 20,000
have two or more. With 99.9 % confidence the simulation alone shows at most
{steady_give_ways_in_20000_at_most_999:.2f} in 20,000.

## What else counts

- **Order.** Refusals are known in seconds, answers take a while. Judged in the order in which they
  become known, {start_gave_way_in_order_of_coming} of {starts} healthy trunks that started at 50
  calls a second gave way at once; judged in the order in which they were placed, {start_gave_way}.
- **Probes.** A trunk that has fallen gets one attempt for {probe_every} that pass it over. One that
  falls again before it has shown itself well under its full load is asked half as often each time,
  down to one for {probe_every_most}.
- **The list.** Where all trunks of a caller ID have fallen and none was proved well after another's
  fall, the list is at fault: they carry in their old order, and that is said. Of {campaigns}
  simulated campaigns whose list fell to 10 % it was told in {list_fall_told:.0%}, after
  {list_fall_told_after_p50:.0f} attempts in the median; of as many in which one of two trunks fell,
  the list was blamed in {lone_fall_blamed_on_list:.0%}. A trunk without another beside it cannot be
  told from its list: that is said, too.
- **False answers (FAS).** A high connect rate with conversations that are short and without a word
  is reported for the trunk; nothing is done by itself.
- **Our own doing.** An attempt that we gave up, or that the guard vetoed, counts for nothing.

## In a run

- Trunks that are up and may show the campaign's number are put in order by priority and lot, full
  or not; the rates then say who carries, who is probed and who gives way. A call waits for a full
  trunk that carries rather than go to one that gives way. The reason of each choice is kept with
  the attempt (`dialer.store`, `why_trunk`).
- An attempt is counted from the instant at which its INVITE left, as answered at its 200, and with
  its talk time at its end.
- Every change is logged, told over MQTT (`trunks/.../connect_rate`, `trunks/verdict`), counted
  (`dialer_trunk_stand_changes_total`) and shown: ASR, NER, ACD, PDD and stand of each trunk are
  metrics, and columns of `dialer trunks`, which takes them from the attempts on record. That the
  list is at fault is said once, in words.
- After a restart the node knows again what the attempts of the last hour tell (20,000 at most).
- Nodes on one PostgreSQL know of one another's attempts: every 10 s each takes in what the others
  have put on record, in the order of its placing, up to the first that may be answered yet. Each
  counts its own passes towards a probe.
- `routing.connect_rate_floor: 0` switches the giving way off; the figures stay.

## Within one call

| what the carrier does | what we do |
| --- | --- |
| 5xx, 3xx, a congestion cause and the like | the next trunk, at once; Retry-After is heeded |
| its UDP port is closed, TCP or TLS fails | the next trunk, at once (RFC 3261 18.4) |
| 100, and then no 18x for `routing.no_progress` | CANCEL, and with its 487 the next trunk |
| nothing at all for `routing.no_progress` | the next trunk, at once; the INVITE is left behind |
| the callee's own answer, or any 200, be it without a codec of ours | nothing more |

Without a reply no CANCEL may be sent (RFC 3261 9.1). The INVITE that is left behind is sent no
more, and keeps its channel until it is gone (64*T1). If it rings yet, it is cancelled. If it is
answered yet, the callee was reached: the answer is ACKed and ended by BYE, in silence; an INVITE on
its way on another trunk is cancelled, none follows, and the contact is done with. A conversation
that is under way already goes on. `dialer_trunk_late_answers_total` counts them.

## When no trunk is left

- While no trunk is up nobody is called: the run waits, and says `3 wait: no trunk up`.
- Where all trunks fail for one call, it ends with the last one's fault, and its contact waits: one
  minute, then two, four, eight, at most 15, `routing.fault_calls` times in all. The run goes on
  until nobody waits so: `12 wait: carrier faults, again in 40 s`. Progress line, summary and MQTT
  say it; the wait is in the store and outlives a restart; a drain ends the run.
- An attempt that our own database took over 2 s to commit is not dialled. That is no carrier's
  fault: it ends as `dialer.commit_late`, is nothing to the trunk's connect rate nor to
  `fault_calls`, and its contact waits five seconds, then twice as long each time, at most 15
  minutes: `2 wait: late commits, again in 4 s`.
- To the callee's frequency (`compliance.per_number`) counts what could have rung: an attempt that
  saw no 18x and ended in congestion, an unreachable carrier, refused credentials, a redirection or
  a carrier's error does not. A silent carrier's does: what was not answered may have been heard.
  The gate decides at every attempt, so such a contact is put off by that rule.

Made with `benchmarks/failover_sim.py --data docs/failover.json`; curves of {curve_runs:,} runs.
"""
