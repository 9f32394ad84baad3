"""Pairs of calls that hear each other: connected in PJSIP's conference, frame by frame in C.

All of it runs on the SIP thread. No Python stands between a frame of one call and the other's.
"""

from __future__ import annotations

from dialer.sip import pjlib
from dialer.sip.call import LineCall

Place = tuple[int, int]
"""A call's conference slot, and which of its streams is there."""


class Joints:
    """Who is joined with whom, and which slots are connected for it."""

    def __init__(self) -> None:
        self._partners: dict[LineCall, LineCall] = {}
        self._connected: dict[LineCall, Place] = {}

    def partner(self, call: LineCall) -> LineCall | None:
        """Whom this call is joined with."""
        return self._partners.get(call)

    def join(self, one: LineCall, other: LineCall) -> None:
        """Join two calls that are joined with nobody."""
        self._partners[one] = other
        self._partners[other] = one
        self.refresh(one)

    def part(self, call: LineCall) -> LineCall | None:
        """Part a call from its partner, which is returned."""
        other = self._partners.pop(call, None)
        if other is None:
            return None
        del self._partners[other]
        here, there = self._connected.pop(call, None), self._connected.pop(other, None)
        if here and there:
            pjlib.disconnect(here[0], there[0])
        return other

    def refresh(self, call: LineCall) -> None:
        """Bring the connection in line with where the media of both is now.

        Who is on hold stays connected: the stream's direction says who hears whom, so that a
        holder's music reaches the held (RFC 3264 8.4). A re-INVITE may bring a new stream in the
        slot of the old one, whose connections went with it.
        """
        other = self._partners[call]
        here, there = (call.slot, call.streams), (other.slot, other.streams)
        before = (self._connected.pop(call, None), self._connected.pop(other, None))
        if before == (here, there):
            self._connected[call], self._connected[other] = here, there
            return
        if call.slot >= 0 and other.slot >= 0 and pjlib.connect(call.slot, other.slot):
            self._connected[call], self._connected[other] = here, there
