"""Days against the notices of the State Council and the US code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from unittest import mock

import pytest
from holidays.countries.china import ChinaStaticHolidays

from dialer.core.gate.calendars import CALENDARS, DayKind, PublicCalendar, contradiction
from dialer.core.values.decreed import DecreedYear
from tests.support.calendars import decreed_until_2026


@pytest.fixture(autouse=True)
def _library_of_2026() -> Iterator[None]:
    with decreed_until_2026():
        yield


@pytest.mark.parametrize(
    "country, day, kind",
    [
        # The notice for 2026: Spring Festival 15 to 23 February, with two make-up workdays.
        ("CN", date(2026, 2, 13), DayKind.WORKDAY),
        ("CN", date(2026, 2, 14), DayKind.WORKDAY),
        ("CN", date(2026, 2, 15), DayKind.DAY_OFF),
        ("CN", date(2026, 2, 20), DayKind.DAY_OFF),
        ("CN", date(2026, 2, 23), DayKind.DAY_OFF),
        ("CN", date(2026, 2, 24), DayKind.WORKDAY),
        ("CN", date(2026, 2, 28), DayKind.WORKDAY),
        # National Day 1 to 7 October, made up for on a Sunday and a Saturday.
        ("CN", date(2026, 9, 20), DayKind.WORKDAY),
        ("CN", date(2026, 10, 7), DayKind.DAY_OFF),
        ("CN", date(2026, 10, 8), DayKind.WORKDAY),
        ("CN", date(2026, 10, 10), DayKind.WORKDAY),
        ("CN", date(2026, 11, 22), DayKind.DAY_OFF),
        # Independence Day 2026 is a Saturday and is kept on the Friday before.
        ("US", date(2026, 7, 3), DayKind.DAY_OFF),
        ("US", date(2026, 11, 26), DayKind.DAY_OFF),
        ("US", date(2026, 11, 27), DayKind.WORKDAY),
    ],
)
def test_days(country: str, day: date, kind: DayKind) -> None:
    assert PublicCalendar(country).kind(day) is kind


@pytest.mark.parametrize("country, year", [("CN", 2000), ("CN", 2099), ("US", 1985)])
def test_a_year_that_could_only_be_guessed_is_not_known(country: str, year: int) -> None:
    assert PublicCalendar(country).kind(date(year, 6, 1)) is None


def test_a_country_without_a_source_is_refused() -> None:
    with pytest.raises(ValueError, match="one of CN, US"):
        PublicCalendar("FR")
    assert CALENDARS == ("CN", "US")


STATUTORY = (
    "2027-01-01 2027-02-05 2027-02-06 2027-02-07 2027-02-08 2027-04-05 2027-05-01 2027-05-02 "
    "2027-06-09 2027-09-15 2027-10-01 2027-10-02 2027-10-03"
)
MOVED = "2027-01-04 2027-02-09"
NOTICE = "a notice of the State Council"


def days(text: str) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, text.split()))


def decreed(off: str = f"{STATUTORY} {MOVED}", worked: str = "", year: int = 2027) -> DecreedYear:
    return DecreedYear("CN", year, NOTICE, days(off), days(worked))


@pytest.mark.parametrize(
    "day, kind",
    [
        ("2027-01-04", DayKind.DAY_OFF),
        ("2027-01-05", DayKind.WORKDAY),
        ("2027-01-09", DayKind.WORKDAY),
        ("2027-01-10", DayKind.DAY_OFF),
        # Off by statute, by a day that the notice moved from a weekend: the file cannot say less.
        ("2027-02-10", DayKind.DAY_OFF),
        ("2026-10-10", DayKind.WORKDAY),
        ("2028-01-04", None),
    ],
)
def test_a_decreed_year_is_known(day: str, kind: DayKind | None) -> None:
    year = decreed(worked="2027-01-09")
    assert contradiction(year) is None
    calendar = PublicCalendar("CN", [year])
    assert calendar.kind(date.fromisoformat(day)) is kind
    assert PublicCalendar("US", [year]).kind(date(2027, 1, 4)) is DayKind.WORKDAY


def test_the_first_unknown_year_comes_after_the_decreed_ones() -> None:
    assert PublicCalendar("CN").first_unknown(2026) == 2027
    assert PublicCalendar("CN").first_unknown(1990) == 1990
    assert PublicCalendar("CN", [decreed()]).first_unknown(2026) == 2028
    assert PublicCalendar("CN", [decreed("2028-01-03", year=2028)]).first_unknown(2026) == 2027
    assert PublicCalendar("US").first_unknown(2026) == 2101


@pytest.mark.parametrize(
    "off, worked, what",
    [
        ("", "", "days_off: a notice has days off"),
        ("2026-01-01", "", "days_off: 2026-01-01 is not in 2027"),
        ("2027-01-01", "2028-01-01", "workdays: 2028-01-01 is not in 2027"),
        ("2027-01-01", "2027-01-08", "workdays: 2027-01-08 is no Saturday or Sunday"),
        ("2027-01-02", "2027-01-02", "workdays: 2027-01-02 is also among days_off"),
    ],
)
def test_what_no_notice_can_hold_is_refused(off: str, worked: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        decreed(off, worked)


@pytest.mark.parametrize(
    "year, what",
    [
        (decreed("2027-01-01"), "days_off: 2027-02-05 is off by statute and is not among them"),
        (decreed(MOVED, "2027-05-01"), "days_off: 2027-01-01 is off by statute"),
        (
            decreed(f"{STATUTORY} {MOVED}".replace("2027-05-01 ", ""), "2027-05-01"),
            "workdays: 2027-05-01 is off by statute",
        ),
        (decreed(worked="2027-01-09 2027-01-10 2027-01-16"), "3 make-up workdays"),
        (decreed("2026-01-01", year=2026), "2026-01-02 is a day off: take the file out of"),
        (DecreedYear("FR", 2027, NOTICE, days("2027-01-01"), days("")), "country: must be CN or"),
    ],
)
def test_what_contradicts_the_known_days_is_named(year: DecreedYear, what: str) -> None:
    assert what in (contradiction(year) or "")


@pytest.mark.parametrize("year", range(2014, 2027))
def test_every_notice_of_these_years_passes_and_changes_nothing(year: int) -> None:
    known = PublicCalendar("CN")
    whole = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    off = {day for day in whole if day.weekday() < 5 and known.kind(day) is DayKind.DAY_OFF}
    worked = {day for day in whole if day.weekday() > 4 and known.kind(day) is DayKind.WORKDAY}
    notice = DecreedYear("CN", year, NOTICE, frozenset(off), frozenset(worked))
    assert contradiction(notice) is None
    with_it = PublicCalendar("CN", [notice])
    assert [with_it.kind(day) for day in whole] == [known.kind(day) for day in whole]
    off |= {day for day in whole if known.kind(day) is DayKind.DAY_OFF and day in known._days}
    with mock.patch.dict(ChinaStaticHolidays.special_public_holidays):
        del ChinaStaticHolidays.special_public_holidays[year]
        assert PublicCalendar("CN").kind(whole[0]) is None
        full = replace(notice, days_off=frozenset(off))
        assert contradiction(full) is None
        guessed = PublicCalendar("CN", [full])
        assert [guessed.kind(day) for day in whole] == [known.kind(day) for day in whole]
