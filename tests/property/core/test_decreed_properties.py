"""No file of days off makes a call lawful that the statute, or an approved file, forbids."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.calendars import DayKind, PublicCalendar, contradiction
from dialer.core.gate.calling_hours import CallingHours, Windows
from dialer.core.gate.configuration import compare
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.values.decreed import DecreedYear

YEARS = (2096, 2097, 2099)
"""The library's lunar calendar ends with 2099; none of them will be decreed soon."""
CHINA = ZoneInfo("Asia/Shanghai")


@cache
def statutory(year: int) -> frozenset[date]:
    """By the rules of the library alone, for years that it does not know wholly."""
    return frozenset(holidays.country_holidays("CN", years=year))


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


@st.composite
def notices(draw: st.DrawFn, year: int | None = None) -> DecreedYear:
    """Any that can be made, also such as the reader of files refuses."""
    year = draw(st.sampled_from(YEARS)) if year is None else year
    whole = days_of(year)
    off = draw(st.sets(st.sampled_from(whole), min_size=1, max_size=40))
    near = sorted(statutory(year) - off) + whole
    worked = draw(st.sets(st.sampled_from([d for d in near if d.weekday() > 4]), max_size=15))
    return DecreedYear("CN", year, "any notice", frozenset(off), frozenset(worked - off))


@given(notices(), st.data())
def test_what_is_off_by_statute_stays_off(notice: DecreedYear, data: st.DataObject) -> None:
    day = data.draw(st.sampled_from([*sorted(statutory(notice.year)), *days_of(notice.year)]))
    calendar = PublicCalendar("CN", [notice])
    hours = CallingHours(Windows(CN.terms.workday, CN.terms.day_off), calendar)
    lawful = any(
        hours.is_lawful(datetime(day.year, day.month, day.day, hour, tzinfo=CHINA), [CHINA])
        for hour in range(24)
    )
    weekend = day.weekday() > 4 and day not in notice.workdays
    forbidden = day in statutory(notice.year) or day in notice.days_off or weekend
    assert lawful is not forbidden
    if notice.workdays & statutory(notice.year):
        assert contradiction(notice) is not None


@given(notices(2097), notices(2097))
def test_what_tightens_makes_no_workday(before: DecreedYear, after: DecreedYear) -> None:
    def value(notice: DecreedYear) -> dict[str, list[object]]:
        days = [sorted(map(str, notice.days_off)), sorted(map(str, notice.workdays))]
        return {"law.days[CN 2097]": [notice.source, *days]}

    stricter = DecreedYear(
        "CN", 2097, "any notice", before.days_off | after.days_off, before.workdays - after.days_off
    )
    for other in (after, stricter):
        changes = compare(value(before), value(other))
        if all(change.tightens for change in changes):
            was, now = PublicCalendar("CN", [before]), PublicCalendar("CN", [other])
            for day in days_of(2097):
                assert now.kind(day) is DayKind.DAY_OFF or was.kind(day) is DayKind.WORKDAY
        else:
            assert other is after


@given(st.lists(notices(), max_size=3, unique_by=lambda notice: notice.year))
def test_years_that_are_known_do_not_change(given_years: list[DecreedYear]) -> None:
    calendar, known = PublicCalendar("CN", given_years), PublicCalendar("CN")
    assert all(calendar.kind(day) is known.kind(day) for day in days_of(2026))
    end = datetime(calendar.first_unknown(2026), 1, 1, tzinfo=UTC)
    assert calendar.kind(end.date()) is None
    assert calendar.kind((end - timedelta(days=1)).date()) is not None
    for notice in given_years:
        after = calendar.first_unknown(notice.year)
        assert after == notice.year + 1 or (notice.year, after) == (2096, 2098)
