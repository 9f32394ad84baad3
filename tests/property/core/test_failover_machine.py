"""Failover under any order of attempts, against a naive account of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from dialer.core.trunks.connect_rate import PROBE_EVERY, PROBE_EVERY_MOST, RateState
from dialer.core.trunks.failover import Failover, Stand, Verdict
from dialer.core.trunks.trunk_book import AttemptResult, FailoverRules
from dialer.core.trunks.trunk_stats import REACHED, WindowLimits
from dialer.core.values.outcome import Outcome, Reason, Who

TRUNKS = ("a", "b", "c")
PREFIXES = ("86106", "86138", "86139", "1212")
WINDOW = WindowLimits(length=12, age=50.0, minimum=3)
RULES = FailoverRules(window=WINDOW, prefix_window=WINDOW, most_prefixes=3)


@dataclass(slots=True)
class Told:
    """What is known of an attempt, kept for ever and counted anew each time."""

    trunk: str
    prefix: str
    at: float
    known: bool = False
    counts: bool = False
    answered: bool = False
    reached: bool = False
    delay: float | None = None


class FailoverMachine(RuleBasedStateMachine):
    waiting = Bundle("waiting")
    talking = Bundle("talking")

    @initialize()
    def build(self) -> None:
        self.failover = Failover(TRUNKS, RULES)
        self.now = 0.0
        self.told: dict[str, Told] = {}
        self.talks: dict[str, list[tuple[float, float, bool | None]]] = {t: [] for t in TRUNKS}
        self.live = 0

    @rule(seconds=st.sampled_from([0.0, 1.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(
        target=waiting,
        trunk=st.sampled_from(TRUNKS),
        prefix=st.sampled_from(PREFIXES),
        times=st.integers(1, 5),
    )
    def place(self, trunk: str, prefix: str, times: int) -> object:
        placed = []
        for _ in range(times):
            attempt = str(len(self.told))
            self.failover.placed(attempt, trunk, prefix, TRUNKS, self.now)
            self.told[attempt] = Told(trunk, prefix, self.now)
            placed.append(attempt)
        self.live += times
        return multiple(*placed)

    @rule(target=talking, attempt=consumes(waiting), delay=st.sampled_from([None, 0.5, 3.0]))
    def answer(self, attempt: str, delay: float | None) -> str:
        self.failover.answered(attempt, delay, self.now)
        told = self.told[attempt]
        told.known = told.counts = told.answered = told.reached = True
        told.delay = delay
        return attempt

    @rule(
        attempt=consumes(waiting),
        reason=st.sampled_from(Reason),
        delay=st.sampled_from([None, 0.5, 3.0]),
    )
    def end_without_an_answer(self, attempt: str, reason: Reason, delay: float | None) -> None:
        outcome = Outcome.of(reason)
        self.failover.ended(attempt, AttemptResult(outcome, post_dial_delay=delay), self.now)
        told = self.told[attempt]
        told.known, told.delay = True, delay
        told.counts = outcome.who is not Who.DIALER
        told.reached = reason in REACHED
        self.live -= 1

    @rule(
        attempt=consumes(talking),
        talk=st.floats(0, 600),
        speech=st.sampled_from([True, False, None]),
    )
    def end_a_talk(self, attempt: str, talk: float, speech: bool | None) -> None:
        result = AttemptResult(Outcome.of(Reason.HUNG_UP), talk, speech)
        self.failover.ended(attempt, result, self.now)
        self.talks[self.told[attempt].trunk].append((self.now, talk, speech))
        self.live -= 1

    def counted(self, trunk: str) -> list[Told]:
        """A trunk's attempts up to the first of which nothing is known."""
        found: list[Told] = []
        for told in self.told.values():
            if told.trunk != trunk:
                continue
            if not told.known:
                break
            if told.counts:
                found.append(told)
        return found

    @invariant()
    def counts_are_exact(self) -> None:
        for trunk in TRUNKS:
            figures = self.failover.report(trunk, self.now).figures
            since = self.now - WINDOW.age
            seen = [told for told in self.counted(trunk)[-WINDOW.length :] if told.at > since]
            talks = [each for each in self.talks[trunk][-WINDOW.length :] if each[0] > since]
            delays = [told.delay for told in seen if told.delay is not None]
            answered = sum(told.answered for told in seen)
            reached = sum(told.reached for told in seen)
            hollow = sum(speech is False and talk <= 30 for _, talk, speech in talks)
            assert figures.seizures == len(seen)
            assert figures.answered == answered
            assert figures.reached == reached
            assert figures.conversations == len(talks)
            assert figures.asr == ratio(answered, len(seen))
            assert figures.ner == ratio(reached, len(seen))
            assert figures.hollow == ratio(hollow, len(talks))
            assert figures.pdd == ratio(math.fsum(delays), len(delays))
            assert figures.acd == ratio(math.fsum(talk for _, talk, _ in talks), len(talks))

    @invariant()
    def memory_is_bounded_by_the_live_attempts_and_the_rules(self) -> None:
        assert len(self.failover._attempts) == self.live
        for trunk in TRUNKS:
            assert len(self.failover.prefixes(trunk, self.now)) <= RULES.most_prefixes
            book = self.failover._books[trunk]
            assert not book.waiting or not book.waiting[0].is_known
            for record in (book._overall, *book.prefixes.values()):
                assert len(record.window._seizures) <= WINDOW.length
                assert len(record.window._conversations) <= WINDOW.length


