"""The frequency rule against a slow and simple count."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.gate.rules import PerNumber, per_number_frequency
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, order

MINUTES = st.lists(st.integers(0, 1600), max_size=8)


def ask(limits: PerNumber, minutes_ago: list[int], ahead: timedelta = timedelta()) -> Verdict:
    at = NOON + ahead
    since = at - timedelta(hours=24)
    dialled = sorted(NOON - timedelta(minutes=ago) for ago in minutes_ago)
    seen = tuple(each for each in dialled if each > since)
    return per_number_frequency(limits).judge(order(at=at), History(seen))


@settings(max_examples=150, deadline=None)
@given(MINUTES, st.integers(1, 3), st.integers(1, 5))
def test_it_counts_what_a_simple_count_counts(minutes: list[int], hour: int, day: int) -> None:
    verdict = ask(PerNumber(hour, day), minutes)
    in_hour = sum(1 for ago in minutes if ago < 60)
    in_day = sum(1 for ago in minutes if ago < 1440)
    assert isinstance(verdict, Allow) is (in_hour < hour and in_day < day)


@settings(max_examples=150, deadline=None)
@given(MINUTES, st.integers(1, 3), st.integers(1, 5))
def test_until_is_the_earliest_lawful_instant(minutes: list[int], hour: int, day: int) -> None:
    limits = PerNumber(hour, day)
    verdict = ask(limits, minutes)
    if isinstance(verdict, Deny):
        assert verdict.until is not None
        wait = verdict.until - NOON
        assert ask(limits, minutes, wait) == Allow()
        assert isinstance(ask(limits, minutes, wait - timedelta(microseconds=1)), Deny)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=5, max_size=60))
def test_who_asks_again_and_again_never_gets_past_the_caps(gaps: list[int]) -> None:
    rule = per_number_frequency(PerNumber())
    now, dialled = NOON, []
    for gap in gaps:
        now += timedelta(minutes=gap)
        recent = tuple(each for each in dialled if each > now - timedelta(hours=24))
        if rule.judge(order(at=now), History(recent)) == Allow():
            dialled.append(now)
    for at in dialled:
        assert sum(1 for each in dialled if at <= each < at + timedelta(hours=1)) <= 1
        assert sum(1 for each in dialled if at <= each < at + timedelta(hours=24)) <= 3
