"""Last days: they name no zone, so what expires ends where that day ends first on earth."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Final

_FIRST_ZONE: Final = timezone(timedelta(hours=14))


def last_instant(day: date) -> datetime:
    """The last instant of `day` in the zone where it is over first."""
    return datetime.combine(day, time.max, _FIRST_ZONE)
