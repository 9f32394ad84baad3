"""RTP packets and telephone events as bytes (RFC 3550, RFC 4733), for peers and probes.

pjmedia speaks RTP for the calls themselves; this is for whoever stands at the other end: the
demo's callees, the tests, the benchmarks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

EVENT_TYPE: Final = 101
"""The dynamic payload type that our own offers use for telephone events."""

_HEADER: Final = struct.Struct("!BBHII")
_EVENT: Final = struct.Struct("!BBH")
_KEYS: Final = "0123456789*#ABCD"
_END_BIT: Final = 0x80
_VOLUME: Final = 10


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet (RFC 3550 5.1), without CSRCs and extension."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def pack(self) -> bytes:
        """The packet as it goes on the wire."""
        second = self.payload_type | (0x80 if self.marker else 0)
        head = _HEADER.pack(
            0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc
        )
        return head + self.payload


def parse(data: bytes) -> RtpPacket | None:
    """The packet in `data`, or None where it is not RTP version 2 (RTCP and STUN included)."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    payload_type = second & 0x7F
    if 64 <= payload_type <= 95:  # RTCP's types seen as RTP's (RFC 5761 4)
        return None
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:  # RFC 3550 5.3.1: a header extension, whose length counts 32-bit words
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if end < start:
        return None
    return RtpPacket(
        payload_type, sequence, timestamp, ssrc, data[start:end], marker=bool(second & 0x80)
    )


def key_events(key: str, frames: int, frame_samples: int) -> Iterator[bytes]:
    """Payloads of one key held for `frames` packets, then its end three times (RFC 4733 2.5.1.4).

    All of a key's packets carry the timestamp of its first one. Raises ValueError for a key that
    is not one of 0-9 * # A-D.
    """
    code = _KEYS.index(key)
    for held in range(1, frames + 1):
        yield _EVENT.pack(code, _VOLUME, held * frame_samples)
    for _ in range(3):
        yield _EVENT.pack(code, _END_BIT | _VOLUME, frames * frame_samples)


def key_of(payload: bytes) -> tuple[str, bool] | None:
    """(key, is this its end) of a telephone event, or None where it is none we know."""
    if len(payload) < _EVENT.size:
        return None
    code, flags, _ = _EVENT.unpack_from(payload)
    return (_KEYS[code], bool(flags & _END_BIT)) if code < len(_KEYS) else None
