"""Months of the calendar, for rests and validities that the law counts in them."""

from __future__ import annotations

import calendar
from datetime import datetime


def months_after(instant: datetime, months: int) -> datetime:
    """The same day and time `months` later; where that month is shorter, the next month's first.

    Rounding goes forwards: a rest is never shorter than the calendar says.
    """
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    if instant.day <= calendar.monthrange(year, month + 1)[1]:
        return instant.replace(year=year, month=month + 1)
    year, month = divmod(year * 12 + month + 1, 12)
    return instant.replace(year=year, month=month + 1, day=1)


def months_later(instant: datetime, months: int) -> datetime:
    """The same day and time `months` later; where that month is shorter, its last day.

    Rounding goes backwards: a validity is never longer than the calendar says.
    """
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
