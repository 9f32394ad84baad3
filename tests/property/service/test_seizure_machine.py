"""Invariant 4 of whoever dials: in any order of use, with failures at any point, nothing is lost.

Channels and calls a second hold, each seizure is given back once, and each attempt that left is
counted once for the trunk's connect rate.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.core.calls.signalling import from_sip
from dialer.core.trunks.trunk_book import FailoverRules
from dialer.core.values.records import AttemptEnd, AttemptOrder
from dialer.core.values.targets import Extension
from dialer.trunks.pool import Seizure, SeizureError, Step
from tests.support.fast_time import fast_runner
from tests.support.nodes import Node, trunk
from tests.support.orders import CALLER_ID, NOON, number, order

NAMES: Final = ("a", "b")
ALLOWED: Final = {
    Step.SENT: {Step.DEPARTED},
    Step.ANSWERED: {Step.SENT},
    Step.ENDED: {Step.SENT, Step.ANSWERED},
    Step.GIVEN_BACK: set(Step) - {Step.GIVEN_BACK},
}


NEXT: Final = {
    Step.DEPARTED: Step.SENT,
    Step.SENT: Step.ANSWERED,
    Step.ANSWERED: Step.ENDED,
    Step.ENDED: Step.GIVEN_BACK,
}


class FailureError(Exception):
    """Whatever goes wrong while a seizure is held."""


@dataclass
class Held:
    seizure: Seizure
    counts: AttemptOrder | None
    step: Step = Step.SEIZED
    departing: asyncio.Task[None] | None = None
    steps: set[Step] = field(default_factory=set)

    def now_is(self, step: Step) -> None:
        self.step = step
        self.steps.add(step)


class SeizureMachine(RuleBasedStateMachine):
    @initialize(channels=st.integers(1, 4), cps=st.integers(1, 3))
    def build(self, channels: int, cps: int) -> None:
        self.cps = cps
        trunks = [trunk(name, channels, cps) for name in NAMES]
        self.node = Node(trunks=trunks, failover=FailoverRules(floor=0))
        self.pool = self.node.service.pool
        self.runner = fast_runner(self.node.clock)
        self.held: list[Held] = []
        self.left: dict[str, list[float]] = {name: [] for name in NAMES}

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        for each in self.held:
            each.seizure.close()
            each.now_is(Step.GIVEN_BACK)
        self.time_passes(2.0)
        for each in self.held:
            if each.departing is not None:
                assert each.departing.done()
                each.departing.exception()
        for each_trunk in self.node.trunks:
            load = each_trunk.load
            assert load.in_use == 0
            assert load.room(self.now) == min(load.limits.channels, self.cps)
            told = {Step.ANSWERED, Step.ENDED}
            counted = [
                each
                for each in self.held
                if each.seizure.trunk is each_trunk and each.counts and each.steps & told
            ]
            self.pool.rates.refresh()
            assert self.pool.rates.reports[each_trunk.name].figures.seizures == len(counted)
        self.runner.close()

    @property
    def now(self) -> float:
        return self.node.clock.monotonic()

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.9, 1.0]))
    def time_passes(self, seconds: float) -> None:
        async def pass_() -> None:
            await asyncio.sleep(seconds)
            await asyncio.sleep(0)

        self.runner.run(pass_())
        for each in self.held:
            if each.step is Step.DEPARTING and each.departing and each.departing.done():
                each.departing.result()
                each.now_is(Step.DEPARTED)

    @rule(to=st.sampled_from(["callee", "callee", *NAMES]))
    def seize(self, to: str) -> None:
        offer = (
            self.pool.to_callee(number(1), CALLER_ID)
            if to == "callee"
            else self.pool.to_person(Extension("8001", to), CALLER_ID)
        )
        seizure = offer.seize()
        if seizure is None:
            assert not any(load.can_seize(self.now) for load in offer.loads)
            return
        attempt = order(uuid.uuid4().hex, trunk=seizure.trunk.name) if to == "callee" else None
        self.held.append(Held(seizure, attempt))

    def one(self, lot: int) -> Held:
        """Mostly one that lives."""
        alive = [each for each in self.held if each.step is not Step.GIVEN_BACK]
        among = alive if alive and lot % 5 else self.held
        return among[lot // 5 % len(among)]

    @precondition(lambda self: self.held)
    @rule(lot=st.integers(0, 99))
    def go_on(self, lot: int) -> None:
        """Mostly things go as they should."""
        each = self.one(lot)
        if each.step is Step.SEIZED:
            self.depart(lot)
        elif each.step in NEXT:
            self.go(lot, NEXT[each.step])

    @precondition(lambda self: self.held)
    @rule(lot=st.integers(0, 99))
    def depart(self, lot: int) -> None:
        each = self.one(lot)
        before = each.step

        async def begin() -> asyncio.Task[None]:
            task = asyncio.ensure_future(each.seizure.depart(each.counts))
            await asyncio.sleep(0)
            return task

        task = self.runner.run(begin())
        if before is not Step.SEIZED:
            assert isinstance(task.exception(), SeizureError)
            assert each.seizure.step is before
            return
        each.departing = task
        each.now_is(Step.DEPARTING)
        self.time_passes(0.0)

    @precondition(lambda self: self.held)
    @rule(lot=st.integers(0, 99))
    def cancel(self, lot: int) -> None:
        each = self.one(lot)
        if each.step is Step.DEPARTING and each.departing is not None:
            each.departing.cancel()
            with pytest.raises(asyncio.CancelledError):
                self.runner.run(asyncio.wait_for(each.departing, None))
            each.departing = None
            each.step = Step.SEIZED

    @precondition(lambda self: self.held)
    @rule(lot=st.integers(0, 99), to=st.sampled_from(sorted(ALLOWED, key=lambda step: step.value)))
    def go(self, lot: int, to: Step) -> None:
        each = self.one(lot)
        seizure, load = each.seizure, each.seizure.trunk.load
        end = AttemptEnd("", "", from_sip(486), NOON)
        steps: dict[Step, Callable[[], None]] = {
            Step.SENT: lambda: seizure.sent(self.now),
            Step.ANSWERED: lambda: seizure.answered(None, self.now),
            Step.ENDED: lambda: seizure.ended(end),
            Step.GIVEN_BACK: seizure.give_back,
        }
        if each.step in ALLOWED[to]:
            steps[to]()
            each.now_is(to)
            if to is Step.SENT:
                self.left[seizure.trunk.name].append(self.now)
            if to is Step.GIVEN_BACK:
                self.give_up_departing(each)
            return
        before = (seizure.step, load.in_use, load.room(self.now), load.next_departure(self.now))
        with pytest.raises(SeizureError):
            steps[to]()
        after = (seizure.step, load.in_use, load.room(self.now), load.next_departure(self.now))
        assert before == after

    @precondition(lambda self: self.held)
    @rule(lot=st.integers(0, 99), keep=st.booleans())
    def fail_while_it_is_held(self, lot: int, *, keep: bool) -> None:
        each = self.one(lot)
        if each.step is Step.GIVEN_BACK:
            with pytest.raises(SeizureError):
                each.seizure.keep()
            return
        with contextlib.suppress(FailureError), each.seizure:
            if keep:
                each.seizure.keep()
            raise FailureError
        assert (each.seizure.step is Step.GIVEN_BACK) is not keep
        if keep:
            each.seizure.give_back()
        each.now_is(Step.GIVEN_BACK)
        each.seizure.close()
        self.give_up_departing(each)

    def give_up_departing(self, each: Held) -> None:
        """Whoever waited for its INVITE to leave hears that it will not."""
        if each.departing is not None and not each.departing.done():
            with pytest.raises(SeizureError):
                self.runner.run(asyncio.wait_for(each.departing, None))
            each.departing = None
            self.time_passes(0.0)

    @invariant()
    def channels_and_calls_a_second_hold(self) -> None:
        for each in self.node.trunks if hasattr(self, "node") else ():
            alive = [
                held
                for held in self.held
                if held.seizure.trunk is each and held.step is not Step.GIVEN_BACK
            ]
            assert each.load.in_use == len(alive) <= each.load.limits.channels
            left = self.left[each.name]
            for begin in left:
                assert sum(begin <= at < begin + 1.0 for at in left) <= self.cps

    @invariant()
    def each_is_where_it_should_be(self) -> None:
        for held in getattr(self, "held", ()):
            assert held.seizure.step is held.step


TestSeizures = SeizureMachine.TestCase
TestSeizures.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
