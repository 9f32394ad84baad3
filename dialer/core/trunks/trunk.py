"""What a trunk may carry: channels at once, and calls in a second."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from dialer.core.trunks.shares import Capacity

AHEAD: Final = 0.1
"""Seconds before a token is back at which a call may be seized for it: its commit takes that time.

Without it every commit would cost the trunk a part of its calls a second.
"""
RELAPSE: Final = 60.0
"""Seconds after a rest that OPTIONS has ended within which the next one is believed."""


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
    kept_for_inbound: int = 0
    """Channels that are left free for calls that come in."""

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise ValueError("channels: at least 1")
        if not 0 <= self.kept_for_inbound < self.channels:
            raise ValueError("kept_for_inbound: at least 0, and fewer than the channels")
        if not (math.isfinite(self.cps) and self.cps > 0):
            raise ValueError("cps: above 0")


class TrunkLoad:
    """The channels of one trunk in use, and the INVITEs of the last second.

    A bucket that refills at `cps` and holds a burst lets up to burst + cps calls through within
    one second. So this bucket gives each token back exactly a second after its INVITE left: in no
    second, wherever it begins, do more than `cps` calls leave.

    Between seizure and INVITE lie a commit and a queue, of which nobody knows how long they take.
    So a call takes four steps: it is seized, which says that there will be a token for its INVITE
    by the time of its commit; it departs, once the token is there; it is sent, when the line says
    that it left; it is released. INVITEs that a slow disk has held up do not all leave at once.

    `now` is monotonic seconds. A `now` before an earlier one frees nothing.
    """

    def __init__(self, limits: TrunkLimits) -> None:
        self._limits = limits
        self._channels = limits.channels
        self._tokens = max(1, math.floor(limits.cps))
        self._period = max(1.0, 1.0 / limits.cps)
        self._sent: deque[float] = deque(maxlen=self._tokens)
        self._seized = 0
        self._departed = 0
        self._in_use = 0
        self._came_in = 0
        self._rests_since = self._rests_until = self._woken_at = -math.inf
        self.usable = True
        """Whether the trunk carries calls at all: not while it is unregistered or unwell. Nothing
        is seized then, and when that ends cannot be foretold."""

    @property
    def limits(self) -> TrunkLimits:
        return self._limits

    def allow(self, share: Capacity) -> None:
        """Use no more than this node's share, which may be nothing; calls that live go on."""
        self._channels = min(self._limits.channels, share.channels)
        cps = min(self._limits.cps, share.cps)
        self._tokens = max(1, math.floor(cps)) if cps > 0 else 0
        if cps > 0:
            self._period = max(1.0, 1.0 / cps)

    @property
    def rate(self) -> float:
        """Calls a second that can be kept up."""
        return self._tokens / self._period

    @property
    def in_use(self) -> int:
        """Channels in use, by our calls and by those that came in."""
        return self._in_use + self._came_in

    @property
    def free(self) -> int:
        """Channels that calls of our own may take."""
        # Of the channels that are kept a node keeps as large a part as it has of them all.
        kept = self._limits.kept_for_inbound * self._channels // self._limits.channels
        return max(0, self._channels - max(kept, self._came_in) - self._in_use)

    def admit(self) -> bool:
        """Take a channel for a call that came in; False where none is free. `dismiss` follows."""
        if self.in_use >= self._channels:
            return False
        self._came_in += 1
        return True

    def dismiss(self) -> None:
        """A call that came in is over. Raises TrunkFullError where none is there."""
        if self._came_in == 0:
            raise TrunkFullError("no call that came in is live")
        self._came_in -= 1

    def is_up(self, now: float) -> bool:
        """Whether it carries calls at this instant, be there room or not."""
        return self.usable and now >= self._rests_until

    def room(self, now: float) -> int:
        """How many calls may be seized at this instant."""
        if not self.is_up(now):
            return 0
        spent = sum(1 for at in self._sent if now < at + self._period - AHEAD)
        return max(0, min(self.free, self._tokens - self._seized - self._departed - spent))

    def can_seize(self, now: float) -> bool:
        """Whether one more call may be seized at this instant."""
        free_at = self.next_free(now)
        return free_at is not None and free_at <= now

    def seize(self, now: float) -> None:
        """Take a channel, and a token now or soon. Raises TrunkFullError, changing nothing.

        Then comes `depart` or `withdraw`.
        """
        if not self.can_seize(now):
            raise TrunkFullError("the trunk's channels or calls of this second are used up")
        self._seized += 1
        self._in_use += 1

    def withdraw(self) -> None:
        """No INVITE comes of a seizure: channel and token are back. Raises TrunkFullError."""
        if self._seized == 0:
            raise TrunkFullError("every seizure of this trunk has departed")
        self._seized -= 1
        self._in_use -= 1

    def depart(self, now: float) -> None:
        """Hand the INVITE of a seizure to the line. Raises TrunkFullError, changing nothing.

        Then comes `sent` and, with the call's end, `release`; or that alone.
        """
        departs_at = self.next_departure(now)
        if self._seized == 0 or departs_at is None or departs_at > now:
            raise TrunkFullError("no INVITE may leave now")
        self._seized -= 1
        self._departed += 1

    def sent(self, at: float) -> None:
        """An INVITE has left, and its second begins. Raises TrunkFullError."""
        if self._departed == 0:
            raise TrunkFullError("every INVITE that departed has left")
        self._departed -= 1
        self._sent.append(at)

    def release(self, *, sent: bool = True) -> None:
        """The call has ended: its channel is back. Raises TrunkFullError.

        Its token comes back by itself; where `sent` was never told, now.
        """
        if (self._in_use == self._seized + self._departed) if sent else self._departed == 0:
            raise TrunkFullError("no such call of this trunk is live")
        self._departed -= not sent
        self._in_use -= 1

    def next_free(self, now: float) -> float | None:
        """The earliest instant, `now` or later, for one more seizure, if nothing else happens.

        None while the trunk is not usable, all channels are in use, or every token waits for its
        INVITE.
        """
        if not self.usable or self.free == 0:
            return None
        token_at = self._token_at(self._tokens - self._seized - self._departed)
        return None if token_at is None else max(now, token_at - AHEAD, self._rests_until)

    def next_departure(self, now: float) -> float | None:
        """The earliest instant, `now` or later, for an INVITE, if nothing else happens.

        None while every token waits for its INVITE to leave.
        """
        token_at = self._token_at(self._tokens - self._departed)
        return None if token_at is None else max(now, token_at)

    def rest(self, now: float, until: float) -> None:
        """Let no call leave before `until`, as a 503's Retry-After asks (RFC 3261 21.5.4)."""
        self._rests_since, self._rests_until = now, max(self._rests_until, until)

    def rests_until(self, now: float) -> float | None:
        """When the rest that it was asked for is over; None where it does not rest."""
        return self._rests_until if now < self._rests_until else None

    def well(self, asked_at: float, now: float) -> bool:
        """An OPTIONS sent at `asked_at` was answered well; whether that has ended a rest.

        A FreeSWITCH that starts asks for five minutes, and is well after five seconds. One that
        asks for a rest again within RELAPSE means it: that rest is kept whole.
        """
        again = self._rests_since < self._woken_at + RELAPSE
        if again or not self._rests_since <= asked_at or now >= self._rests_until:
            return False
        self._rests_until = self._woken_at = now
        return True

    def _token_at(self, tokens: int) -> float | None:
        """When one of so many tokens that the last INVITEs have left is back; None if of none."""
        if tokens <= 0:
            return None
        return self._sent[-tokens] + self._period if len(self._sent) >= tokens else -math.inf
