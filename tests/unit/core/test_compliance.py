from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import pytest

from dialer.core.gate.compliance import ASK_AGAIN, Gate, Rule
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, order


def says(name: str, verdict: object) -> Rule:
    return Rule(name, lambda _order, _history: cast("Verdict", verdict))


def broken(order: AttemptOrder, _history: History) -> Verdict:
    raise KeyError(order.contact.row.number.clear)


def test_a_call_leaves_only_when_every_rule_allows() -> None:
    assert Gate([says("a", Allow()), says("b", Allow())]).decide(order(), History()) == Allow()


def test_the_first_denial_is_the_verdict_and_all_can_be_seen() -> None:
    gate = Gate([says("a", Allow()), says("b", Deny("b", "no")), says("c", Deny("c", "never"))])
    assert gate.decide(order(), History()) == Deny("b", "no")
    assert gate.explain(order(), History()) == (
        ("a", Allow()),
        ("b", Deny("b", "no")),
        ("c", Deny("c", "never")),
    )


def test_a_rule_that_raises_has_denied_and_tells_no_number() -> None:
    verdict = Gate([says("a", Allow()), Rule("broken", broken)]).decide(order(), History())
    assert verdict == Deny("broken", "the rule could not decide (KeyError)", NOON + ASK_AGAIN, True)


@pytest.mark.parametrize("answer", [None, True, "allow", Allow, Deny])
def test_what_is_no_verdict_is_a_denial(answer: object) -> None:
    verdict = Gate([says("odd", answer)]).decide(order(), History())
    assert isinstance(verdict, Deny)
    assert verdict.rule == "odd"


def test_a_denial_goes_by_the_name_of_its_rule() -> None:
    verdict = Gate([says("mine", Deny("another", "no", NOON))]).decide(order(), History())
    assert verdict == Deny("mine", "no", NOON)


def test_an_instant_without_a_zone_is_a_doubt() -> None:
    naive = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - that is the point
    verdict = Gate([says("a", Allow())]).decide(order(at=naive), History())
    assert verdict == Deny("a", "the instant of the attempt has no time zone")


def test_a_gate_without_rules_is_no_gate() -> None:
    with pytest.raises(ValueError, match="needs rules"):
        Gate([])
    with pytest.raises(ValueError, match="name of its own"):
        Gate([says("a", Allow()), says("a", Allow())])


def test_a_doubt_is_asked_about_again_but_not_at_once() -> None:
    assert timedelta(minutes=1) < ASK_AGAIN < timedelta(days=1)
