"""The rule of hours as the gate asks it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.core.gate.calendars import DayKind, PublicCalendar
from dialer.core.gate.calling_hours import CallingHours, Hours, Windows, calling_hours
from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, ContactRow, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, contact, order

WINDOWS = Windows((Hours.of("09:00", "11:30"), Hours.of("14:30", "17:30")))
RULE = calling_hours(CallingHours(WINDOWS, PublicCalendar("CN")))
BEIJING = E164("+861065550002")


def at(text: str, to: E164 = BEIJING, timezone: str | None = None) -> AttemptOrder:
    row = ContactRow(2, to, "card-renewal", "form", NOON, "form-1", timezone)
    instant = datetime.fromisoformat(text)
    return order(at=instant.astimezone(UTC), to=replace(contact(), row=row))


def ask(asked: AttemptOrder) -> Verdict:
    return RULE.judge(asked, History())


@pytest.mark.parametrize(
    "instant, lawful",
    [
        ("2026-11-23T08:59:59+08:00", False),
        ("2026-11-23T09:00:00+08:00", True),
        ("2026-11-23T11:29:59.999999+08:00", True),
        ("2026-11-23T11:30:00+08:00", False),
        ("2026-11-23T17:29:59+08:00", True),
        ("2026-11-23T19:00:00+08:00", False),
        # A Sunday; a Sunday made a workday; a Thursday of the Spring Festival.
        ("2026-11-22T10:00:00+08:00", False),
        ("2026-09-20T10:00:00+08:00", True),
        ("2026-02-19T10:00:00+08:00", False),
    ],
)
def test_the_law_of_china(instant: str, lawful: bool) -> None:
    assert isinstance(ask(at(instant)), Allow) is lawful


def test_a_denial_says_the_local_time_and_when_it_can_be_lawful() -> None:
    assert ask(at("2026-11-20T17:30:00+08:00")) == Deny(
        "calling_hours",
        "it is 17:30 on a workday in Asia/Shanghai; hours of calling: 09:00-11:30, 14:30-17:30",
        datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
    )


def test_a_zone_of_the_list_takes_hours_away_and_adds_none() -> None:
    ten_in_beijing = "2026-11-23T10:00:00+08:00"
    assert isinstance(ask(at(ten_in_beijing, timezone="Europe/London")), Deny)
    # Seven in the morning in Shanghai is no hour to call there, whatever the list says.
    for hour in ("2026-11-23T10:00:00+00:00", "2026-11-23T15:04:00+00:00"):
        denied = ask(at(hour, timezone="Europe/London"))
        assert isinstance(denied, Deny)
        assert "Asia/Shanghai" in denied.why
    assert isinstance(ask(at("2026-11-23T09:00:00+00:00", timezone="Europe/London")), Allow)


def test_a_callee_of_no_known_zone_is_never_called() -> None:
    verdict = ask(at("2026-11-23T10:00:00+08:00", to=E164("+80012345678")))
    assert isinstance(verdict, Deny)
    assert verdict.until is None


def test_next_year_is_not_known_before_its_notice() -> None:
    verdict = ask(at("2099-03-02T10:00:00+08:00"))
    assert isinstance(verdict, Deny)
    assert verdict.why == (
        "the days off of 2099 are not known: name a file of the official notice in "
        "compliance.days, then `dialer config approve`"
    )
    assert verdict.until == datetime(2099, 3, 3, 2, 0, tzinfo=UTC)


def test_a_labs_clock_is_asked_and_the_contact_waits_by_ours() -> None:
    night = at("2026-11-23T02:00:00+08:00")
    assert isinstance(ask(night), Deny)
    assert ask(replace(night, lab_at=night.at + timedelta(hours=8))) == Allow()
    noon = replace(night, lab_at=night.at + timedelta(hours=10))
    verdict = ask(noon)
    assert isinstance(verdict, Deny)
    assert verdict.until == night.at + timedelta(hours=2.5)


@pytest.mark.parametrize("start, end", [("11:00", "11:00"), ("12:00", "09:00")])
def test_hours_that_end_before_they_start_are_refused(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="the start comes before the end"):
        Hours.of(start, end)


class Holidays:
    """So many days off from NOON's, and workdays after."""

    def __init__(self, days: int) -> None:
        self._until = NOON.date() + timedelta(days=days)

    def kind(self, day: date) -> DayKind:
        return DayKind.DAY_OFF if day < self._until else DayKind.WORKDAY


NINE_TO_SIX = Windows((Hours.of("09:00", "18:00"),))
UTC_ALONE = [ZoneInfo("UTC")]


@pytest.mark.parametrize("days,is_found", [(1, True), (31, True), (32, False)])
def test_a_month_is_looked_ahead(days: int, *, is_found: bool) -> None:
    first = (NOON + timedelta(days=days)).replace(hour=9)
    found = CallingHours(NINE_TO_SIX, Holidays(days)).next_lawful(NOON, UTC_ALONE)
    assert found == (first if is_found else None)


def test_that_nothing_is_lawful_for_long_is_not_remembered_for_too_long() -> None:
    hours = CallingHours(NINE_TO_SIX, Holidays(40))
    first = (NOON + timedelta(days=40)).replace(hour=9)
    assert hours.next_lawful(NOON, UTC_ALONE) is None
    assert hours.next_lawful(NOON + timedelta(days=8), UTC_ALONE) is None
    for days in (24, 25, 39):
        assert hours.next_lawful(NOON + timedelta(days=days), UTC_ALONE) == first
    assert hours.next_lawful(first, UTC_ALONE) == first
