"""A carrier's call records, as CSV: whom it says we called, when, and for how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from dialer.core.values.number import E164, BadNumberError, parse
from dialer.errors import Fault, InputError
from dialer.files.csv_lines import BrokenFileError, CsvLines, width_fault
from dialer.reading.tree import capped

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (
        "number",
        "called",
        "called number",
        "callee",
        "destination",
        "dst",
        "b number",
        "被叫号码",
        "被叫",
    ),
    "time": (
        "time",
        "start",
        "start time",
        "started at",
        "calldate",
        "call date",
        "setup time",
        "呼叫时间",
        "开始时间",
    ),
    "duration": ("duration", "billsec", "seconds", "talk time", "billed", "时长", "通话时长"),
}
"""What is read, and what carriers call it; case, `_` and `-` do not count."""
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_FORMS: Final = ("%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S")


@dataclass(frozen=True, slots=True)
class CarrierLine:
    """One call; `at` is aware, `seconds` None where the file has no such column, or it is empty."""

    line: int
    number: E164
    at: datetime
    seconds: float | None


def read_carrier_calls(
    path: Path, *, columns: Mapping[str, str], zone: tzinfo | None, encoding: str = "utf-8"
) -> list[CarrierLine]:
    """All calls of the file; `columns` are names of its own, by what is read.

    `zone` is that of times without one. Raises InputError with every fault.
    """
    file, faults, found = str(path), list[Fault](), list[CarrierLine]()

    def wrong(line: int, key: str, what: str) -> None:
        faults.append(Fault(file, line, key, what))

    try:
        with CsvLines(path, encoding) as lines:
            header = lines.header()
            places = _places(file, lines.header_line, header, columns)
            for line, cells in lines.rows(wrong):
                if len(cells) != len(header):
                    wrong(line, "file", width_fault(cells, len(header)))
                    continue
                told = {name: cells[place] for name, place in places.items()}
                try:
                    found.append(_line(line, told, zone))
                except ValueError as error:
                    wrong(line, "file", str(error))
    except BrokenFileError as broken:
        wrong(broken.line, broken.key, broken.what)
    if faults:
        raise InputError(capped(faults))
    return found


def _places(file: str, line: int, header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    plain = [_plain(name) for name in header]
    places: dict[str, int] = {}
    faults = []
    for what, names in COLUMNS.items():
        wanted = [columns[what]] if what in columns else list(names)
        at = next((plain.index(_plain(name)) for name in wanted if _plain(name) in plain), None)
        if at is not None:
            places[what] = at
        elif what != "duration" or what in columns:
            known = ", ".join(wanted)
            faults.append(
                Fault(file, line, what, f"no column for it ({known}): name it by --columns")
            )
    if faults:
        raise InputError(faults)
    return places


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_\-]", " ", name.casefold()).split())


def _line(line: int, told: Mapping[str, str], zone: tzinfo | None) -> CarrierLine:
    return CarrierLine(
        line, _number(told["number"]), _instant(told["time"], zone), _seconds(told.get("duration"))
    )


def _number(text: str) -> E164:
    """Carriers leave the plus away, or write 00 for it."""
    if not text.startswith("+"):
        text = "+" + text.removeprefix("00")
    try:
        return parse(text)
    except BadNumberError as error:
        raise ValueError(f"number: {error}") from None


def _instant(text: str, zone: tzinfo | None) -> datetime:
    at = None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        for form in _FORMS:
            try:
                at = datetime.strptime(text, form)  # noqa: DTZ007 -- its zone comes next
            except ValueError:
                continue
    if at is None:
        raise ValueError("time: write 2026-05-01 09:30:00, or with a time zone")
    if at.tzinfo is None:
        if zone is None:
            raise ValueError("time: has no time zone; say the carrier's by --timezone")
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups("0")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if not re.fullmatch(r"\d{1,7}(\.\d+)?", text):
        raise ValueError("duration: write seconds, or hh:mm:ss")
    return float(text)
