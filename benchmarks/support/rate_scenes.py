"""Campaigns on trunks of given connect rates, through the real failover, in simulated time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from dialer.core.trunks.connect_rate import RateJudge, RateTests
from dialer.core.trunks.failover import Failover, Stand, Verdict
from dialer.core.trunks.trunk_book import AttemptResult, FailoverRules
from dialer.core.values.outcome import Outcome, Reason

PREFIX = "86138"
REFUSED = AttemptResult(Outcome.of(Reason.BUSY), post_dial_delay=1.0)
RANG_OUT = AttemptResult(Outcome.of(Reason.NO_ANSWER), post_dial_delay=1.0)
TALKED = AttemptResult(Outcome.of(Reason.HUNG_UP), 20.0, speech=True, post_dial_delay=1.0)


@dataclass(slots=True)
class Story:
    """What a campaign has seen."""

    attempts: dict[str, int] = field(default_factory=dict)
    """By trunk."""
    verdicts: list[Verdict] = field(default_factory=list)
    """Each verdict at the attempt from which it held."""
    since: list[int] = field(default_factory=list)
    """The number of that attempt."""
    leads: int = 0
    """How often another trunk came to lead the order."""


def campaign(
    random: Random, attempts: int, rate: Callable[[str, int], float], trunks: tuple[str, ...]
) -> Story:
    """So many attempts, one a second, each known before the next; `rate` by trunk and attempt."""
    failover = Failover(trunks, FailoverRules())
    story = Story(dict.fromkeys(trunks, 0))
    leader = trunks[0]
    for number in range(attempts):
        ranking = failover.rank(trunks, PREFIX)
        if not story.verdicts or ranking.verdict is not story.verdicts[-1]:
            story.verdicts.append(ranking.verdict)
            story.since.append(number)
        first = next(place.trunk for place in ranking.places if place.stand is Stand.CARRY)
        story.leads += first != leader
        leader = first
        trunk, now = ranking.places[0].trunk, float(number)
        story.attempts[trunk] += 1
        failover.placed("a", trunk, PREFIX, trunks, now)
        answers = random.random() < rate(trunk, number)
        failover.ended("a", TALKED if answers else RANG_OUT, now)
    return story


def start_of_a_trunk(random: Random, rate: float, cps: int, seconds: int) -> tuple[bool, bool]:
    """Whether a new trunk gave way, and whether it would have without rule 1 of the failover.

    That is, had its attempts been judged in the order in which they became known. Two misses in
    five are refused after 3 s, three ring for 40 s; an answer takes 5 to 15 s.
    """
    failover = Failover(("a",), FailoverRules())
    in_order_of_coming = RateJudge(RateTests.of(FailoverRules().floor))
    fell = would_have = False
    for now, attempt, result in _as_they_come(random, rate, cps, seconds):
        if result is None:
            failover.placed(attempt, "a", PREFIX, (), now)
            continue
        answers = result is TALKED
        changes = failover.answered(attempt, 1.0, now) if answers else ()
        changes += () if answers else failover.ended(attempt, result, now)
        fell |= bool(changes)
        would_have |= in_order_of_coming.judge(now, now, answered=answers)
    return fell, would_have


def _as_they_come(
    random: Random, rate: float, cps: int, seconds: int
) -> Iterator[tuple[float, str, AttemptResult | None]]:
    """Placings (None) and what came of them, in the order of time, until `seconds` are over."""
    coming: list[tuple[float, int, str, AttemptResult]] = []
    for number in count():
        now = number / cps
        while coming and coming[0][0] <= now:
            at, _, attempt, result = heapq.heappop(coming)
            yield at, attempt, result
        if now >= seconds:
            return
        attempt = str(number)
        yield now, attempt, None
        if random.random() < rate:
            known, result = random.uniform(5, 15), TALKED
        elif random.random() < 0.4:
            known, result = 3.0, REFUSED
        else:
            known, result = 40.0, RANG_OUT
        heapq.heappush(coming, (now + known, number, attempt, result))
