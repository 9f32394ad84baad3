"""Who is heard at a call's ports: the rule's limits, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from audio.rtp import RtpPacket
from dialer.sip import _media_source
from dialer.sip._media_source import LASTS, ROW, Filter

CARRIER = ("203.0.113.9", 4000)
RTCP = ("203.0.113.9", 4001)
FRAME = 20


def packet(ssrc: int = 7, payload_type: int = 8, sequence: int = 1) -> bytes:
    return RtpPacket(payload_type, sequence, 160, ssrc, bytes(160)).pack()


def attached(
    *media_from: str, to: tuple[str, int] = CARRIER, peers: tuple[str, ...] = ("127.0.0.1",)
) -> Filter:
    made = Filter(media_from, peers=peers)
    assert made.attach(to, (to[0], to[1] + 1))
    return made


def comes_in(allowed: Filter, source: tuple[str, int], packets: int = 2 * ROW) -> int | None:
    """With which packet, from 1 on, a source is heard that sends one each frame."""
    for number in range(packets):
        if allowed.rtp(source, packet(), number * FRAME)[0]:
            return number + 1
    return None


def test_who_is_signalled_is_heard_at_once_and_alone() -> None:
    allowed = attached("198.51.100.0/24")
    assert allowed.rtp(CARRIER, packet(), 0) == (True, 0)
    for other in (("203.0.113.9", 4002), ("198.51.100.7", 4000)):
        assert comes_in(allowed, other) is None
    assert allowed.rtp(CARRIER, b"keep alive", 9) == (True, 0)


@pytest.mark.parametrize(
    "signalled, source, at",
    [
        ("203.0.113.9", "203.0.113.9", ROW),  # another port of it
        ("203.0.113.9", "198.51.100.7", ROW),  # as media_from has it
        ("203.0.113.9", "203.0.113.8", None),
        ("203.0.113.9", "10.0.0.1", None),
        ("10.1.2.3", "203.0.113.20", ROW),  # a NAT's outside, for who does not know it
        ("100.64.2.3", "203.0.113.20", ROW),
        ("fd00::1", "2001:db8::20", ROW),
        ("10.1.2.3", "203.0.113.8", None),  # outside too, but no peer of ours
        ("203.0.113.9", "203.0.113.20", None),  # who shows a public address is there
        ("10.1.2.3", "10.1.2.4", None),
        ("10.1.2.3", "127.0.0.1", None),
        ("10.1.2.3", "224.0.0.5", None),
        ("127.0.0.1", "203.0.113.8", None),
        ("127.0.0.1", "127.0.0.2", None),
        ("0.0.0.0", "203.0.113.8", None),  # on hold, as RFC 2543 had it
    ],
)
def test_who_may_stand_in(signalled: str, source: str, at: int | None) -> None:
    peers = ("127.0.0.2", "203.0.113.20", "2001:db8::20")
    allowed = attached("198.51.100.0/24", to=(signalled, 4000), peers=peers)
    assert comes_in(allowed, (source, 5000)) == at


@pytest.mark.parametrize("strangers", [["203.0.113.50"], ["198.51.100.7", "198.51.100.8"]])
def test_five_packets_a_second_keep_nobody_from_being_heard(strangers: list[str]) -> None:
    """Behind a private address: neither of who may not stand in, nor of who may and comes late."""
    peer = ("203.0.113.20", 5000)
    allowed = attached("198.51.100.0/24", to=("10.1.2.3", 4000), peers=("203.0.113.20",))
    for number in range(3 * ROW):
        now = number * FRAME
        if number % 10 == 0:
            for at, stranger in enumerate(strangers):
                assert not allowed.rtp((stranger, 9), packet(at), now)[0]
        if allowed.rtp(peer, packet(99), now)[0]:
            break
    assert number == ROW - 1


def test_no_more_sources_are_watched_than_there_are_rows() -> None:
    allowed = attached("198.51.100.0/24")
    for source in range(1000):
        place = (f"198.51.100.{source % 250}", 1000 + source)
        passes, strays = allowed.rtp(place, packet(), 0)
        assert (passes, strays) == (False, int(source >= 4))
    # Those that fall silent make room.
    assert comes_in(allowed, ("198.51.100.7", 9)) == ROW + LASTS // FRAME


def moved(
    *,
    to: tuple[str, int] = ("203.0.113.9", 4444),
    ssrc: int = 7,
    ahead: int = 1,
    every: int = 1,
    old_goes_on: bool = False,
    packets: int = 3 * ROW,
) -> int | None:
    """With which packet a call's source is heard at another place, after a second at the first."""
    allowed = attached("198.51.100.0/24")
    for number in range(50):
        assert allowed.rtp(CARRIER, packet(sequence=65500 + number), number * FRAME)[0]
    for number in range(packets):
        now = (50 + number) * FRAME
        if old_goes_on and number % 5 == 0:
            assert allowed.rtp(CARRIER, packet(sequence=65550 + number), now)[0]
        sequence = (65549 + ahead + every * number) % 65536
        if allowed.rtp(to, packet(ssrc, sequence=sequence), now)[0]:
            assert not allowed.rtp(CARRIER, packet(sequence=65550), now + 1)[0]
            return number + 1
    return None


def test_a_source_that_goes_on_at_another_port_is_followed() -> None:
    assert moved() == ROW
    assert moved(ahead=900, every=3) == ROW, "some of it was lost on the way"


@pytest.mark.parametrize(
    "stranger",
    [
        {"to": ("203.0.113.10", 4000)},  # another machine, whatever it knows
        {"to": ("198.51.100.7", 4000)},  # also where media may come from
        {"ssrc": 8},
        {"ahead": 1001},
        {"ahead": 0, "every": 0},
        {"ahead": -500},
        {"every": 0},
        {"every": 51},
        {"old_goes_on": True},
        {"packets": ROW - 1},
    ],
)
def test_nobody_else_is_taken_for_it(stranger: dict[str, Any]) -> None:
    assert moved(**stranger) is None


