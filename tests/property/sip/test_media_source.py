"""Whatever the order of packets: one source is heard in one call, and none before it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from audio.rtp import RtpPacket
from dialer.sip import _media_source

Place = tuple[str, int]


@dataclass(frozen=True)
class Call:
    """Whom the signalling names, what the trunk allows, and who there is besides."""

    signalled: Place
    media_from: tuple[str, ...]
    held_to: tuple[str, ...]
    stand_ins: tuple[Place, ...]
    strangers: tuple[Place, ...]
    peers: tuple[str, ...] = ()


CALLS: Final = (
    Call(
        ("203.0.113.9", 4000),
        ("198.51.100.0/24", "2001:db8::/32"),
        (),
        (("203.0.113.9", 4002), ("198.51.100.7", 4000), ("2001:db8::7", 4000)),
        (("203.0.113.8", 4000), ("10.0.0.1", 4000), ("198.51.101.7", 4000), ("::1", 4000)),
    ),
    Call(  # behind a NAT, and does not know it
        ("192.168.1.5", 4000),
        (),
        (),
        (("192.168.1.5", 9), ("203.0.113.9", 4000), ("2001:db8::7", 4000)),
        (("192.168.1.6", 4000), ("127.0.0.1", 4000), ("203.0.113.8", 4000), ("fe80::1", 4000)),
        ("203.0.113.9", "2001:db8::7"),
    ),
    Call(  # a lab's, which nothing from outside enters
        ("10.77.0.5", 4000),
        ("10.78.0.0/24",),
        ("127.0.0.0/8", "10.77.0.0/24"),
        (("10.77.0.5", 4002),),
        (("203.0.113.9", 4000), ("10.78.0.1", 4000), ("10.77.0.6", 4000)),
    ),
)


def rtp(ssrc: int) -> bytes:
    return RtpPacket(8, 1, 160, ssrc, bytes(160)).pack()


OTHERS: Final = (b"", b"\0\1 a binding request of STUN", b"\x80\xc8" + bytes(26))
"""Nothing, STUN, and RTCP at RTP's port."""
PACKETS: Final = (*map(rtp, (1, 2)), *OTHERS)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Call, list[tuple[Place, bytes, int, bool]]]:
    """A call, and (source, packet, ms since the last, whether a new attachment precedes) of each.

    In rows, for single packets would never bring anybody in.
    """
    call = draw(st.sampled_from(CALLS))
    source = st.sampled_from((call.signalled, *call.stand_ins, *call.strangers))
    row = st.tuples(
        source,
        st.sampled_from(PACKETS),
        st.sampled_from((0, 1, 20, 30)),
        st.integers(1, 2 * _media_source.ROW),
        st.booleans(),
    )
    came = []
    for place, packet, apart, times, anew in draw(st.lists(row, max_size=12)):
        came += [(place, packet, apart, anew and not number) for number in range(times)]
    return call, came


@given(arrivals())
def test_one_source_a_call_and_none_before_it_may_be(
    given_: tuple[Call, list[tuple[Place, bytes, int, bool]]],
) -> None:
    call, came = given_
    allowed = _media_source.Filter(call.media_from, call.held_to, call.peers)
    rtcp = (call.signalled[0], call.signalled[1] + 1)
    assert allowed.attach(call.signalled, rtcp)
    heard: set[Place] = set()
    rows: dict[
        Place, list[tuple[bytes, int]]
    ] = {}  # of those who may stand in, the last ones alike
    now = 0
    for source, packet, apart, anew in came:
        if anew:
            assert allowed.attach(call.signalled, rtcp)
            heard, rows = set(), {}
        now += apart
        if source in call.stand_ins and packet not in OTHERS:
            row = rows.setdefault(source, [])
            if row and row[0][0] != packet:
                row.clear()
            row.append((packet, now))
        row = rows.get(source, [])
        enough = len(row) >= _media_source.ROW and now - row[0][1] >= _media_source.LASTS
        may = source in heard or (
            not heard and (source == call.signalled or (enough and row[-1] == (packet, now)))
        )
        passes, _ = allowed.rtp(source, packet, now)
        assert passes is may, "nobody too early, nobody too late, nobody else"
        if passes:
            heard.add(source)
        assert len(heard) <= 1
        # RTCP is of whoever is heard, or may yet be.
        address = next(iter(heard))[0] if heard else call.signalled[0]
        assert allowed.rtcp((source[0], 1)) is (source[0] == address)
        to = allowed.rtcp_to()
        assert to is not None
        assert to[0] == address


@given(arrivals())
def test_every_packet_is_heard_or_counted_or_waits(
    given_: tuple[Call, list[tuple[Place, bytes, int, bool]]],
) -> None:
    call, came = given_
    allowed = _media_source.Filter(call.media_from, call.held_to, call.peers)
    assert allowed.attach(call.signalled, call.signalled)
    heard = False
    now = waiting = 0
    for source, packet, apart, _ in came:
        now += apart
        passes, strays = allowed.rtp(source, packet, now)
        before, waiting = waiting, waiting + 1 - passes - strays
        assert waiting >= 0
        if heard:
            assert waiting == before, "whoever is not heard now is a stray"
        elif passes and source == call.signalled:
            assert waiting == 0, "whoever waited was one"
        heard = heard or passes
