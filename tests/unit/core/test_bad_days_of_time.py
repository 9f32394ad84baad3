"""Days on which clocks and calendars go wrong: what is not known is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays.countries.china import ChinaStaticHolidays

from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.calling_hours import CallingHours, Windows
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.jurisdictions.us import US
from dialer.core.values.verdict import Allow, Deny

SHANGHAI = (ZoneInfo("Asia/Shanghai"),)
NEW_YORK = (ZoneInfo("America/New_York"),)
CHINAS = CallingHours(Windows(CN.terms.workday, CN.terms.day_off), PublicCalendar("CN"))
FEDERAL = CallingHours(Windows(US.terms.workday, US.terms.day_off), PublicCalendar("US"))


def test_a_holiday_table_of_another_year_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was not upgraded before the new year has last year's notice only."""
    old = {
        year: days
        for year, days in ChinaStaticHolidays.special_public_holidays.items()
        if year < 2026
    }
    monday = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert CHINAS.verdict(monday, SHANGHAI) == Allow()
    monkeypatch.setattr(ChinaStaticHolidays, "special_public_holidays", old)
    verdict = CallingHours(Windows(CN.terms.workday), PublicCalendar("CN")).verdict(
        monday, SHANGHAI
    )
    assert isinstance(verdict, Deny)
    assert verdict.why.startswith("the days off of 2026 are not known: ")
    assert verdict.again, "it goes on when the table is there"
    assert verdict.until == monday + timedelta(days=1)


def test_the_next_year_is_refused_from_its_first_minute_until_its_notice_is_out() -> None:
    last = max(ChinaStaticHolidays.special_public_holidays)
    for day in (4, 5, 6, 7, 8):
        verdict = CHINAS.verdict(datetime(last + 1, 1, day, 2, 0, tzinfo=UTC), SHANGHAI)
        assert isinstance(verdict, Deny)
        assert f"{last + 1} are not known" in verdict.why


@pytest.mark.parametrize(
    "day, opens",
    [
        (datetime(2026, 3, 7, tzinfo=UTC), 13),  # winter: 08:00 is 13:00 UTC
        (datetime(2026, 3, 8, tzinfo=UTC), 12),  # the clocks went forward at 2 in the morning
        (datetime(2026, 10, 31, tzinfo=UTC), 12),
        (datetime(2026, 11, 1, tzinfo=UTC), 13),  # and back
    ],
)
def test_the_windows_of_the_day_on_which_the_clocks_change(day: datetime, opens: int) -> None:
    opening, closing = day + timedelta(hours=opens), day + timedelta(hours=opens + 13)
    instant = timedelta(microseconds=1)
    assert isinstance(FEDERAL.verdict(opening - instant, NEW_YORK), Deny)
    assert FEDERAL.verdict(opening, NEW_YORK) == Allow()
    assert FEDERAL.verdict(closing - instant, NEW_YORK) == Allow()
    assert isinstance(FEDERAL.verdict(closing, NEW_YORK), Deny)
    assert FEDERAL.next_lawful(opening - timedelta(hours=9), NEW_YORK) == opening