def ratio(part: float, whole: int) -> float | None:
    return part / whole if whole >= WINDOW.minimum else None


TestFailoverMachine = FailoverMachine.TestCase
TestFailoverMachine.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)


class RoutingMachine(RuleBasedStateMachine):
    """Calls that follow the ranking, in stretches in which each trunk answers as it may."""

    @initialize()
    def build(self) -> None:
        self.failover = Failover(TRUNKS, FailoverRules())
        self.placed = 0
        self.passed = dict.fromkeys(TRUNKS, 0)

    @rule(
        order=st.permutations(TRUNKS),
        # An attempt is answered where its number has one of these remainders by ten.
        answers=st.fixed_dictionaries({trunk: st.sets(st.integers(0, 9)) for trunk in TRUNKS}),
        times=st.integers(1, 150),
    )
    def calls_are_made(self, order: list[str], answers: dict[str, set[int]], times: int) -> None:
        for _ in range(times):
            self.placed += 1
            answered = self.placed % 10
            self.call(order, {trunk: answered in answers[trunk] for trunk in TRUNKS})

    def call(self, order: list[str], would_answer: dict[str, bool]) -> None:
        ranking = self.failover.rank(order, "86138")
        self.check(order, ranking.verdict, {p.trunk: p.stand for p in ranking.places})
        assert sorted(place.trunk for place in ranking.places) == sorted(order)
        trunk = ranking.places[0].trunk
        now = float(self.placed)
        self.failover.placed("x", trunk, "86138", order, now)
        talk = 20.0 if would_answer[trunk] else None
        result = AttemptResult(Outcome.of(Reason.HUNG_UP if talk else Reason.NO_ANSWER), talk)
        self.failover.ended("x", result, now)
        for name in TRUNKS:
            is_down = self.is_down(name)
            self.passed[name] = self.passed[name] + 1 if is_down and name != trunk else 0
            # A probe may wait for those of the two others.
            assert self.passed[name] <= PROBE_EVERY_MOST + len(TRUNKS)

    def is_down(self, trunk: str) -> bool:
        return self.failover.report(trunk, 0.0).standing.state is not RateState.GOOD

    def check(self, order: list[str], verdict: Verdict, stands: dict[str, Stand]) -> None:
        down = [trunk for trunk in order if self.is_down(trunk)]
        carrying = [trunk for trunk, stand in stands.items() if stand is Stand.CARRY]
        probes = [trunk for trunk, stand in stands.items() if stand is Stand.PROBE]
        assert len(probes) <= 1
        assert set(probes) <= set(down)
        assert all(self.passed[trunk] >= PROBE_EVERY for trunk in probes)
        if not down:
            assert verdict is Verdict.WELL
            assert carrying == order
        elif len(down) < len(order):
            assert verdict is Verdict.GIVING_WAY
            assert carrying == [trunk for trunk in order if trunk not in down]
        elif verdict is Verdict.LIST_AT_FAULT:
            assert carrying == [trunk for trunk in order if trunk not in probes]
        else:
            assert verdict is Verdict.TRUNKS_AT_FAULT
            assert len(carrying) + len(probes) >= 1
            assert len(carrying) <= 1


TestRoutingMachine = RoutingMachine.TestCase
TestRoutingMachine.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)
