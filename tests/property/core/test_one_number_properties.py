"""One callee sees one number, whatever is tried, in whatever order, while numbers come and go."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.compliance import Gate
from dialer.core.gate.one_number import OneNumber, one_number
from dialer.core.values.number import E164
from dialer.core.values.records import History, Shown
from dialer.core.values.verdict import Allow
from tests.support.orders import NOON, order

NUMBERS = tuple(E164(f"+44207946000{last}") for last in range(4))

tries = st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(1, 10_000)), max_size=30)
holdings = st.frozensets(st.sampled_from(NUMBERS), min_size=1)


def ours(numbers: frozenset[E164]) -> CallerIds:
    listed = [VerifiedNumber(each, "Bank", "a", date(2099, 1, 1)) for each in sorted(numbers)]
    return CallerIds({"carrier-a": listed})


def shown(dialled: list[tuple[E164, int]]) -> History:
    latest: dict[E164, int] = {}
    for number, minute in dialled:
        latest[number] = max(minute, latest.get(number, 0))
    return History(
        shown=tuple(Shown(number, NOON + timedelta(minutes=at)) for number, at in latest.items())
    )


@settings(max_examples=200, deadline=None)
@given(tries, holdings)
def test_as_long_as_we_keep_our_numbers_a_callee_sees_one(
    tried: list[tuple[E164, int]], numbers: frozenset[E164]
) -> None:
    gate = Gate([one_number(ours(numbers), OneNumber())])
    dialled: list[tuple[E164, int]] = []
    now = 0
    for number, wait in tried:
        now += wait
        asked = order(caller_id=number, at=NOON + timedelta(minutes=now))
        if number in numbers and gate.decide(asked, shown(dialled)) == Allow():
            dialled.append((number, now))
    assert len({number for number, _ in dialled}) <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(holdings, tries), max_size=6))
def test_a_callee_sees_another_number_only_after_the_one_before_was_given_up(
    ages: list[tuple[frozenset[E164], list[tuple[E164, int]]]],
) -> None:
    dialled: list[tuple[E164, int]] = []
    now = 0
    for numbers, tried in ages:
        gate = Gate([one_number(ours(numbers), OneNumber())])
        for number, wait in tried:
            now += wait
            asked = order(caller_id=number, at=NOON + timedelta(minutes=now))
            if number not in numbers or gate.decide(asked, shown(dialled)) != Allow():
                continue
            if dialled and dialled[-1][0] != number:
                assert dialled[-1][0] not in numbers, "it was still ours"
            dialled.append((number, now))


@settings(max_examples=100, deadline=None)
@given(tries.filter(len), holdings)
def test_whoever_was_called_can_be_called_again_from_some_number(
    dialled: list[tuple[E164, int]], numbers: frozenset[E164]
) -> None:
    rule = one_number(ours(numbers), OneNumber())
    history = shown(dialled)
    allowed = [each for each in numbers if rule.judge(order(caller_id=each), history) == Allow()]
    known = {number for number, _ in dialled} & numbers
    assert len(allowed) == (1 if known else len(numbers))
    assert set(allowed) <= (known or numbers)
