"""The part of `MemoryStore` that keeps second legs and calls that came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dialer.core.values.inbound_records import (
    InboundEnd,
    InboundEnding,
    InboundOrder,
    InboundRow,
    LastCall,
)
from dialer.core.values.legs import DecideLeg, LegEnd, LegOrder, LegRow
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, AttemptOrder, History
from dialer.core.values.suppression import SuppressionKind
from dialer.core.values.targets import Target, written
from dialer.core.values.verdict import Allow, Verdict
from dialer.errors import StoreError
from dialer.testing.suppressions import MemorySuppressions


@dataclass(slots=True)
class _Leg:
    order: LegOrder
    end: LegEnd | None = None


@dataclass(slots=True)
class _Visit:
    order: InboundOrder
    about: LastCall | None
    end: InboundEnd | None = None


class Visits:
    """Second legs and calls that came in; `last_call_to` finds our last call to a number."""

    def __init__(
        self,
        last_call_to: Callable[[E164], LastCall | None],
        history: Callable[[AttemptOrder], History],
    ) -> None:
        self._last_call_to = last_call_to
        self._history = history
        self._is_open = False
        self._legs: dict[str, _Leg] = {}
        self._visits: dict[str, _Visit] = {}
        self.book = MemorySuppressions()

    async def authorise_leg(self, order: LegOrder, decide: DecideLeg) -> Verdict:
        self._must_be_open()
        verdict = decide(order, self._history_of(order))
        if isinstance(verdict, Allow):
            self._legs[order.attempt] = _Leg(order)
        return verdict

    def _history_of(self, order: LegOrder) -> History:
        if not isinstance(order.target, E164):
            return History()
        found, since = self._history(order.as_attempt()), order.at - timedelta(hours=24)
        tried = [at for call, at in self.handed_over(order.target) if call == order.call]
        attempts = sorted([*found.attempts, *(at for at in tried if at > since)])
        return replace(found, attempts=tuple(attempts))

    def handed_over(self, target: Target) -> Iterator[tuple[str, datetime]]:
        """The calls in which `target` was called as a second leg, and when."""
        for leg in self._legs.values():
            if leg.order.target == target:
                yield leg.order.call, leg.order.at

    async def end_leg(self, end: LegEnd) -> None:
        self._must_be_open()
        leg = self._legs.get(end.last.attempt)
        if leg is None or leg.end is not None:
            raise StoreError(f"leg {end.last.attempt} is not live: a leg has one end")
        leg.end = end

    async def arrive(self, order: InboundOrder) -> LastCall | None:
        self._must_be_open()
        about = None if order.caller is None else self._last_call_to(order.caller)
        self._visits[order.call] = _Visit(order, about)
        return about

    async def suppress(self, call: str, at: datetime) -> None:
        self._must_be_open()
        visit = self._visits.get(call)
        if visit is None or visit.order.caller is None:
            raise StoreError(f"call {call} came from nobody whose number is known")
        self.book.enter(
            visit.order.caller,
            SuppressionKind.ASKED,
            at,
            visit.order.node,
            unproven=not visit.order.attested,
        )

    async def end_inbound(self, end: InboundEnd) -> None:
        self._must_be_open()
        visit = self._visits.get(end.call)
        if visit is None or visit.end is not None:
            raise StoreError(f"incoming call {end.call} is not live: a call has one end")
        visit.end = end

    async def legs(self, call: str | None = None) -> Sequence[LegRow]:
        self._must_be_open()
        return [_row(leg) for leg in self._legs.values() if call in {None, leg.order.call}]

    async def inbound_calls(
        self, limit: int | None = None, *, call: str | None = None
    ) -> Sequence[InboundRow]:
        self._must_be_open()
        named = (visit for visit in self._visits.values() if call in {None, visit.order.call})
        visits = sorted(named, key=lambda visit: visit.order.at)
        return [_visit_row(visit) for visit in visits[::-1][:limit]]

    # ----------------------------------------------------------------- for the other fakes

    def visited(self) -> dict[str, datetime]:
        """When each call came in."""
        return {name: visit.order.at for name, visit in self._visits.items()}

    def forget_visits(self, calls: Sequence[str]) -> int:
        """Take calls that came in away; how many there were."""
        return sum(self._visits.pop(call, None) is not None for call in calls)

    def forget_legs(self, calls: Sequence[str]) -> int:
        """Take the second legs of calls away, and what visits said of these; how many legs."""
        for visit in self._visits.values():
            if visit.about is not None and visit.about.call in calls:
                visit.about = None
        gone = [name for name, leg in self._legs.items() if leg.order.call in calls]
        for name in gone:
            del self._legs[name]
        return len(gone)

    def _cut_short(self, node: str, at: datetime) -> None:
        """What `recover` does to legs and visits."""
        for leg in self._legs.values():
            if leg.order.node == node and leg.end is None:
                outcome = Outcome.of(Reason.CUT_SHORT)
                leg.end = LegEnd(AttemptEnd(leg.order.attempt, leg.order.call, outcome, at))
        for visit in self._visits.values():
            if visit.order.node == node and visit.end is None:
                visit.end = InboundEnd(visit.order.call, InboundEnding.CUT_SHORT, at)

    def _must_be_open(self) -> None:
        if not self._is_open:
            raise StoreError("the store is not open")


def _row(leg: _Leg) -> LegRow:
    order, end = leg.order, leg.end
    return LegRow(
        attempt=order.attempt,
        call=order.call,
        trunk=order.trunk,
        caller_id=order.caller_id,
        target=written(order.target),
        kind=order.kind,
        committed_at=order.at,
        joined_at=None if end is None else end.joined_at,
        ended_at=None if end is None else end.last.ended_at,
        sip_call_id=None if end is None else end.last.sip_call_id,
        outcome=None if end is None else end.last.outcome,
    )


def _visit_row(visit: _Visit) -> InboundRow:
    order, end, about = visit.order, visit.end, visit.about
    return InboundRow(
        call=order.call,
        trunk=order.trunk,
        caller=order.caller,
        called=order.called,
        about=None if about is None else about.call,
        campaign=None if about is None else about.campaign,
        arrived_at=order.at,
        answered_at=None if end is None else end.answered_at,
        ended_at=None if end is None else end.ended_at,
        ending=None if end is None else end.ending,
        keys="" if end is None else end.keys,
        attested=order.attested,
    )
