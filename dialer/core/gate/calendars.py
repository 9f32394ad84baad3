"""Which days are workdays: public holidays, weekends, and the make-up workdays among weekends.

The days come from the `holidays` library. A year that it can only guess is not known here, and
what is not known is no workday: China's days off are decreed each November for the next year. A
decreed year makes a year known before the library knows it. It adds to the days that are off by
statute and takes none away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from dialer.core.values.decreed import DecreedYear

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


_SATURDAY: Final = 5


def _days_of(country: str, *, observed: bool = True) -> HolidayBase:
    import holidays  # noqa: PLC0415 - see above

    return holidays.country_holidays(country, observed=observed)


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
    """The days of one country, with the decreed years of it among `decreed`.

    Raises ValueError for a country that is not in `CALENDARS`.
    """

    def __init__(self, country: str, decreed: Collection[DecreedYear] = ()) -> None:
        source = _SOURCES.get(country)
        if source is None:
            raise ValueError(f"calendar: one of {', '.join(CALENDARS)}")
        self.country = country
        self._known = source.known
        self._days = _days_of(country)
        self._decreed = {each.year: each for each in decreed if each.country == country}
        # Asked several times for every attempt, and each look-up costs as much as another rule.
        self._kinds: dict[date, DayKind | None] = {}

    def kind(self, day: date) -> DayKind | None:
        """What `day` is; None in a year whose days are not known."""
        if day not in self._kinds:
            self._kinds[day] = self._look_up(day)
        return self._kinds[day]

    def first_unknown(self, year: int) -> int:
        """The first year from `year` on whose days are not known."""
        while self._known(year) or year in self._decreed:
            year += 1
        return year

    def _look_up(self, day: date) -> DayKind | None:
        if self._known(day.year):
            return DayKind.WORKDAY if self._days.is_working_day(day) else DayKind.DAY_OFF
        decreed = self._decreed.get(day.year)
        if decreed is None:
            return None
        # The library's days of a year that it does not wholly know are off by statute.
        if day in decreed.days_off or day in self._days:
            return DayKind.DAY_OFF
        works = day.weekday() < _SATURDAY or day in decreed.workdays
        return DayKind.WORKDAY if works else DayKind.DAY_OFF


def contradiction(decreed: DecreedYear) -> str | None:
    """What in `decreed` cannot be in the notice, as `field: what`; None where nothing.

    A notice lists the days that are off by statute, and has fewer make-up workdays than it moves
    days off into the week. So another year's days, or a list of workdays only, do not pass.
    """
    source = _SOURCES.get(decreed.country)
    if source is None:
        return f"country: must be {' or '.join(CALENDARS)}"
    if source.known(decreed.year):
        return _differs(decreed)
    statutory = _days_of(decreed.country, observed=False)
    named = _days_of(decreed.country)
    for day in _days_in(decreed.year):
        if day in decreed.workdays and day in named:
            return f"workdays: {day} is off by statute"
        if day in statutory and day not in decreed.days_off:
            return f"days_off: {day} is off by statute and is not among them"
    moved = [d for d in decreed.days_off if d.weekday() < _SATURDAY and d not in statutory]
    if len(decreed.workdays) > len(moved):
        return (
            f"workdays: {len(decreed.workdays)} make-up workdays, but days_off has only "
            f"{len(moved)} days of the week, beside those off by statute, to make up for"
        )
    return None


def _differs(decreed: DecreedYear) -> str | None:
    """Where a notice differs from a year that is wholly known."""
    known = PublicCalendar(decreed.country)
    for day in _days_in(decreed.year):
        works = (day.weekday() < _SATURDAY or day in decreed.workdays) and (
            day not in decreed.days_off
        )
        if works is not (known.kind(day) is DayKind.WORKDAY):
            what = "a day off" if works else "a workday"
            return (
                f"year: {decreed.year} is known without this file, and {day} is {what}: take the "
                "file out of compliance.days"
            )
    return None


def _days_in(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]
