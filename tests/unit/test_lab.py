"""Which networks are this machine's own, by what the kernel says."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from dialer.app import lab
from dialer.errors import LabError

HEAD = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
ROUTES = (
    HEAD
    + "eth0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n"
    + "eth0 0001A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
    + "eth0 00000A0A 0101A8C0 0003 0 0 0 0000FFFF 0 0 0\n"
)
ROUTES_6 = (
    f"fd000000000000000000000000000000 40 {'0' * 32} 00 {'0' * 32} 00000100 0 0 1 eth0\n"
    f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 0 0 3 eth0\n"
)


def test_a_network_behind_a_gateway_is_not_ours() -> None:
    assert lab.on_link_4(ROUTES) == [ip_network("192.168.1.0/24")]
    assert lab.on_link_6(ROUTES_6) == [ip_network("fd00::/64")]


@pytest.mark.parametrize(
    "network, ours",
    [
        ("192.168.1.0/25", True),
        ("192.168.0.0/16", False),
        ("10.10.0.0/16", False),
        ("fd00::/96", True),
        ("fd01::/64", False),
    ],
)
def test_a_lab_is_on_a_network_of_this_machine(
    network: str, *, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "_text", lambda path: ROUTES_6 if "6" in path.name else ROUTES)
    if ours:
        lab.must_be_here([ip_network(network)])
        return
    with pytest.raises(LabError, match="no network of this machine"):
        lab.must_be_here([ip_network(network)])
