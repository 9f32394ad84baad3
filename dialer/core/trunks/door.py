"""Who may come in: calls to our numbers, by our trunks, and no more of them than can be answered.

Asked for each INVITE that opens a call, before anything is spent on it. The rules, in their order:

1. A source that is a trunk no more (its name leads elsewhere now) is turned away with 403 (RFC 3261
   21.4.4). Strangers do not come as far as here: `dialer.sip.admission` drops what they send.
2. A number that is not verified for the trunk it came by: 404.
3. A node that is closing: 503 with Retry-After.
4. A caller who is on the line already, or has called `per_minute` times within a minute: 486 with
   Retry-After until that minute is over. Who shows no number cannot be told from the others who
   show none: they share half of the channels, so that they cannot keep out those who do.
5. More than `cps` calls in one second, or `channels` calls at once: 503 with Retry-After.

What was turned away by 1 to 3 counts for nobody's rate; a caller's tries count though they were
turned away by 4, so that who tries without a pause stays out.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.values.number import E164

MOST_CALLERS: Final = 10_000
"""Callers that are remembered; a flood from ever new numbers cannot grow the node's memory."""
_MINUTE: Final = 60.0


class TurnedAwayFor(Enum):
    """Why a call was turned away."""

    STRANGER = "stranger"
    NOT_OURS = "not_ours"
    CLOSING = "closing"
    CALLER = "caller"
    FLOOD = "flood"
    FULL = "full"


CODES: Final = {
    TurnedAwayFor.STRANGER: 403,
    TurnedAwayFor.NOT_OURS: 404,
    TurnedAwayFor.CLOSING: 503,
    TurnedAwayFor.CALLER: 486,
    TurnedAwayFor.FLOOD: 503,
    TurnedAwayFor.FULL: 503,
}


@dataclass(frozen=True, slots=True)
class ComeIn:
    """The call may ring."""


@dataclass(frozen=True, slots=True)
class Away:
    """It may not. `retry_after` is whole seconds, at least 1; None: it need not come again."""

    why: TurnedAwayFor
    retry_after: int | None = None

    @property
    def code(self) -> int:
        return CODES[self.why]


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """What comes in at most. Raises ValueError for less than nothing."""

    channels: int = 20
    """Calls at once, over all trunks; 0 turns everybody away."""
    cps: int = 10
    """Calls in any one second, over all trunks."""
    per_minute: int = 3
    """Calls of one caller in any minute."""

    def __post_init__(self) -> None:
        if self.channels < 0 or self.cps < 1 or self.per_minute < 1:
            raise ValueError("channels: at least 0; cps and per_minute: at least 1")


class Door:
    """The calls that are in, and those of the last minute. `now` is monotonic seconds."""

    def __init__(self, limits: DoorLimits) -> None:
        self.limits = limits
        self._inside: dict[str, tuple[str, str]] = {}
        self._callers: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._last_second: deque[float] = deque()
        self._closing = False
        self.turned_away: Counter[TurnedAwayFor] = Counter()
        """How many were, by reason."""

    def counts(self) -> dict[str, int]:
        """How many were turned away, by the word for the reason; every reason is there."""
        return {why.value: self.turned_away[why] for why in TurnedAwayFor}

    @property
    def inside(self) -> int:
        """Calls that are in."""
        return len(self._inside)

    def close(self) -> None:
        """Let nobody in any more."""
        self._closing = True

    def knock(
        self, call: str, trunk: str | None, called: E164 | None, caller: E164 | None, now: float
    ) -> ComeIn | Away:
        """May this call come in? `called` is the trunk's verified number that it is for, if any."""
        said = self._judge(trunk, called, caller, now)
        if said is None:
            self._inside[call] = (trunk or "", "" if caller is None else caller.digits)
            self._last_second.append(now)
            return ComeIn()
        self.turned_away[said.why] += 1
        return said

    def left(self, call: str) -> None:
        """A call that was let in is over; any other is ignored."""
        self._inside.pop(call, None)

    def _judge(
        self, trunk: str | None, called: E164 | None, caller: E164 | None, now: float
    ) -> Away | None:
        if trunk is None:
            return Away(TurnedAwayFor.STRANGER)
        if called is None:
            return Away(TurnedAwayFor.NOT_OURS)
        if self._closing:
            return Away(TurnedAwayFor.CLOSING, math.ceil(_MINUTE))
        if caller is None:
            nameless = sum(1 for _, name in self._inside.values() if not name)
            if nameless >= math.ceil(self.limits.channels / 2):
                return Away(TurnedAwayFor.FULL, 30)
            return self._too_many(now)
        return self._too_often((trunk, caller.digits), now) or self._too_many(now)

    def _too_often(self, who: tuple[str, str], now: float) -> Away | None:
        calls = self._callers.setdefault(who, deque(maxlen=self.limits.per_minute))
        self._callers.move_to_end(who)
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        oldest = calls[0] if len(calls) == self.limits.per_minute else -math.inf
        calls.append(now)
        if oldest > now - _MINUTE:
            return Away(TurnedAwayFor.CALLER, max(1, math.ceil(calls[0] + _MINUTE - now)))
        if who in self._inside.values():
            return Away(TurnedAwayFor.CALLER, max(1, math.ceil(_MINUTE / 2)))
        return None

    def _too_many(self, now: float) -> Away | None:
        while self._last_second and self._last_second[0] <= now - 1:
            self._last_second.popleft()
        if len(self._last_second) >= self.limits.cps:
            return Away(TurnedAwayFor.FLOOD, 2)
        if len(self._inside) >= self.limits.channels:
            return Away(TurnedAwayFor.FULL, 30)
        return None
