"""Time zones of callees."""

import pytest

from dialer.core.number import E164
from dialer.core.zones import zones_of


@pytest.mark.parametrize(
    "number, zones",
    [
        ("+8613800138000", {"Asia/Shanghai"}),
        ("+12125550123", {"America/New_York"}),
        ("+442071234567", {"Europe/London"}),
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


def test_the_contacts_own_zone_goes_before_the_numbers() -> None:
    assert [zone.key for zone in zones_of(E164("+12125550123"), "Asia/Tokyo")] == ["Asia/Tokyo"]


@pytest.mark.parametrize("number", ["+870773111632", "+80012345678", "+883120000000"])
def test_a_number_of_no_place_has_none(number: str) -> None:
    assert zones_of(E164(number)) == ()


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Asia/\0"])
def test_a_name_that_is_no_zone_is_not_replaced_by_a_guess(name: str) -> None:
    assert zones_of(E164("+12125550123"), name) == ()
