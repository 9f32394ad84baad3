"""Spans of time as people write them: `500ms`, `4s`, `2h`, `30d`, `6 months`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|m|h|d)")
_MONTHS: Final = re.compile(r"([0-9]{1,4}) ?months?")


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """Calendar months; they have no fixed length in seconds and are not turned into any."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} month" + ("" if self.count == 1 else "s")


def seconds(text: str) -> float:
    """The seconds that `text` writes. Raises ValueError saying how to write them."""
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        msg = "write a duration with its unit: 500ms, 4s, 10m, 2h or 30d"
        raise ValueError(msg)
    return float(written[1]) * _UNITS[written[2]]


def months(text: str) -> Months:
    """The months that `text` writes, such as `6 months`. Raises ValueError."""
    written = _MONTHS.fullmatch(text.strip())
    if written is None:
        msg = "write a number of months: 6 months"
        raise ValueError(msg)
    count = int(written[1])
    if not 1 <= count <= 1200:
        msg = "must be at least 1 month and at most 1200"
        raise ValueError(msg)
    return Months(count)


def show(span: float) -> str:
    """`span` seconds in the largest unit that divides it, as an input file would write it."""
    milliseconds = round(span * 1000)
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds >= length and milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"
