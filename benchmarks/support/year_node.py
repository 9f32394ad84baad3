"""A node that dials through a simulated year: the real gate, the real store, callees made up.

What it leaves out of a node is the telephone line and the waiting. Who is due is asked of the
store, each attempt is asked of the gate inside the store's transaction, at an instant that the
year's clock shows, to the microsecond; what then happens on the line is drawn by lot and told to
the store as the service tells it. Beside it stands the log of what truly happened, for the checker.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from dialer.core.gate.compliance import Gate
from dialer.core.values.inbound_records import InboundOrder
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason, is_carriers_fault
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    CallEnd,
    CampaignRecord,
    Contact,
    ContactRow,
)
from dialer.core.values.retry import wait_after
from dialer.core.values.verdict import Allow
from dialer.ports.store import Store

from .legal_facts import Answered, Breach, Dialled, Listed, Said, Unreached
from .wall_clocks import DAY, HOUR, SECOND
from .year_people import END, START, Operator, Plan

NODE: Final = "year"
LOOKAHEAD: Final = 15 * SECOND
"""What lies so close together is asked for together: nothing that comes of it comes sooner."""
_SPACING: Final = 12 * SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER: Final = HOUR // 4
_ENDS: Final = (
    # How many of a hundred, and how the call ends.
    (20, Reason.COMPLETED),
    (7, Reason.HUNG_UP),
    (4, Reason.OPTED_OUT),
    (1, Reason.UNWANTED),
    (34, Reason.NO_ANSWER),
    (14, Reason.BUSY),
    (6, Reason.UNAVAILABLE),
    (2, Reason.UNALLOCATED),
    (8, Reason.CARRIER_ERROR),
    (2, Reason.CONGESTION),
    (2, Reason.NO_REPLY),
)
_FEWEST_STRANGERS: Final = 20
_UNWILLING: Final = "7"
"""People whose numbers end so refuse whenever they are reached."""
_ANSWERED: Final = frozenset({Reason.COMPLETED, Reason.HUNG_UP, Reason.OPTED_OUT})
_SILENT: Final = frozenset({Reason.CARRIER_ERROR, Reason.CONGESTION, Reason.NO_REPLY})
"""The callee's telephone did not ring."""


@dataclass(frozen=True, slots=True)
class Look:
    """At `at` the node looks for people to call, and calls them at `instants`."""

    at: int
    instants: Sequence[int]


def looks(
    operator: Operator, number: int, also: Sequence[int], most: int, random: Random
) -> list[Look]:
    """So many over the year, with `most` calls each: by day, by night, astride borders of hours.

    And those that begin at the instants `also`.
    """
    found: list[Look] = []
    last = 0
    by_lot = (_start(operator, random) for _ in range(number))
    starts: list[tuple[int, int | None]] = [(begin, None) for begin in also]
    starts += [
        (begin, border)
        for begin, border in by_lot
        if START <= begin < END and all(abs(begin - each) >= 2 * LOOKAHEAD for each in also)
    ]
    starts.sort(key=lambda start: start[0])
    for begin, border in starts:
        if begin - last < 2 * LOOKAHEAD:
            continue
        last = begin
        gap = _SPACING // most
        instants = [begin + place * gap + random.randrange(gap) for place in range(most)]
        if border is not None:
            # The last microsecond of one side, and the first two of the other.
            for edge in (-1, 0, 1):
                instants[random.randrange(most)] = border + edge
        found.append(Look(begin, sorted(set(instants))))
    return found


