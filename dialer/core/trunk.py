"""What a trunk may carry: channels at once, and calls in a second."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


class TrunkFullError(Exception):
    """A seizure that the trunk's limits forbid, or a release of what was not seized."""


@dataclass(frozen=True, slots=True)
class TrunkLimits:
    """What the carrier allows. Raises ValueError for less than one channel or no calls a second."""

    channels: int
    """Calls at once."""
    cps: float
    """New calls a second. A figure that is not whole is rounded down; one below 1 is a pause of
    1/cps seconds between calls."""

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise ValueError("channels: at least 1")
        if not (math.isfinite(self.cps) and self.cps > 0):
            raise ValueError("cps: above 0")


class TrunkLoad:
    """The channels of one trunk in use, and the INVITEs of the last second.

    A bucket that refills at `cps` and holds a burst lets up to burst + cps calls through within
    one second. So this bucket gives each token back exactly a second after its INVITE left: in no
    second, wherever it begins, do more than `cps` calls leave. Between seizure and INVITE lie a
    commit and a queue; for as long as they take, the token stays taken, or the INVITEs that a slow
    disk has held up would all leave at once.

    `now` is monotonic seconds. A `now` before an earlier one frees nothing.
    """

    def __init__(self, limits: TrunkLimits) -> None:
        self._limits = limits
        self._tokens = max(1, math.floor(limits.cps))
        self._period = max(1.0, 1.0 / limits.cps)
        self._sent: deque[float] = deque(maxlen=self._tokens)
        self._unsent = 0
        self._in_use = 0
        self._rests_until = -math.inf
        self.usable = True
        """Whether the trunk carries calls at all: not while it is unregistered or unwell. Nothing
        is seized then, and when that ends cannot be foretold."""

    @property
    def limits(self) -> TrunkLimits:
        return self._limits

    @property
    def rate(self) -> float:
        """Calls a second that can be kept up."""
        return self._tokens / self._period

    @property
    def in_use(self) -> int:
        """Channels in use."""
        return self._in_use

    @property
    def free(self) -> int:
        """Channels not in use."""
        return self._limits.channels - self._in_use

    def room(self, now: float) -> int:
        """How many calls may leave at this instant."""
        if not self.usable or now < self._rests_until:
            return 0
        spent = sum(1 for at in self._sent if now < at + self._period)
        return max(0, min(self.free, self._tokens - self._unsent - spent))

    def can_seize(self, now: float) -> bool:
        """Whether one more call may leave at this instant."""
        free_at = self.next_free(now)
        return free_at is not None and free_at <= now

    def seize(self, now: float) -> None:
        """Take a channel and a token for an INVITE. Raises TrunkFullError, changing nothing.

        Then comes `sent` and, with the call's end, `release`; or `withdraw`.
        """
        if not self.can_seize(now):
            raise TrunkFullError("the trunk's channels or calls of this second are used up")
        self._unsent += 1
        self._in_use += 1

    def sent(self, now: float) -> None:
        """The INVITE of a seizure leaves: its second begins. Raises TrunkFullError."""
        self._one_less_unsent()
        self._sent.append(now)

    def withdraw(self) -> None:
        """No INVITE comes of a seizure: channel and token are back. Raises TrunkFullError."""
        self._one_less_unsent()
        self._in_use -= 1

    def release(self) -> None:
        """The call has ended: its channel is back; the token comes by itself.

        Raises TrunkFullError.
        """
        if self._in_use == self._unsent:
            raise TrunkFullError("no call of this trunk is live")
        self._in_use -= 1

    def next_free(self, now: float) -> float | None:
        """The earliest instant, `now` or later, for one more call, if nothing else happens.

        None while the trunk is not usable, all channels are in use, or every token waits for its
        INVITE.
        """
        tokens = self._tokens - self._unsent
        if not self.usable or self.free == 0 or tokens == 0:
            return None
        token_at = -math.inf
        if len(self._sent) >= tokens:
            token_at = self._sent[-tokens] + self._period
        return max(now, token_at, self._rests_until)

    def rest(self, until: float) -> None:
        """Let no call leave before `until`, as a 503's Retry-After asks (RFC 3261 21.5.4)."""
        self._rests_until = max(self._rests_until, until)

    def _one_less_unsent(self) -> None:
        if self._unsent == 0:
            raise TrunkFullError("every seizure of this trunk has had its INVITE")
        self._unsent -= 1
