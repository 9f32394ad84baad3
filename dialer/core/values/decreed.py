"""A year's days off and make-up workdays, as an official notice decrees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class DecreedYear:
    """One country's notice of one year. ValueError, `field: what`, for days that it cannot hold."""

    country: str
    """Letters of ISO 3166."""
    year: int
    source: str
    """The notice, as a person finds it again."""
    days_off: frozenset[date]
    workdays: frozenset[date]
    """Saturdays and Sundays that are worked, to make up for days off among the week."""

    def __post_init__(self) -> None:
        if not self.days_off:
            raise ValueError("days_off: a notice has days off")
        for name, days in (("days_off", self.days_off), ("workdays", self.workdays)):
            for day in sorted(days):
                if day.year != self.year:
                    raise ValueError(f"{name}: {day} is not in {self.year}")
        for day in sorted(self.workdays):
            if day.weekday() < _SATURDAY:
                raise ValueError(
                    f"workdays: {day} is no Saturday or Sunday; only make-up workdays stand here"
                )
            if day in self.days_off:
                raise ValueError(f"workdays: {day} is also among days_off")