def _start(operator: Operator, random: Random) -> tuple[int, int | None]:
    """When a look begins, and the border within it, where there is one."""
    day = START + random.randrange((END - START) // DAY) * DAY
    begins, ends = random.choice(operator.law.workday)
    home = -random.choice(operator.hours_ahead) * HOUR
    lot = random.random()
    if lot < 0.40:  # somewhere in the hours at home
        return day + home + random.randrange(begins, ends), None
    if lot < 0.65:
        return day + random.randrange(DAY), None
    border = day + random.choice((begins, ends))
    # Wherever one lives, one's clock is off by so many quarters of an hour.
    border += home if lot < 0.85 else random.randrange(-56, 53) * _QUARTER
    return border - random.choice((0, 0, random.randrange(_SPACING))), border


@dataclass(slots=True)
class Log:
    """What truly happened."""

    dialled: list[Dialled] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    unreached: list[Unreached] = field(default_factory=list)
    ended: dict[int, int] = field(default_factory=dict)
    """When which campaign was ended, by its number."""
    looked: dict[int, list[int]] = field(default_factory=dict)
    denied: Counter[str] = field(default_factory=Counter)
    decisions: int = 0
    killed: int = 0


@dataclass(slots=True)
class _Call:
    """One call on its way. `tried` are the trunks it was sent over, `failed` how the last did."""

    call: str
    contact: Contact
    plan: Plan
    looked: int = 0
    tried: tuple[str, ...] = ()
    failed: AttemptEnd | None = None


Happening = Callable[[int], Awaitable[None]]
_Event = tuple[int, int, Happening]


class YearNode:
    """Dials `lists`, one for each of the operator's plans, through `store`.

    `gates` are the gates in force, each from its instant on; `words` gives the version of the
    script that a node dials with, for a plan and an instant; `alone` how likely who answers then is
    left alone.
    """

    def __init__(
        self,
        store: Store,
        operator: Operator,
        gates: Sequence[tuple[int, Gate]],
        lists: Sequence[Sequence[Listed]],
        words: Callable[[Plan, int], str],
        alone: Callable[[int], float],
        random: Random,
    ) -> None:
        self._store = store
        self._gates = gates
        self._plans = operator.plans
        self._lists = lists
        self._words = words
        self._alone = alone
        self._counts_abandoned = operator.bounded
        self._random = random
        self._names = count(1)
        self._events: list[_Event] = []
        self._order = count()
        self._ids: dict[int, int] = {}
        self._live: dict[str, _Call] = {}
        self._numbers = list(dict.fromkeys(each.number for listed in lists for each in listed))
        self.log = Log()

    def at(self, at: int, what: Callable[[], Awaitable[None]]) -> None:
        """Have the operator do something at an instant of the year."""

        async def happen(_at: int) -> None:
            await what()

        self._at(at, happen)

    async def live(self, year: Sequence[Look], kill_at: Sequence[int]) -> None:
        """Go through the year; before the looks in `kill_at` the process dies and starts again."""
        self._strangers()
        for position, look in enumerate(year):
            await self._until(look.at)
            if position in kill_at:
                await self._die(look.at)
            await self._begin_campaigns(look.at)
            for campaign in sorted(self._ids.keys() - self.log.ended.keys()):
                await self._dial(campaign, look)
        await self._until(END + DAY)

    # ----------------------------------------------------------------------------- campaigns

    async def _begin_campaigns(self, now: int) -> None:
        for number, plan in enumerate(self._plans, start=1):
            if number in self._ids or now < plan.begins:
                continue
            record = CampaignRecord(plan.name, plan.purpose, E164(plan.caller_id), "list", "script")
            opened = await self._store.open_campaign(record, map(_row, self._lists[number - 1]))
            self._ids[number] = opened.id
            self.log.looked[number] = []

    async def _dial(self, number: int, look: Look) -> None:
        plan = self._plans[number - 1]
        most = len(look.instants)
        contacts = await self._store.claim(self._ids[number], most, instant(look.at))
        if len(contacts) < most:
            self.log.looked[number].append(look.at)
        given_back = [each.id for each in contacts if self._random.random() < 0.01]
        if given_back:
            await self._store.release(given_back)
        for at, contact in zip(look.instants, contacts, strict=False):
            if contact.id not in given_back:
                call = _Call(f"c{next(self._names)}", contact, plan, look.at)
                self._at(at, self._attempt(call, plan.trunks[self._random.random() < 0.3]))

    def _attempt(self, call: _Call, trunk: str) -> Happening:
        async def attempt(at: int) -> None:
            if call.tried and call.call not in self._live:
                return
            call.tried += (trunk,)
            order = AttemptOrder(
                attempt=f"a{next(self._names)}",
                call=call.call,
                contact=call.contact,
                node=NODE,
                trunk=trunk,
                caller_id=E164(call.plan.caller_id),
                why_trunk="by lot",
                at=instant(at),
                number_in_call=len(call.tried),
                purpose=call.plan.purpose,
                script_version=self._words(call.plan, at),
                counts_abandoned=self._counts_abandoned,
            )
            self.log.decisions += 1
            verdict = await self._store.authorise(order, self._gate(at).decide)
            if isinstance(verdict, Allow):
                self._ring(order, call, at)
                return
            self.log.denied[verdict.rule] += 1
            if verdict.held:
                # The campaign waits, not the contact: it keeps its turn, and nobody was idle.
                looked = self.log.looked[self._plans.index(call.plan) + 1]
                if looked and looked[-1] == call.looked:
                    looked.pop()
                await self._store.release([call.contact.id])
            if call.failed is not None:
                await self._end(call, call.failed)

        return attempt

    def _gate(self, at: int) -> Gate:
        return next(gate for begins, gate in reversed(self._gates) if begins <= at)

    # -------------------------------------------------------------------------------- callees

    def _ring(self, order: AttemptOrder, call: _Call, at: int) -> None:
        """The INVITE leaves; how it ends is drawn by lot."""
        random = self._random
        (reason,) = random.choices([each for _, each in _ENDS], [often for often, _ in _ENDS])
        listed = self._lists[self._plans.index(call.plan)][call.contact.row.row - 2]
        if reason in _ANSWERED and listed.number.endswith(_UNWILLING):
            reason = Reason.OPTED_OUT
        ends = at + 20 * SECOND + random.randrange(160 * SECOND)
        rang = reason not in _SILENT
        self.log.dialled.append(
            Dialled(
                call=call.call,
                at=at,
                contact=listed.contact,
                trunk=order.trunk,
                caller_id=order.caller_id.clear,
                rang=rang,
                words=order.script_version,
            )
        )
        self._live[call.call] = call
        if reason is Reason.OPTED_OUT:
            self._at(ends - SECOND, self._opt_out(call, listed.number))
        self._at(ends, self._over(order, call, reason, rang=rang))
        if reason in _ANSWERED and random.random() < 0.02:
            self._visit(ends + random.randrange(60 * SECOND, 20 * DAY), listed.number)

    def _opt_out(self, call: _Call, number: str) -> Happening:
        async def opt_out(at: int) -> None:
            if call.call in self._live:
                self.log.said.append(Said(at, number, Breach.REFUSED))
                await self._store.opt_out(call.call, instant(at))

        return opt_out

    def _over(self, order: AttemptOrder, call: _Call, reason: Reason, *, rang: bool) -> Happening:
        async def over(at: int) -> None:
            if call.call not in self._live:
                return  # the process died meanwhile, and its record is closed
            answered = reason in _ANSWERED
            alone = answered and self._random.random() < self._alone(at)
            if answered:
                self.log.answered.append(Answered(call.call, at, alone))
            end = AttemptEnd(
                order.attempt,
                call.call,
                Outcome.of(reason),
                instant(at),
                post_dial_delay=1.5 if rang else None,
                answered_at=instant(at - 10 * SECOND) if answered else None,
                first_packet=0.04 if answered and not alone else None,
                notice_spoken=2.5 if answered else None,
                speech=True if answered else None,
                abandoned=alone,
            )
            left = [trunk for trunk in call.plan.trunks if trunk not in call.tried]
            if reason is Reason.UNWANTED:
                self.log.said.append(Said(at, call.contact.row.number.clear, Breach.REFUSED))
            if is_carriers_fault(end.outcome) and left:
                call.failed = end
                await self._store.end_attempt(end)
                self._at(at + LOOKAHEAD, self._attempt(call, left[0]))
                return
            await self._end(call, end)

        return over

    async def _end(self, call: _Call, end: AttemptEnd) -> None:
        del self._live[call.call]
        if end.outcome.reason in _SILENT:
            listed = self._lists[self._plans.index(call.plan)][call.contact.row.row - 2]
            ended = (end.ended_at - _EPOCH) // timedelta(microseconds=1)
            self.log.unreached.append(Unreached(listed.contact, ended))
        again = None
        if is_carriers_fault(end.outcome):
            wait = wait_after(call.contact.faults + 1)
            again = None if wait is None else end.ended_at + wait
        await self._store.end_call(CallEnd(end, call.contact.id, again_at=again))

    def _strangers(self) -> None:
        """One in a hundred numbers calls on its own some day, to be left alone."""
        some = max(_FEWEST_STRANGERS, len(self._numbers) // 100)
        for number in self._random.sample(self._numbers, some):
            self._visit(self._random.randrange(START, END), number)

    def _visit(self, at: int, number: str) -> None:
        visitor = next(self._names)

        async def visit(at: int) -> None:
            call = f"v{visitor}"
            order = InboundOrder(
                call, NODE, "a", E164(number), E164(self._plans[0].caller_id), call, instant(at)
            )
            await self._store.arrive(order)
            self._at(at + LOOKAHEAD, asked)

        async def asked(at: int) -> None:
            self.log.said.append(Said(at, number, Breach.NEVER_AGAIN))
            await self._store.suppress(f"v{visitor}", instant(at))

        self._at(at, visit)

    # ---------------------------------------------------------------------------------- time

    def _at(self, at: int, event: Happening) -> None:
        heapq.heappush(self._events, (at, next(self._order), event))

    async def _until(self, now: int) -> None:
        """Let everything happen that lies before `now`, in its order."""
        while self._events and self._events[0][0] < now:
            most = min(now, self._events[0][0] + LOOKAHEAD)
            # The store does things in the order in which they are asked for.
            await asyncio.gather(*(event(at) for at, event in self._take(most)))

    def _take(self, before: int) -> Iterator[tuple[int, Happening]]:
        while self._events and self._events[0][0] < before:
            at, _, event = heapq.heappop(self._events)
            yield at, event

    async def _die(self, now: int) -> None:
        """Killed with contacts claimed and calls alive; then started again."""
        for campaign in self._ids.values():
            await self._store.claim(campaign, 5, instant(now))
        self._live.clear()
        await self._store.close()
        await self._store.open()
        await self._store.recover(NODE, instant(now))
        self.log.killed += 1


def instant(at: int) -> datetime:
    """Microseconds since 1970 as the program has it."""
    return _EPOCH + timedelta(microseconds=at)


def _row(listed: Listed) -> ContactRow:
    return ContactRow(
        row=listed.contact % 10_000_000 + 2,
        number=E164(listed.number),
        consent_purpose=listed.purpose,
        consent_source=listed.source,
        consent_at=instant(listed.given),
        consent_ref=listed.reference,
        timezone=listed.zone,
    )
