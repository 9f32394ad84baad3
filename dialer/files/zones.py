"""Which time zones a list may name beside a number: those of the number's country."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dialer.core.gate.jurisdictions import JURISDICTIONS
from dialer.core.gate.regions import regions_of
from dialer.core.values.number import E164, calling_code

_TELLS_THE_REGION: Final = 7
"""Digits after which every number of a plan that countries share is of one of them."""


class ZonesOfCountry:
    """`has` says whether a zone is one of a number's country; remembered, for long lists."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def has(self, number: E164, name: str) -> bool:
        """Whether the zone `name`, under any of its names, is in the number's country."""
        return _one_name(name) in self._zones(number)

    def _zones(self, number: E164) -> frozenset[str]:
        code = calling_code(number)
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code else ()
        head = code if len(regions) == 1 else number.digits[:_TELLS_THE_REGION]
        if head in self._known:
            return self._known[head]
        # One that is in no plan may be of any country that has the code.
        found = regions_of(number)
        zones = _zones_of(found or frozenset(regions))
        if found or len(regions) == 1:
            self._known[head] = zones
        return zones


@cache
def _zones_of(regions: frozenset[str]) -> frozenset[str]:
    # A country's territories are its own, as the law has it.
    law = next((law.callees for law in JURISDICTIONS.values() if regions & law.callees), regions)
    return frozenset(
        _one_name(zone) for region in regions | law for zone in _by_country().get(region, ())
    )


@cache
def _by_country() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _lines("zone.tab"):
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


@cache
def _links() -> dict[str, str]:
    """By each other name of a zone, its own."""
    links = (line.split() for line in _lines("tzdata.zi") if line.startswith("L "))
    return {other: name for _, name, other in links}


def _one_name(name: str) -> str:
    links = _links()
    while name in links:
        name = links[name]
    return name


def _lines(table: str) -> list[str]:
    return (files("tzdata") / "zoneinfo" / table).read_text("utf-8").splitlines()
