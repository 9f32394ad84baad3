"""What clocks show where, in 2026 and 2027, and which places a number may ring in.

Written out for the checker of the simulated year from public sources: the rules of summer time of
each country, the numbering plans (ITU-T E.164 national plans, NANPA's area codes), and the State
Council's notice on the days off of 2026. No library of time zones or numbers is asked, so that a
fault of theirs is a difference here. Instants are whole microseconds since 1970, UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_EPOCH: Final = date(1970, 1, 1)
_SUNDAY: Final = 6
YEARS: Final = (2026, 2027)


def midnight(day: date) -> int:
    """The instant at which `day` begins in UTC."""
    return (day - _EPOCH).days * DAY


def day_of(local: int) -> date:
    """The day that a wall clock shows; `local` is its time in microseconds since 1970."""
    return _EPOCH + timedelta(days=local // DAY)


# ------------------------------------------------------------------------------- summer time

Change = tuple[int, int]
"""From this instant on, clocks are so many minutes ahead of UTC."""


def _sunday(year: int, month: int, after: int) -> int:
    """The first Sunday of a month on or after a day of it, as its midnight."""
    day = date(year, month, after)
    return midnight(day + timedelta(days=(_SUNDAY - day.weekday()) % 7))


def _fixed(_year: int, _standard: int) -> list[Change]:
    return []


def _america(year: int, standard: int) -> list[Change]:
    """15 U.S.C. 260a: second Sunday of March to first of November, at two by the wall."""
    begin = _sunday(year, 3, 8) + 2 * HOUR - standard * MINUTE
    end = _sunday(year, 11, 1) + 1 * HOUR - standard * MINUTE
    return [(begin, standard + 60), (end, standard)]


def _europe(year: int, standard: int) -> list[Change]:
    """Directive 2000/84/EC: last Sundays of March and October, at one in UTC everywhere."""
    return [
        (_sunday(year, 3, 25) + HOUR, standard + 60),
        (_sunday(year, 10, 25) + HOUR, standard),
    ]


def _australia(year: int, standard: int, shift: int = 60) -> list[Change]:
    """First Sundays of April and October, at two by standard time."""
    end = _sunday(year, 4, 1) + 2 * HOUR - standard * MINUTE
    begin = _sunday(year, 10, 1) + 2 * HOUR - standard * MINUTE
    return [(end, standard), (begin, standard + shift)]


def _lord_howe(year: int, standard: int) -> list[Change]:
    """Half an hour only; the end is at two by the wall."""
    end, begin = _australia(year, standard, 30)
    return [(end[0] - 30 * MINUTE, end[1]), begin]


def _new_zealand(year: int, standard: int) -> list[Change]:
    """First Sunday of April, last of September, at two of New Zealand's standard time."""
    at_two = 2 * HOUR - 12 * HOUR
    return [
        (_sunday(year, 4, 1) + at_two, standard),
        (_sunday(year, 9, 24) + at_two, standard + 60),
    ]


def _chile(year: int, standard: int) -> list[Change]:
    """Midnight after the first Saturdays of April and September, on the mainland's clock."""
    return [
        (_sunday(year, 4, 2) + 3 * HOUR, standard),
        (_sunday(year, 9, 2) + 4 * HOUR, standard + 60),
    ]


def _morocco(year: int, standard: int) -> list[Change]:
    """An hour back for Ramadan: the Sunday before it to the Sunday after."""
    back, forth = {
        2026: (date(2026, 2, 15), date(2026, 3, 22)),
        2027: (date(2027, 2, 7), date(2027, 3, 14)),
    }[year]
    return [(midnight(back) + 2 * HOUR, standard - 60), (midnight(forth) + 2 * HOUR, standard)]


_SOUTH: Final = frozenset({_australia, _lord_howe, _new_zealand, _chile})
"""Summer time holds as the year begins."""

