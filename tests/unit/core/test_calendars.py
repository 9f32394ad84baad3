"""Days against the notices of the State Council and the US code."""

from datetime import date

import pytest

from dialer.core.gate.calendars import CALENDARS, DayKind, PublicCalendar


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
