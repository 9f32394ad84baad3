"""The time zones a callee may live in: the contact's own, else all that fit the number."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from dialer.core.number import E164

_UNKNOWN: Final = timezone.UNKNOWN_TIMEZONE


def zones_of(number: E164, named: str | None = None) -> tuple[ZoneInfo, ...]:
    """The zones of the callee: the one `named`, else every zone in which the number may ring.

    Empty where nothing is known: for a number of no place (satellites, freephone of many
    countries), and for a name that is no zone. A mobile of a country of many zones has them all.
    """
    if named is not None:
        zone = _zone(named)
        return () if zone is None else (zone,)
    names = timezone.time_zones_for_number(phonenumbers.parse(number.clear))
    zones = [_zone(name) for name in names if name != _UNKNOWN]
    # One that cannot be had may be the very one that matters.
    return () if None in zones else tuple(zone for zone in zones if zone is not None)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
