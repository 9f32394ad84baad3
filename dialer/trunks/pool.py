"""The trunks of this node, shared by all that dials: which carry a call, and who has seized one.

The order in which a trunk's load and its connect rate are told of an attempt is kept here alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Self

from dialer.core.trunks.routing import Candidate, Trunk, candidates, carrying, showing, with_room
from dialer.core.trunks.trunk import TrunkLoad
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, AttemptOrder
from dialer.core.values.targets import Extension, Target
from dialer.ports.clock import Clock
from dialer.trunks.connect_rates import ConnectRates
from dialer.trunks.departures import Departures

_log = logging.getLogger(__name__)


class SeizureError(Exception):
    """A step of a seizure out of its order; nothing has changed."""


class Step(Enum):
    """How far a seizure has come."""

    SEIZED = "seized"
    DEPARTING = "departing"
    """It waits until its INVITE may leave."""
    DEPARTED = "departed"
    """Its INVITE may leave now."""
    SENT = "sent"
    ANSWERED = "answered"
    ENDED = "ended"
    """The attempt is over; its INVITE may live on, and have its channel so long."""
    GIVEN_BACK = "given back"


_ALIVE: Final = frozenset(Step) - {Step.GIVEN_BACK}
_NOT_SENT: Final = frozenset({Step.SEIZED, Step.DEPARTING, Step.DEPARTED})
_UNDER_WAY: Final = frozenset({Step.SENT, Step.ANSWERED})


class Seizure:
    """One channel of a trunk, and leave for one INVITE.

    `depart`, `sent`, `answered` and `ended` come in this order, as far as the attempt comes;
    `give_back` comes once, from any of them. What is out of order raises SeizureError. A `with`
    block gives it back at its end, unless `keep` was called in it.
    """

    def __init__(self, pool: TrunkPool, candidate: Candidate, caller_id: E164) -> None:
        self.trunk: Final = candidate.trunk
        self.why: Final = candidate.why
        self.caller_id: Final = caller_id
        """The number that the attempt shows."""
        self._pool = pool
        self._candidate = candidate
        self._counts: AttemptOrder | None = None
        self._step = Step.SEIZED
        self._is_kept = False

    @property
    def step(self) -> Step:
        return self._step

    async def depart(self, counts: AttemptOrder | None = None) -> None:
        """Wait until its INVITE may leave; then it is handed to the line at once.

        `counts` is the attempt by which the trunk's connect rate is judged. A leg to the operator's
        own people is none: they answer nearly always, and their answers would hide a carrier that
        loses calls to callees.
        """
        self._go(Step.DEPARTING, (Step.SEIZED,))
        try:
            if not await self._pool.departures.depart(
                self.trunk, lambda: self._step is Step.DEPARTING
            ):
                raise SeizureError("it was given back before its INVITE could leave")
            self._counts = counts
            self._step = Step.DEPARTED
        finally:
            if self._step is Step.DEPARTING:
                self._step = Step.SEIZED

    def sent(self, at: float) -> None:
        """Its INVITE has left, at this monotonic instant."""
        self._go(Step.SENT, (Step.DEPARTED,))
        self.trunk.load.sent(at)
        if self._counts is not None:
            self._pool.rates.placed(self._counts, self._candidate, at)
        self._pool.changed()

    def answered(self, post_dial_delay: float | None, at: float) -> None:
        """Its 200 has come."""
        self._go(Step.ANSWERED, (Step.SENT,))
        if self._counts is not None:
            self._pool.rates.answered(self._counts, post_dial_delay, at)

    def ended(self, end: AttemptEnd) -> None:
        """The attempt that was sent is over. Its channel is given back by `give_back`."""
        self._go(Step.ENDED, _UNDER_WAY)
        if self._counts is not None:
            self._pool.rates.ended(self._counts, end)

    def give_back(self) -> None:
        """Its channel is free, and its leave to send, where no INVITE left, is another's."""
        before = self._step
        self._go(Step.GIVEN_BACK, _ALIVE)
        if before in {Step.SEIZED, Step.DEPARTING}:
            self.trunk.load.withdraw()
        else:
            self.trunk.load.release(sent=before not in _NOT_SENT)
        if before in _NOT_SENT:
            self._pool.rates.withdrawn(self._candidate)
        elif before in _UNDER_WAY and self._counts is not None:
            # Nobody has said how it ended, so it says nothing of the trunk.
            ours, now = Outcome.of(Reason.CANCELLED), self._pool.clock.utc()
            end = AttemptEnd(self._counts.attempt, self._counts.call, ours, now)
            self._pool.rates.ended(self._counts, end)
        self._pool.changed()

    def keep(self) -> None:
        """A live call has it now, and gives it back: neither the `with` block nor `close` does."""
        self._go(self._step, _ALIVE)
        self._is_kept = True

    def close(self) -> None:
        """Give it back, unless that was done or a live call will do it."""
        if self._step is not Step.GIVEN_BACK and not self._is_kept:
            self.give_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def _go(self, to: Step, allowed: Collection[Step]) -> None:
        if self._step not in allowed:
            raise SeizureError(f"a seizure that is {self._step.value} cannot be {to.value}")
        self._step = to


