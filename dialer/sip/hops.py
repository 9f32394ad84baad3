"""In which order a trunk's hops are tried: one that has failed stands back for a while."""

from __future__ import annotations

from typing import Final

from dialer.sip.names import Hop

REST: Final = 60.0
"""Seconds for which a hop that has failed is tried after those that have not."""


class HopOrder:
    """The hops of one trunk. `now` is monotonic seconds."""

    def __init__(self, hops: tuple[Hop, ...] = ()) -> None:
        self._hops = hops
        self._failed: dict[Hop, float] = {}

    def found(self, hops: tuple[Hop, ...]) -> None:
        """Where the name leads now; what has failed before is remembered."""
        self._hops = hops

    def failed(self, hop: Hop, now: float) -> None:
        """`hop` did not answer, or could not be reached."""
        self._failed[hop] = now

    def well(self, hop: Hop) -> None:
        """`hop` has answered."""
        self._failed.pop(hop, None)

    def order(self, now: float) -> tuple[Hop, ...]:
        """All hops, best first; those that rest come last, who rests longest before the others."""
        resting = {hop: at for hop, at in self._failed.items() if now - at < REST}
        self._failed = resting
        return tuple(sorted(self._hops, key=lambda hop: resting.get(hop, float("-inf"))))
