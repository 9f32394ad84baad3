"""In which order a trunk's hops are tried: one that has failed stands back for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dialer.sip.names import Hop

REST: Final = 60.0
"""Seconds for which a hop that has failed is tried after those that have not; doubled each time
that it fails once more, for each try costs a call, or the trunk a moment."""
LONGEST_REST: Final = 3600.0


@dataclass(frozen=True, slots=True)
class _Failed:
    at: float
    times: int

    @property
    def until(self) -> float:
        return self.at + min(REST * 2.0 ** (self.times - 1), LONGEST_REST)


class HopOrder:
    """The hops of one trunk. `now` is monotonic seconds."""

    def __init__(self, hops: tuple[Hop, ...] = ()) -> None:
        self._hops = hops
        self._failed: dict[Hop, _Failed] = {}

    def found(self, hops: tuple[Hop, ...]) -> None:
        """Where the name leads now; what has failed before is remembered."""
        self._hops = hops
        self._failed = {hop: failed for hop, failed in self._failed.items() if hop in hops}

    def failed(self, hop: Hop, now: float) -> None:
        """`hop` did not answer, or could not be reached. Calls that fail together count once."""
        before = self._failed.get(hop)
        if before is None:
            self._failed[hop] = _Failed(now, 1)
        elif now >= before.until:
            self._failed[hop] = _Failed(now, before.times + 1)

    def well(self, hop: Hop) -> None:
        """`hop` has answered."""
        self._failed.pop(hop, None)

    def order(self, now: float) -> tuple[Hop, ...]:
        """All hops, best first; those that rest come last, who rests longest before the others."""
        resting = {hop: each.at for hop, each in self._failed.items() if now < each.until}
        return tuple(sorted(self._hops, key=lambda hop: resting.get(hop, float("-inf"))))
