"""The wall clock, held against one that only grows and against what is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.gate.clock_sanity import TOLERANCE, ClockWatch, clock_sane
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny
from tests.support.orders import NOON, order

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def looked(*steps: tuple[float, float]) -> ClockWatch:
    """After looks so many (steady, wall) seconds after the start."""
    watch = ClockWatch.begin(NOON, 1000.0)
    for steady, wall in steps:
        watch = watch.look(NOON + timedelta(seconds=wall), 1000.0 + steady)
    return watch


def test_a_clock_that_goes_as_the_other_goes_is_sane() -> None:
    assert looked((1, 1), (86_400, 86_400)).doubt == ""


@pytest.mark.parametrize(
    "wall, told",
    [
        (10 - 3600, "the clock was set back by 1 h while this node ran"),
        (10 + 86_400, "the clock was set forward by 1 d while this node ran"),
        (10 - 6, "the clock was set back by 6 s while this node ran"),
        (10 + 5400, "the clock was set forward by 1 h 30 min while this node ran"),
    ],
)
def test_an_hour_back_and_a_day_forward_are_no_time_to_call(wall: float, told: str) -> None:
    watch = looked((9, 9), (10, wall))
    assert (watch.is_sane, watch.doubt) == (False, told)


def test_it_is_believed_again_when_it_is_set_right_however_long_that_took() -> None:
    watch = looked((10, 10 - 3600), (50_000, 50_000 - 3600))
    assert not watch.is_sane
    watch = watch.look(NOON + timedelta(seconds=50_010), 51_010.0)
    assert watch.doubt == ""


@pytest.mark.parametrize("jump", [-HOUR, DAY, timedelta(seconds=4)])
def test_what_is_put_on_record_keeps_its_order_when_the_clock_is_set(jump: timedelta) -> None:
    shown = NOON + timedelta(seconds=60) + jump
    doubted = abs(jump) > timedelta(seconds=TOLERANCE)
    for watch in (looked((59, 59)), looked((59, 59), (60, 60 + jump.total_seconds()))):
        believed = watch.believed(shown, 1060.0)
        assert believed == (NOON + timedelta(seconds=60) if doubted else shown)


@pytest.mark.parametrize("second", [1, -1])
def test_a_leap_second_stops_no_call(second: int) -> None:
    assert looked((10, 10), (11, 11 + second), (12, 12 + second)).is_sane


def test_a_leap_second_that_is_smeared_over_a_day_stops_no_call() -> None:
    looks = [(60.0 * n, 60.0 * n * (1 + 1 / 86_400)) for n in range(1, 3000)]
    assert looked(*looks).is_sane


def test_many_small_steps_add_up_to_one_that_is_not_believed() -> None:
    assert not looked(*((n, n - 2 * n) for n in range(1, 5))).is_sane


def test_the_rule_holds_the_node_and_puts_nobody_off() -> None:
    verdict = clock_sane().judge(replace(order(), clock_doubt="set back by 1 h"), History())
    assert isinstance(verdict, Deny)
    assert (verdict.why, verdict.held, verdict.again) == ("set back by 1 h", True, True)
    assert clock_sane().judge(order(), History()) == Allow()


def test_a_clock_behind_the_newest_attempt_waits_until_it_has_caught_up() -> None:
    rule = clock_sane()
    newest = History(newest=NOON)
    early = rule.judge(order(at=NOON - HOUR), newest)
    assert isinstance(early, Deny)
    assert early.why == "the clock is 1 h behind the newest attempt on record"
    assert (early.until, early.held) == (NOON, True)
    for ahead in (-5, 0, 1, 86_400):
        assert rule.judge(order(at=NOON + timedelta(seconds=ahead)), newest) == Allow()


def test_what_is_found_by_a_wrong_clock_closes_no_contact() -> None:
    closing = Rule("consent", lambda _order, _history: Deny("consent", "older than 12 months"))
    gate = Gate([closing, clock_sane()])
    verdict = gate.decide(replace(order(), clock_doubt="set forward by 1 d"), History())
    assert isinstance(verdict, Deny)
    assert (verdict.rule, verdict.held) == ("clock_sane", True)
