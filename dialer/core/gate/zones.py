"""The time zones a callee may live in: all that fit the number, and the contact's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import PhoneNumber, timezone

from dialer.core.gate.zone_borders import zones_by_prefix
from dialer.core.values.number import E164, by_plan, is_reserved
from dialer.core.values.remembered import remembered

_UNKNOWN: Final = timezone.UNKNOWN_TIMEZONE
_RENAMED: Final = {"Europe/Bucharest": "Europe/Kaliningrad"}
"""What phonenumbers has for Kaliningrad, which has no summer time."""


@remembered
def zones_of(number: E164, named: str | None = None) -> tuple[ZoneInfo, ...]:
    """The zones of the callee: every one in which the number may ring, and the one `named`.

    A number of no one place, such as a mobile, or one in no plan that we know, has all zones of
    its country. Empty where nothing is known: for numbers of no country (satellites, freephone of
    many countries), whatever is named, and for a name that is no zone. What a list names adds a
    zone and takes none away: a list is written by who would like to call.
    """
    own = [name for name in _names(number) if name != _UNKNOWN]
    wanted = dict.fromkeys(own if named is None or not own else [named, *own])
    zones = [_zone(name) for name in wanted]
    # One that cannot be had may be the very one that matters.
    return () if None in zones else tuple(zone for zone in zones if zone is not None)


def _names(number: E164) -> tuple[str, ...]:
    corrected = zones_by_prefix(number.digits)
    if corrected is not None:
        return corrected
    if is_reserved(number):
        # A lab is nowhere: its clock says what hour it is there.
        return ("UTC",)
    parsed = by_plan(number)
    names = tuple(timezone.time_zones_for_number(parsed))
    if names == (_UNKNOWN,):
        # Not in the numbering plan as it was when phonenumbers was made: anywhere in the country,
        # which is what a number of it has that begins like no other.
        country = PhoneNumber(country_code=parsed.country_code, national_number=0)
        names = tuple(timezone.time_zones_for_geographical_number(country))
    return tuple(_RENAMED.get(name, name) for name in names) if number.digits[0] == "7" else names


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
