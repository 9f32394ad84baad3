"""Which days are workdays: public holidays, weekends, and the make-up workdays among weekends.

The days come from the `holidays` library. A year that it can only guess is not known here, and
what is not known is no workday: China's days off are decreed each November for the next year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from holidays import HolidayBase

# `holidays` is imported where it is used: with all its countries it takes a third of the time in
# which a command starts, and most commands ask about no day.


class DayKind(Enum):
    """What a day is in law."""

    WORKDAY = "workday"
    DAY_OFF = "day off"


class Calendar(Protocol):
    """Says of a day what it is."""

    def kind(self, day: date) -> DayKind | None:
        """What `day` is; None where the calendar does not know."""
        ...


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a country's days come from, and the years in which they are known, not guessed."""

    known: Callable[[int], bool]
    subdivisions: Collection[str] = ()


def _days_of(country: str) -> HolidayBase:
    import holidays  # noqa: PLC0415 - see above

    return holidays.country_holidays(country)


def _is_decreed(year: int) -> bool:
    from holidays.countries.china import ChinaStaticHolidays  # noqa: PLC0415 - see above

    return year in ChinaStaticHolidays.special_public_holidays


_SOURCES: Final = {
    # The State Council's notices; a year without one has only what follows from the rules.
    "CN": _Source(_is_decreed),
    # Federal holidays follow from title 5 of the code, section 6103, without a yearly notice.
    "US": _Source(lambda year: 1986 <= year <= 2100),
}
CALENDARS: Final = tuple(sorted(_SOURCES))
"""The countries whose days are known, by their letters of ISO 3166."""


class PublicCalendar:
    """The days of one country. Raises ValueError for a country that is not in `CALENDARS`."""

    def __init__(self, country: str) -> None:
        source = _SOURCES.get(country)
        if source is None:
            raise ValueError(f"calendar: one of {', '.join(CALENDARS)}")
        self.country = country
        self._known = source.known
        self._days = _days_of(country)
        # Asked several times for every attempt, and each look-up costs as much as another rule.
        self._kinds: dict[date, DayKind | None] = {}

    def kind(self, day: date) -> DayKind | None:
        """What `day` is; None in a year whose days are not known."""
        if day not in self._kinds:
            self._kinds[day] = self._look_up(day)
        return self._kinds[day]

    def _look_up(self, day: date) -> DayKind | None:
        if not self._known(day.year):
            return None
        return DayKind.WORKDAY if self._days.is_working_day(day) else DayKind.DAY_OFF
