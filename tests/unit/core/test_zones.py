"""Time zones of callees."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.tzdata import TIMEZONE_DATA

from dialer.core.gate.zone_borders import PREFIXES
from dialer.core.gate.zones import zones_of
from dialer.core.values.number import E164


@pytest.mark.parametrize(
    "number, zones",
    [
        ("+8613800138000", {"Asia/Shanghai"}),
        ("+12125550123", {"America/New_York"}),
        ("+442071234567", {"Europe/London"}),
        ("+212612345678", {"Africa/Casablanca", "Africa/El_Aaiun"}),
        ("+74012345678", {"Europe/Kaliningrad"}),
        ("+6281112345678", {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}),
        ("+12083452345", {"America/Boise", "America/Los_Angeles"}),
    ],
)
def test_the_zone_of_a_number_with_a_place(number: str, zones: set[str]) -> None:
    assert {zone.key for zone in zones_of(E164(number))} == zones


def test_a_number_that_may_be_anywhere_in_a_country_has_all_its_zones() -> None:
    keys = {zone.key for zone in zones_of(E164("+18005550123"))}
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= keys


@pytest.mark.parametrize(
    "number, among", [("+447700900001", "Europe/London"), ("+15550001234", "Pacific/Honolulu")]
)
def test_a_number_in_no_plan_has_the_zones_of_its_country(number: str, among: str) -> None:
    assert among in {zone.key for zone in zones_of(E164(number))}


@pytest.mark.parametrize(
    "number, named, zones",
    [
        ("+12125550123", "America/Denver", ["America/Denver", "America/New_York"]),
        ("+12125550123", "America/New_York", ["America/New_York"]),
        ("+8613800138000", "Europe/London", ["Europe/London", "Asia/Shanghai"]),
    ],
)
def test_the_contacts_own_zone_is_one_more(number: str, named: str, zones: list[str]) -> None:
    assert [zone.key for zone in zones_of(E164(number), named)] == zones


@pytest.mark.parametrize("named", [None, "Asia/Tokyo"])
@pytest.mark.parametrize("number", ["+870773111632", "+80012345678", "+883120000000"])
def test_a_number_of_no_place_has_none(number: str, named: str | None) -> None:
    assert zones_of(E164(number), named) == ()


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Asia/\0"])
def test_a_name_that_is_no_zone_is_not_replaced_by_a_guess(name: str) -> None:
    assert zones_of(E164("+12125550123"), name) == ()


NEIGHBOURS = {("MX", "America/New_York")}
"""Zones that phonenumbers adds to a country's own: stricter, never looser."""
NOT_DIALLED = {
    "America/Danmarkshavn",  # a weather station
    "Asia/Urumqi",  # local custom; by law China has one zone
    "Europe/Simferopol",  # calls to +380 are not connected there
}


@cache
def clock(name: str) -> tuple[timedelta | None, ...]:
    """How far a zone is from UTC through two years: two names of one clock are the same."""
    zone = ZoneInfo(name)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return tuple(
        (noon + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(0, 730, 5)
    )


def zones_by_country() -> dict[str, set[str]]:
    """tzdata's own table."""
    found: dict[str, set[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, set()).add(zone)
    return found


def test_every_prefix_of_the_library_has_zones_of_its_own_country() -> None:
    countries = zones_by_country()
    for prefix, names in TIMEZONE_DATA.items():
        regions = next(
            found
            for length in (1, 2, 3)
            if (found := COUNTRY_CODE_TO_REGION_CODE.get(int(prefix[:length])))
        )
        own = {clock(zone) for region in regions for zone in countries.get(region, ())}
        if not own or any(prefix.startswith(known) for known in PREFIXES):
            continue
        for name in names:
            if prefix[0] == "7" and name == "Europe/Bucharest":
                continue  # renamed
            assert clock(name) in own or (regions[0], name) in NEIGHBOURS, (prefix, name)


def test_a_number_from_anywhere_in_a_country_has_every_clock_of_it() -> None:
    countries = zones_by_country()
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        region = phonenumbers.region_code_for_country_code(code)
        if region == "001" or not any(countries.get(each) for each in regions):
            continue
        names = {zone.key for zone in zones_of(E164(f"+{code}00000000"))}
        names |= {
            zone
            for known, zones in PREFIXES.items()
            if known.startswith(str(code))
            for zone in zones
        }
        have = {clock(name) for name in names}
        missing = {
            zone
            for each in regions
            for zone in countries.get(each, ())
            if clock(zone) not in have and zone not in NOT_DIALLED
        }
        assert not missing, (code, missing)
