"""Where phonenumbers' table of zones is wrong, or surer than a telephone's place can be.

Its table names, for some countries, a zone of the neighbours whose clocks agreed once: Morocco has
the Canaries' summer time there. Elsewhere it trusts an exchange, or the series of a mobile, to stay
on one side of a border of zones; people and their numbers cross it. For these prefixes the zones
are written here, by the numbering plans and tzdata; `tests/unit/core/test_zones.py` goes through
the whole of phonenumbers' table and fails where a new country needs a line.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_EASTERN: Final = "America/New_York"
_CENTRAL: Final = "America/Chicago"
_MOUNTAIN: Final = "America/Denver"
_PACIFIC: Final = "America/Los_Angeles"

_AREA_CODES: Final = {
    (_EASTERN, _CENTRAL): ("219", "270", "364", "423", "448", "574", "812", "850", "906", "930"),
    (_CENTRAL, _MOUNTAIN): ("308", "605", "620", "701", "785"),
    ("America/Boise", _PACIFIC): ("208", "458", "541", "775", "986"),
    ("America/Phoenix", _MOUNTAIN): ("928",),
    ("America/Anchorage", "America/Adak"): ("907",),
    ("America/Toronto", "America/Winnipeg"): ("807",),
    ("America/Toronto", "America/Halifax"): ("367", "418", "581"),
    ("America/St_Johns", "America/Halifax"): ("709", "879"),
    ("America/Regina", "America/Edmonton"): ("306", "474", "639"),
    ("America/Vancouver", "America/Edmonton", "America/Fort_Nelson"): (
        "236",
        "250",
        "672",
        "778",
    ),
    ("America/Whitehorse", "America/Edmonton", "America/Rankin_Inlet", "America/Iqaluit"): ("867",),
}
"""North American area codes that a border of zones runs through, without their country's 1."""

_AUSTRALIA: Final = (
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Darwin",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Australia/Perth",
    "Australia/Sydney",
    "Indian/Christmas",
    "Indian/Cocos",
)
_CHILE: Final = (
    "America/Coyhaique",
    "America/Punta_Arenas",
    "America/Santiago",
    "Pacific/Easter",
)
_INDONESIA: Final = ("Asia/Jakarta", "Asia/Jayapura", "Asia/Makassar")

PREFIXES: Final = MappingProxyType(
    {
        "211": ("Africa/Juba",),
        "212": ("Africa/Casablanca", "Africa/El_Aaiun"),
        "213": ("Africa/Algiers",),
        "218": ("Africa/Tripoli",),
        "505": ("America/Managua",),
        "5632": ("America/Santiago", "Pacific/Easter"),
        "5661": ("America/Punta_Arenas",),
        "5667": ("America/Coyhaique",),
        "569": _CHILE,
        # Two numbers in three of its mobiles stand under a series of one island.
        "628": _INDONESIA,
        "614": _AUSTRALIA,
        "6188": ("Australia/Adelaide", "Australia/Darwin", "Australia/Perth"),
        "675": ("Pacific/Bougainville", "Pacific/Port_Moresby"),
        "7401": ("Europe/Kaliningrad",),
        "970": ("Asia/Gaza", "Asia/Hebron"),
        **{f"1{area}": zones for zones, areas in _AREA_CODES.items() for area in areas},
    }
)
"""By the first digits of a number, the zones in which it may ring."""

_LONGEST: Final = max(map(len, PREFIXES))


def zones_by_prefix(digits: str) -> tuple[str, ...] | None:
    """The zones of a number, without its plus, that stands in this table; None if it doesn't."""
    for length in range(_LONGEST, 2, -1):
        zones = PREFIXES.get(digits[:length])
        if zones is not None:
            return zones
    return None