Rule = Callable[[int, int], list[Change]]
_ZONES: Final[dict[str, tuple[int, Rule]]] = {
    "Africa/Algiers": (60, _fixed),
    "Africa/Casablanca": (60, _morocco),
    "Africa/Tripoli": (120, _fixed),
    "America/Adak": (-600, _america),
    "America/Anchorage": (-540, _america),
    "America/Chicago": (-360, _america),
    "America/Denver": (-420, _america),
    "America/Halifax": (-240, _america),
    "America/Jamaica": (-300, _fixed),
    "America/Los_Angeles": (-480, _america),
    "America/Managua": (-360, _fixed),
    "America/New_York": (-300, _america),
    "America/Phoenix": (-420, _fixed),
    "America/Puerto_Rico": (-240, _fixed),
    "America/Punta_Arenas": (-180, _fixed),
    "America/Regina": (-360, _fixed),
    "America/Santiago": (-240, _chile),
    "America/Sao_Paulo": (-180, _fixed),
    "America/St_Johns": (-210, _america),
    "Asia/Colombo": (330, _fixed),
    "Asia/Dubai": (240, _fixed),
    "Asia/Jakarta": (420, _fixed),
    "Asia/Jayapura": (540, _fixed),
    "Asia/Kabul": (270, _fixed),
    "Asia/Kamchatka": (720, _fixed),
    "Asia/Kathmandu": (345, _fixed),
    "Asia/Hong_Kong": (480, _fixed),
    "Asia/Kolkata": (330, _fixed),
    "Asia/Macau": (480, _fixed),
    "Asia/Makassar": (480, _fixed),
    "Asia/Shanghai": (480, _fixed),
    "Asia/Taipei": (480, _fixed),
    "Asia/Tehran": (210, _fixed),
    "Asia/Tokyo": (540, _fixed),
    "Asia/Yangon": (390, _fixed),
    "Asia/Yekaterinburg": (300, _fixed),
    "Atlantic/Azores": (-60, _europe),
    "Atlantic/Canary": (0, _europe),
    "Australia/Adelaide": (570, _australia),
    "Australia/Brisbane": (600, _fixed),
    "Australia/Darwin": (570, _fixed),
    "Australia/Eucla": (525, _fixed),
    "Australia/Lord_Howe": (630, _lord_howe),
    "Australia/Perth": (480, _fixed),
    "Australia/Sydney": (600, _australia),
    "Etc/UTC": (0, _fixed),
    "Europe/Berlin": (60, _europe),
    "Europe/Kaliningrad": (120, _fixed),
    "Europe/Lisbon": (0, _europe),
    "Europe/London": (0, _europe),
    "Europe/Madrid": (60, _europe),
    "Europe/Moscow": (180, _fixed),
    "Pacific/Auckland": (720, _new_zealand),
    "Pacific/Chatham": (765, _new_zealand),
    "Pacific/Easter": (-360, _chile),
    "Pacific/Guam": (600, _fixed),
    "Pacific/Honolulu": (-600, _fixed),
    "Pacific/Kiritimati": (840, _fixed),
    "Pacific/Marquesas": (-570, _fixed),
    "Pacific/Pago_Pago": (-660, _fixed),
}
KNOWN_ZONES: Final = frozenset(_ZONES)


@cache
def _changes(zone: str) -> tuple[list[int], list[int]]:
    """The instants at which a zone's clocks change, and their minutes from UTC from each on."""
    standard, rule = _ZONES[zone]
    summer = 30 if rule is _lord_howe else 60
    instants, minutes = [0], [standard + summer if rule in _SOUTH else standard]
    for year in YEARS:
        for instant, offset in rule(year, standard):
            instants.append(instant)
            minutes.append(offset)
    return instants, minutes


def wall(zone: str, at: int) -> int:
    """What the clocks of a zone show, in microseconds since 1970. KeyError for one not listed."""
    instants, minutes = _changes(zone)
    return at + minutes[bisect_right(instants, at) - 1] * MINUTE


# ---------------------------------------------------------------------------------- days off

_OFF_2026: Final = frozenset(
    date(2026, month, day)
    for month, first, last in (
        (1, 1, 3),  # New Year
        (2, 15, 23),  # Spring Festival
        (4, 4, 6),  # Tomb-Sweeping
        (5, 1, 5),  # Labour
        (6, 19, 21),  # Dragon Boat
        (9, 25, 27),  # Mid-Autumn
        (10, 1, 7),  # National
    )
    for day in range(first, last + 1)
)
_MADE_UP_2026: Final = frozenset(
    date(2026, month, day) for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))
)


def is_workday(day: date) -> bool:
    """Whether people in China work. A year without its notice has no workday that we know of."""
    if day.year != 2026:
        return False
    return day in _MADE_UP_2026 or (day.weekday() < 5 and day not in _OFF_2026)


# ----------------------------------------------------------------------------------- numbers

