"""No order of launches and ends, over however many nodes, breaks the bound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.core.gate.abandonment import abandon_rate
from dialer.core.values.attention import JUDGED_FROM, Answers
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow
from tests.support.orders import order


class Nodes(RuleBasedStateMachine):
    """Calls of one campaign; the gate is asked within the transaction that commits a launch."""

    @initialize(rate=st.floats(0.005, 0.4), live=st.integers(0, 3000))
    def begin(self, rate: float, live: int) -> None:
        self.rate = rate
        self.answers = Answers(live=live)
        self.gate = abandon_rate(rate)

    @rule(wanted=st.integers(1, 80))
    def launch(self, wanted: int) -> None:
        for _ in range(wanted):
            if self.gate.judge(order(), History(answers=self.answers)) == Allow():
                self.answers = replace(self.answers, at_risk=self.answers.at_risk + 1)

    @precondition(lambda self: self.answers.at_risk)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        ending = data.draw(st.integers(1, self.answers.at_risk))
        abandoned = data.draw(st.integers(0, ending))
        heard = data.draw(st.integers(0, ending - abandoned))
        self.answers = Answers(
            live=self.answers.live + abandoned + heard,
            abandoned=self.answers.abandoned + abandoned,
            at_risk=self.answers.at_risk - ending,
        )

    @precondition(lambda self: self.answers.at_risk)
    @rule()
    def everybody_who_can_be_is_abandoned(self) -> None:
        lost = self.answers.at_risk
        self.answers = Answers(self.answers.live + lost, self.answers.abandoned + lost, 0)

    @invariant()
    def the_bound_holds(self) -> None:
        if not hasattr(self, "answers"):
            return
        judged = max(self.answers.live, JUDGED_FROM)
        assert self.answers.abandoned <= Fraction(self.rate) * judged + Fraction(1, 10**9)


TestNodes = Nodes.TestCase


@given(st.floats(0.005, 0.4), st.integers(0, 5000), st.integers(0, 50), st.integers(0, 300))
def test_launching_more_is_never_allowed_where_less_is_not(
    rate: float, live: int, abandoned: int, at_risk: int
) -> None:
    answers = Answers(live, abandoned, at_risk)
    allowed = [answers.allows(rate, more) for more in range(60)]
    assert allowed == sorted(allowed, reverse=True)