@dataclass(frozen=True, slots=True)
class Offer:
    """The trunks that carry one call at one instant: to be used before anything else happens."""

    pool: TrunkPool
    caller_id: E164
    at: float
    carrying: Sequence[Candidate]
    """Those that are up and do not give way, full or not, best first."""
    possible: Sequence[Trunk]
    """All that might carry it at another time."""

    @property
    def loads(self) -> list[TrunkLoad]:
        """Whose room is waited for. Where none carries, those that rest say when they will."""
        return [each.trunk.load for each in self.carrying] or [each.load for each in self.possible]

    def next_free(self) -> float | None:
        """The earliest instant of room, if nothing else happens; None: something must."""
        free = (load.next_free(self.at) for load in self.loads)
        return min((at for at in free if at is not None), default=None)

    def seize(self) -> Seizure | None:
        """The best trunk that has room; None where none has."""
        best = with_room(self.carrying, self.at)
        return None if best is None else self.pool.seize(best, self.caller_id, self.at)


class TrunkPool:
    """One for all that dials on this node."""

    def __init__(self, trunks: Sequence[Trunk], rates: ConnectRates, clock: Clock) -> None:
        self.trunks: Final = tuple(trunks)
        self.rates: Final = rates
        self.clock: Final = clock
        self.departures: Final = Departures(clock)
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    def for_callees(self, caller_id: E164, tried: Collection[str] = ()) -> list[Trunk]:
        """The trunks not `tried` over which callees are shown this number, up or not."""
        return [
            trunk
            for trunk in self.trunks
            if caller_id in trunk.numbers and not trunk.own and trunk.name not in tried
        ]

    def to_callee(self, callee: E164, caller_id: E164, tried: Collection[str] = ()) -> Offer:
        """What carries a call to a callee now, by trunks not `tried` for it; connect rates rank."""
        now, possible = self.clock.monotonic(), self.for_callees(caller_id, tried)
        found = self._up(possible, caller_id, now)
        ranking = self.rates.rank([each.trunk.name for each in found], callee)
        return Offer(self, caller_id, now, carrying(found, ranking), possible)

    def to_person(self, target: Target, caller_id: E164) -> Offer:
        """What carries a leg to one of the operator's own people now; see `Seizure.depart`."""
        now = self.clock.monotonic()
        possible = (
            [trunk for trunk in self.trunks if trunk.name == target.at and trunk.own]
            if isinstance(target, Extension)
            else self.for_callees(caller_id)
        )
        return Offer(self, caller_id, now, self._up(possible, caller_id, now), possible)

    async def seize_within(
        self, seconds: float, offers: Callable[[], Sequence[Offer]]
    ) -> Seizure | None:
        """The first of the offers that has room, as soon as one has; None where none has in time.

        `offers` is asked again and again; where it makes none, nobody waits any longer.
        """
        give_up = self.clock.monotonic() + seconds
        while offered := offers():
            for offer in offered:
                seizure = offer.seize()
                if seizure is not None:
                    return seizure
            now = self.clock.monotonic()
            if now >= give_up:
                break
            free = [at for offer in offered if (at := offer.next_free()) is not None]
            with contextlib.suppress(TimeoutError):
                # At least a millisecond: an instant already past must not spin the loop.
                async with asyncio.timeout(max(0.001, min([give_up, *free]) - now)):
                    await self._changed.wait()
        return None

    def seize(self, candidate: Candidate, caller_id: E164, now: float) -> Seizure:
        """Raises TrunkFullError, changing nothing, where the trunk has no room."""
        candidate.trunk.load.seize(now)
        self.rates.chosen(candidate)
        return Seizure(self, candidate, caller_id)

    def set_usable(self, trunk: str, *, usable: bool) -> None:
        """A trunk has become usable, or is no longer; one that is not ours is nothing to us."""
        for each in self.trunks:
            if each.name == trunk and each.load.usable is not usable:
                each.load.usable = usable
                self.changed()

    def rest(self, trunk: Trunk, seconds: float) -> datetime:
        """Send no call over `trunk` for so long, as it asks; until when, as wall time."""
        now = self.clock.monotonic()
        trunk.load.rest(now, now + seconds)
        until = self.rests_until(trunk.name) or self.clock.utc()
        _log.warning(
            "trunk %s rests until %s, as its 503 asks: no call leaves by it, unless OPTIONS "
            "find it well before",
            trunk.name,
            until.isoformat(timespec="seconds"),
        )
        self.changed()
        return until

    def rests_until(self, trunk: str) -> datetime | None:
        """Until when it rests, as wall time; None where it does not."""
        now = self.clock.monotonic()
        rests = (each.load.rests_until(now) for each in self.trunks if each.name == trunk)
        left = next((until - now for until in rests if until is not None), None)
        return None if left is None else self.clock.utc() + timedelta(seconds=left)

    def well(self, trunk: str, asked_at: float) -> bool:
        """OPTIONS that were sent at `asked_at` were answered well; whether that ended a rest."""
        now = self.clock.monotonic()
        ended = [
            each for each in self.trunks if each.name == trunk and each.load.well(asked_at, now)
        ]
        if ended:
            _log.info("trunk %s rests no longer: OPTIONS found it well", trunk)
            self.changed()
        return bool(ended)

    def when_changed(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when a trunk may have room that it had not, or no longer."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Have all who wait for room look again."""
        self._changed.set()
        self._changed.clear()
        for listener in self._listeners:
            listener()

    def _up(self, trunks: Sequence[Trunk], caller_id: E164, now: float) -> tuple[Candidate, ...]:
        able = showing(trunks, caller_id, self.clock.utc())
        lot = random.random()  # noqa: S311 -- spreads load, guards nothing
        return candidates(able, caller_id, now, lot)
