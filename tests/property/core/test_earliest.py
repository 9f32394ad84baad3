"""Who is put off waits for an instant that is lawful by all rules, and no lawful one is missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.gate.calendars import DayKind
from dialer.core.gate.calling_hours import CallingHours, Hours, Windows, calling_hours
from dialer.core.gate.compliance import ASK_AGAIN, Gate, Rule
from dialer.core.gate.consent import ConsentTerms, consent
from dialer.core.gate.rules import PerNumber, per_number_frequency
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import contact, order

STEP = timedelta(minutes=10)
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


class Days:
    """Sundays and Mondays are days off."""

    def kind(self, day: date) -> DayKind | None:
        return DayKind.DAY_OFF if day.weekday() in {0, 6} else DayKind.WORKDAY


def hours_of_a_day(draw: st.DrawFn, most: int) -> tuple[Hours, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 143), max_size=most)))
    ends = [time(mark // 6, mark % 6 * 10) for mark in marks]
    return tuple(Hours(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Gate, AttemptOrder, History]:
    windows = Windows(hours_of_a_day(draw, 6), hours_of_a_day(draw, 2))
    rules = [
        consent(ConsentTerms(draw(st.sampled_from([None, 1])))),
        calling_hours(CallingHours(windows, Days())),
        per_number_frequency(PerNumber(draw(st.integers(1, 2)), draw(st.integers(1, 4)))),
    ]
    at = BEGIN + STEP * draw(st.integers(0, 7 * 144))
    before = draw(st.lists(st.integers(1, 150), max_size=6))
    wanted = contact()
    row = replace(
        wanted.row,
        timezone=draw(st.sampled_from(["Asia/Shanghai", "America/New_York"])),
        consent_at=at + STEP * draw(st.integers(-31 * 144, 144)),
    )
    history = History(tuple(sorted(at - STEP * steps for steps in before)))
    asked = order(at=at, to=replace(wanted, row=row))
    return Gate(draw(st.permutations(rules))), asked, history


@settings(max_examples=150, deadline=None)
@given(situations())
def test_no_lawful_instant_is_missed(situation: tuple[Gate, AttemptOrder, History]) -> None:
    gate, asked, history = situation
    verdict = gate.decide(asked, history)
    earliest = gate.earliest(asked, history)
    if isinstance(verdict, Allow):
        assert earliest == asked.at
        return
    assert verdict.until == earliest
    last = asked.at + timedelta(days=8) if earliest is None else earliest
    instant = asked.at
    while instant < min(last, asked.at + timedelta(days=8)):
        assert gate.decide(replace(asked, at=instant), history) != Allow()
        instant += STEP
    if earliest is not None and not verdict.again:
        then = gate.decide(replace(asked, at=earliest), history)
        # It is lawful then, or never will be.
        assert isinstance(then, Allow) or then.until is None or then.again


def open_from(name: str, begin: datetime, end: datetime, *, again: bool = False) -> Rule:
    def judge(asked: AttemptOrder, _history: History) -> Verdict:
        if begin <= asked.at < end:
            return Allow()
        until = begin if asked.at < begin else None
        return Deny(name, "shut", asked.at + ASK_AGAIN if again else until, again)

    return Rule(name, judge)


HOUR = timedelta(hours=1)
FAR = BEGIN + timedelta(days=100)


def test_the_rule_that_denies_first_is_told_with_the_instant_of_all() -> None:
    gate = Gate([open_from("a", BEGIN + HOUR, FAR), open_from("b", BEGIN + 3 * HOUR, FAR)])
    assert gate.decide(order(at=BEGIN), History()) == Deny("a", "shut", BEGIN + 3 * HOUR)


def test_a_denial_for_good_goes_before_one_that_puts_off() -> None:
    gate = Gate([open_from("a", BEGIN + HOUR, FAR), open_from("b", BEGIN - HOUR, BEGIN)])
    assert gate.decide(order(at=BEGIN), History()) == Deny("b", "shut", None)


def test_who_can_never_be_called_later_is_asked_again_then() -> None:
    """What is known now may change until then: only what is forbidden for good now is done with."""
    gate = Gate([open_from("a", BEGIN + HOUR, FAR), open_from("b", BEGIN, BEGIN + HOUR)])
    assert gate.decide(order(at=BEGIN), History()) == Deny("a", "shut", BEGIN + HOUR)


def test_a_fault_of_our_own_is_asked_about_again_soon() -> None:
    never = open_from("ours", FAR, FAR, again=True)
    assert Gate([never]).earliest(order(at=BEGIN), History()) == BEGIN + ASK_AGAIN
    both = Gate([never, open_from("a", BEGIN + 3 * HOUR, FAR)])
    assert both.earliest(order(at=BEGIN), History()) == BEGIN + 3 * HOUR


def test_the_labs_clock_goes_on_with_ours() -> None:
    hours = CallingHours(Windows((), (Hours(time(9), time(10)),)), Days())
    gate = Gate([calling_hours(hours), open_from("late", BEGIN + 5 * HOUR, FAR)])
    wanted = contact()
    row = replace(wanted.row, timezone="Etc/UTC")
    # The lab shows 04:00 on a day off at midnight: five hours on, it is 09:00 there.
    asked = replace(order(at=BEGIN, to=replace(wanted, row=row)), lab_at=BEGIN + 4 * HOUR)
    assert gate.earliest(asked, History()) == BEGIN + 5 * HOUR
