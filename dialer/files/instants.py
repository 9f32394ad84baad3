"""When somebody agreed: ISO 8601 is read, and what spreadsheets make of a date is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from dialer.reading.unseen import without_unseen

ISO: Final = "write ISO 8601 with a time zone: 2026-05-01T09:30:00+08:00"
_SERIAL: Final = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no time zone
_YEARS: Final = range(1980, 2100)
_TIME: Final = (
    r"(?:\D+?([0-9]{1,2})[:时點点]([0-9]{1,2})(?:[:分]([0-9]{1,2}))?[秒分]?\s*([AaPp][Mm])?)?"
)
_YEAR_FIRST: Final = re.compile(
    rf"([0-9]{{4}})\s*[-/.年]\s*([0-9]{{1,2}})\s*[-/.月]\s*([0-9]{{1,2}})日?{_TIME}"
)
_YEAR_LAST: Final = re.compile(rf"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{4}}){_TIME}")


def instant_text(cell: str) -> str:
    """The cell with digits of any width as plain ones, and nothing unseen in it."""
    return cell if cell.isascii() else unicodedata.normalize("NFKC", without_unseen(cell))


def why_no_instant(text: str) -> str:
    """What is wrong with a text that is no ISO 8601, and what it may have been."""
    if not text:
        return f"is empty: {ISO}"
    found = list(dict.fromkeys(f"{day:%Y-%m-%dT%H:%M:%S}+08:00" for day in _meant(text)))
    if not found:
        return ISO
    kind = "a spreadsheet's count of days" if _SERIAL.fullmatch(text) else "a date of another form"
    return (
        f"is {kind} without a time zone: write {' or '.join(found)}, with the zone it was noted in"
    )


def _meant(text: str) -> Iterator[datetime]:
    try:
        if _SERIAL.fullmatch(text):
            seconds = round(float(text.replace(",", ".")) * 86400)
            yield _within(_FIRST_DAY + timedelta(seconds=seconds))
        elif found := _YEAR_FIRST.fullmatch(text):
            yield _made(found[1], found[2], found[3], found.groups()[3:])
    except (ValueError, OverflowError):
        return
    last = _YEAR_LAST.fullmatch(text)
    if last is None:
        return
    for day, month in (1, 2), (2, 1):
        with suppress(ValueError):
            yield _made(last[3], last[month], last[day], last.groups()[3:])


def _made(year: str, month: str, day: str, time: tuple[str | None, ...]) -> datetime:
    hour, minute, second = (int(part or 0) for part in time[:3])
    half = (time[3] or "").lower()
    hour = hour % 12 + 12 * (half == "pm") if half else hour
    return _within(datetime(int(year), int(month), int(day), hour, minute, second))  # noqa: DTZ001


def _within(day: datetime) -> datetime:
    if day.year not in _YEARS:
        raise ValueError
    return day
