"""The zones that a list may name beside a number."""

from __future__ import annotations

import pytest

from dialer.core.values.number import E164
from dialer.files.zones import ZonesOfCountry

CHINA, NEW_YORK, PUERTO_RICO = "+8613800138000", "+12125550123", "+17872345678"


@pytest.mark.parametrize(
    "number, name, has",
    [
        (CHINA, "Asia/Shanghai", True),
        (CHINA, "Asia/Urumqi", True),
        (CHINA, "PRC", True),
        (CHINA, "Asia/Chongqing", True),
        (CHINA, "Europe/London", False),
        (CHINA, "Asia/Singapore", False),
        (CHINA, "Etc/GMT-8", False),
        (CHINA, "UTC", False),
        (NEW_YORK, "America/Los_Angeles", True),
        (NEW_YORK, "US/Pacific", True),
        (NEW_YORK, "Pacific/Honolulu", True),
        (NEW_YORK, "America/Puerto_Rico", True),
        (NEW_YORK, "America/Toronto", False),
        (PUERTO_RICO, "America/New_York", True),
        ("+442079460000", "Europe/London", True),
        ("+442079460000", "Europe/Paris", False),
        ("+447700900001", "Europe/London", True),
        ("+74012345678", "Europe/Kaliningrad", True),
        ("+77172345678", "Asia/Almaty", True),
        ("+77172345678", "Europe/Moscow", False),
        ("+31201234567", "Europe/Amsterdam", True),
        ("+870773111632", "Asia/Shanghai", False),
        ("+80012345678", "Asia/Shanghai", False),
    ],
)
def test_a_zone_is_one_of_the_number_s_country(number: str, name: str, has: bool) -> None:
    zones = ZonesOfCountry()
    assert zones.has(E164(number), name) is has
    assert zones.has(E164(number), name) is has


def test_who_is_in_no_plan_does_not_speak_for_others() -> None:
    zones = ZonesOfCountry()
    assert zones.has(E164("+12120000000"), "America/Toronto")
    assert not zones.has(E164(NEW_YORK), "America/Toronto")
