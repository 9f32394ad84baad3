"""A file of days off: an official notice, copied by the operator, of one country and year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, PlainValidator

from dialer.core.gate.calendars import contradiction
from dialer.core.values.decreed import DecreedYear
from dialer.errors import Fault, InputError
from dialer.reading.fields import Line, from_text
from dialer.reading.tree import Document, read_yaml
from dialer.reading.validate import Section, check

_WRITE: Final = "write a day as 2027-01-01, or days in a row as 2027-10-01 to 2027-10-07"
_LONGEST_ROW: Final = 31
_ISO: Final = len("2027-01-01")


def _day(text: str) -> date:
    # fromisoformat also reads 20270101 and 2027-W01-1, which nobody copies from a notice.
    if len(text) != _ISO or text[4] != "-" or text[7] != "-":
        raise ValueError(_WRITE)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_WRITE) from None


def _row(text: str) -> tuple[date, ...]:
    first, to, last = text.partition(" to ")
    start = _day(first.strip())
    end = _day(last.strip()) if to else start
    if end < start or (end - start).days >= _LONGEST_ROW:
        raise ValueError(f"a row of days ends after its start, within {_LONGEST_ROW} days")
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))


_Row = Annotated[tuple[date, ...], PlainValidator(from_text(_row))]


class Notice(Section):
    """What the file holds."""

    country: Literal["CN", "US"]
    year: Annotated[int, Field(ge=2001, le=2099)]
    source: Line
    days_off: Annotated[tuple[_Row, ...], Field(min_length=1, max_length=100)]
    workdays: Annotated[tuple[_Row, ...], Field(max_length=100)] = ()


def gather_days(path: Path) -> tuple[DecreedYear | None, list[Fault]]:
    """The notice in the file, None where it is at fault, and every fault that can be told."""
    try:
        document = read_yaml(path)
    except InputError as error:
        return None, list(error.faults)
    notice, faults = check(Notice, document, path.parent)
    if notice is None or faults:
        return None, faults
    try:
        year = DecreedYear(
            notice.country,
            notice.year,
            notice.source,
            frozenset(_each_once("days_off", notice.days_off)),
            frozenset(_each_once("workdays", notice.workdays)),
        )
    except ValueError as error:
        return None, [_at_its_key(document, str(error))]
    wrong = contradiction(year)
    return (year, []) if wrong is None else (None, [_at_its_key(document, wrong)])


def _at_its_key(document: Document, wrong: str) -> Fault:
    key, _, what = wrong.partition(": ")
    return document.fault((key,), what)


def _each_once(key: str, rows: tuple[tuple[date, ...], ...]) -> Iterator[date]:
    seen: set[date] = set()
    for row in rows:
        for day in row:
            if day in seen:
                raise ValueError(f"{key}: {day} stands there twice")
            seen.add(day)
            yield day