_NANP: Final = (
    "America/Adak",
    "America/Anchorage",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Jamaica",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "America/Puerto_Rico",
    "America/Regina",
    "America/St_Johns",
    "Pacific/Guam",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
)
_AUSTRALIA: Final = (
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Darwin",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Australia/Perth",
    "Australia/Sydney",
)
_EASTERN: Final = ("America/New_York",)
_CENTRAL: Final = ("America/Chicago",)
_MOUNTAIN: Final = ("America/Denver",)
_PACIFIC: Final = ("America/Los_Angeles",)
_PLAN: Final[dict[str, tuple[str, ...]]] = {
    # One zone for the whole country, by law.
    "+86": ("Asia/Shanghai",),
    # North America, by area code; those that a border of zones runs through have both.
    "+1": _NANP,
    "+1212": _EASTERN,
    "+1312": _CENTRAL,
    "+1303": _MOUNTAIN,
    "+1310": _PACIFIC,
    "+1602": ("America/Phoenix",),
    "+1808": ("Pacific/Honolulu",),
    "+1671": ("Pacific/Guam",),
    "+1306": ("America/Regina",),
    "+1787": ("America/Puerto_Rico",),
    "+1208": (*_MOUNTAIN, *_PACIFIC),
    "+1219": (*_EASTERN, *_CENTRAL),
    "+1270": (*_EASTERN, *_CENTRAL),
    "+1308": (*_CENTRAL, *_MOUNTAIN),
    "+1423": (*_EASTERN, *_CENTRAL),
    "+1541": (*_PACIFIC, *_MOUNTAIN),
    "+1605": (*_CENTRAL, *_MOUNTAIN),
    "+1701": (*_CENTRAL, *_MOUNTAIN),
    "+1709": ("America/St_Johns", "America/Halifax"),
    "+1807": (*_EASTERN, *_CENTRAL),
    "+1812": (*_EASTERN, *_CENTRAL),
    "+1850": (*_EASTERN, *_CENTRAL),
    "+1876": ("America/Jamaica",),
    "+1906": (*_EASTERN, *_CENTRAL),
    "+1907": ("America/Anchorage", "America/Adak"),
    "+1928": ("America/Phoenix", "America/Denver"),
    # Countries of one zone.
    "+212": ("Africa/Casablanca",),
    "+213": ("Africa/Algiers",),
    "+218": ("Africa/Tripoli",),
    "+44": ("Europe/London",),
    "+49": ("Europe/Berlin",),
    "+505": ("America/Managua",),
    "+81": ("Asia/Tokyo",),
    "+852": ("Asia/Hong_Kong",),
    "+853": ("Asia/Macau",),
    "+886": ("Asia/Taipei",),
    "+91": ("Asia/Kolkata",),
    "+93": ("Asia/Kabul",),
    "+94": ("Asia/Colombo",),
    "+95": ("Asia/Yangon",),
    "+971": ("Asia/Dubai",),
    "+977": ("Asia/Kathmandu",),
    "+98": ("Asia/Tehran",),
    # Mobiles ring anywhere in their country; landlines of a place, there.
    "+34": ("Europe/Madrid", "Atlantic/Canary"),
    "+34922": ("Atlantic/Canary",),
    "+351": ("Europe/Lisbon", "Atlantic/Azores"),
    "+551": ("America/Sao_Paulo",),
    "+569": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "+5661": ("America/Punta_Arenas",),
    "+614": _AUSTRALIA,
    "+612": ("Australia/Sydney",),
    "+628": ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"),
    "+642": ("Pacific/Auckland", "Pacific/Chatham"),
    "+643305": ("Pacific/Chatham",),
    "+7495": ("Europe/Moscow",),
    "+7401": ("Europe/Kaliningrad",),
    "+79": ("Europe/Kaliningrad", "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka"),
    # Numbers of no country: where they ring nobody knows.
    "+800": (),
    "+870": (),
    "+881": (),
}

_LONGEST: Final = max(map(len, _PLAN))


def places(number: str, named: str | None) -> tuple[str, ...]:
    """The zones in which a number may ring; none where that is not known.

    By the longest prefix in the plans; and the contact's own, where one is named, as well.
    """
    lengths = range(_LONGEST, 1, -1)
    own = next((_PLAN[number[:many]] for many in lengths if number[:many] in _PLAN), ())
    if named is None or not own:
        return own
    return (named, *own) if named in _ZONES else ()
