"""Types of the fields that say when, and how long, the law lets us call."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import PlainValidator

from dialer.core.gate.calendars import CALENDARS
from dialer.core.gate.calling_hours import Hours
from dialer.reading.durations import Months, months
from dialer.reading.fields import Network, Written, from_text, network_of

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LAB_LEAST: Final = {4: 16, 6: 112}


def _hours(text: str) -> Hours:
    start, _, end = (part.strip() for part in text.partition("-"))
    if not _TIME.fullmatch(start) or not _TIME.fullmatch(end):
        raise ValueError("write hours as 09:00-11:30")
    if end <= start:
        raise ValueError("the hours end before they start")
    return Hours.of(start, end)


def _lab_network(text: str) -> Network:
    network = network_of(text)
    if not network.is_private or network.prefixlen < _LAB_LEAST[network.version]:
        raise ValueError("a lab's network is a private one, of 65,536 addresses at most")
    return network


def _country_calendar(text: str) -> str:
    if text not in CALENDARS:
        raise ValueError(f"must be {' or '.join(CALENDARS)}: no other country's days are known")
    return text


MonthsSpan = Annotated[
    Months, PlainValidator(from_text(months)), Written("months, such as `6 months`")
]
MonthsOrForever = Annotated[
    Months | None,
    PlainValidator(lambda value: None if value == "forever" else from_text(months)(value)),
    Written("months, such as `24 months`, or `forever`"),
]
DayHours = Annotated[
    Hours, PlainValidator(from_text(_hours)), Written("hours of a day, `09:00-11:30`")
]
LabNetwork = Annotated[
    Network, PlainValidator(from_text(_lab_network)), Written("a private network, `10.77.0.0/24`")
]
CountryCalendar = Annotated[
    str,
    PlainValidator(from_text(_country_calendar)),
    Written(" or ".join(f"`{country}`" for country in CALENDARS)),
]
