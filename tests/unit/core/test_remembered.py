"""What the gate found out about a number is forgotten as soon as it has decided."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

from dialer.core.gate.compliance import Allow, Gate, Rule, Verdict
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.remembered import forget, remembered
from tests.support.orders import order

ASK = {
    "decide": Gate.decide,
    "explain": Gate.explain,
    "earliest": Gate.earliest,
}


class Found:
    """An answer that can be watched."""


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
@pytest.mark.parametrize("fails", [False, True])
def test_nothing_outlives_the_decision(ask: Callable[..., object], *, fails: bool) -> None:
    asked = []
    answers = []

    @remembered
    def about(_number: str) -> Found:
        asked.append(1)
        found = Found()
        answers.append(weakref.ref(found))
        return found

    def judge(_order: AttemptOrder, _history: History) -> Verdict:
        about("callee")
        about("callee")
        if fails:
            raise LookupError
        return Allow()

    gate = Gate([Rule("first", judge), Rule("second", judge)])
    ask(gate, order("a"), History())
    gc.collect()
    assert len(asked) == 1
    assert [answer() for answer in answers] == [None]


def test_another_number_is_asked_about_anew() -> None:
    @remembered
    def twice(number: int) -> int:
        return 2 * number

    assert [twice(number) for number in (1, 1, 2, 1)] == [2, 2, 4, 2]
    forget()
    assert twice(3) == 6