def test_rtcp_goes_along_with_who_has_moved() -> None:
    allowed = attached()
    assert allowed.rtp(CARRIER, packet(sequence=1), 0)[0]
    for number in range(ROW):
        allowed.rtp(("203.0.113.9", 4444), packet(sequence=2 + number), number * FRAME)
    assert allowed.rtcp_to() == ("203.0.113.9", 4445)


@pytest.mark.parametrize(
    "address",
    [
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.255",  # a broadcast of a network that we are in
        "0.0.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "192.0.2.7",  # ours
        "::1",
        "2001:db8::7",
        "ff02::1",
        "::ffff:192.0.2.9",
    ],
)
def test_sound_goes_to_no_group_and_not_to_ourselves(address: str) -> None:
    ours, broadcasts = ("192.0.2.7", "2001:db8::7"), ("192.0.2.255",)
    allowed = Filter(peers=("203.0.113.9",), ours=ours, broadcasts=broadcasts)
    assert not allowed.attach((address, 4000), (address, 4001))
    assert not allowed.attach(CARRIER, (address, 4001))
    assert allowed.rtcp_to() is None
    # A PBX beside us names an address of this machine, and rightly so.
    beside = Filter(peers=("192.0.2.7",), ours=ours, broadcasts=broadcasts)
    is_ours = address.startswith("127.") or address in {*ours, "::1"}
    assert beside.attach((address, 4000), (address, 4001)) is is_ours


def test_what_waited_in_the_socket_brings_nobody_in() -> None:
    other = ("203.0.113.9", 5000)
    allowed = attached()
    for _ in range(100):
        assert allowed.rtp(other, packet(), 0) == (False, 0)
    assert allowed.rtp(other, packet(), LASTS - 1) == (False, 0)
    # A phone that answers our first packet is faster, and then the hundred were strays.
    assert allowed.rtp(CARRIER, packet(), LASTS - 1) == (True, 101)
    assert allowed.rtp(other, packet(), LASTS) == (False, 1)


def test_another_ssrc_begins_the_row_anew() -> None:
    other = ("203.0.113.9", 5000)
    allowed = attached()
    for number in range(ROW - 1):
        assert allowed.rtp(other, packet(1), number * 100) == (False, 0)
    assert allowed.rtp(other, packet(2), 1000) == (False, ROW - 1)
    for number in range(1, ROW):
        assert allowed.rtp(other, packet(2), 1000 + 100 * number) == (number == ROW - 1, 0)


def test_strangers_do_not_break_a_row() -> None:
    """Else whoever floods the port would keep a callee behind a NAT from being heard."""
    other = ("203.0.113.9", 5000)
    allowed = attached()
    for number in range(ROW):
        assert allowed.rtp(("192.0.2.1", 9), packet(), FRAME * number) == (False, 1)
        assert allowed.rtp(other, packet(), FRAME * number) == (number == ROW - 1, 0)


def test_attached_anew_the_signalled_one_is_heard_again() -> None:
    allowed = attached()
    assert comes_in(allowed, ("203.0.113.9", 5000)) == ROW
    assert allowed.rtp(CARRIER, packet(), 999) == (False, 1)
    assert allowed.attach(("203.0.113.10", 6000), ("203.0.113.10", 6001))
    assert allowed.rtp(CARRIER, packet(), 1000) == (False, 1)
    assert allowed.rtp(("203.0.113.10", 6000), packet(), 1000) == (True, 0)


def test_detached_nobody_is_heard() -> None:
    allowed = attached()
    allowed.detach()
    assert allowed.rtp(CARRIER, packet(), 0) == (False, 1)
    assert not allowed.rtcp(RTCP)
    assert allowed.rtcp_to() is None


def test_a_lab_is_not_left_by_what_an_sdp_says() -> None:
    allowed = Filter(held_to=["127.0.0.0/8", "10.77.0.0/24"], peers=["127.0.0.1"])
    assert not allowed.attach(CARRIER, RTCP)
    assert not allowed.attach(("127.0.0.1", 4000), RTCP)
    assert allowed.rtp(CARRIER, packet(), 0) == (False, 1)
    assert allowed.attach(("0.0.0.0", 4000), ("0.0.0.0", 4001)), "a hold"
    assert allowed.attach(("10.77.0.5", 4000), ("10.77.0.5", 4001))
    assert comes_in(allowed, CARRIER) is None


def test_rtcp_goes_with_the_sound() -> None:
    allowed = attached()
    assert allowed.rtcp_to() == RTCP
    assert not allowed.rtcp(("192.0.2.1", 4001))
    assert allowed.rtcp(("203.0.113.9", 7001)), "a NAT in between"
    assert allowed.rtcp_to() == ("203.0.113.9", 7001)
    assert allowed.rtcp(RTCP)
    assert allowed.rtcp(("203.0.113.9", 7001))
    assert allowed.rtcp_to() == RTCP, "who is where it was said stays the one"
    nat = attached(to=("10.1.2.3", 4000), peers=("203.0.113.9",))
    assert comes_in(nat, ("203.0.113.9", 5000)) == ROW
    assert not nat.rtcp(("10.1.2.3", 4001))
    assert nat.rtcp_to() == ("203.0.113.9", 5001)


@pytest.mark.parametrize("wrong", ["203.0.113.9", "203.0.113.9/33", "carrier/8", "/0", ""])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="address/length"):
        _media_source.Filter([wrong])
