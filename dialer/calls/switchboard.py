"""Hands calls over to the operator's own people: by a second leg joined here, or by REFER.

Every second leg goes the way of every INVITE: a trunk with room that may show our number, the
gate, the commit, the trunk's door. What the two legs mean for one another is `core.calls.bridge`'s
to say.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from audio.events import BargeInPolicy
from audio.tones import ringing
from dialer.calls.live import LiveCalls
from dialer.calls.second_leg import LegOutside, SecondLeg, second_leg
from dialer.calls.transfer import HandOverSide
from dialer.core.calls.bridge import Do, Handover, HandoverStage, HandoverStep
from dialer.core.calls.call import CallLimits
from dialer.core.calls.signalling import from_sip
from dialer.core.dialog.script import Transfer
from dialer.core.dialog.script_run import RINGING_SECONDS, TRANSFER_AT_MOST
from dialer.core.values.events import ReferAnswered
from dialer.core.values.legs import DecideLeg, LegEnd, LegKind, LegOrder
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd
from dialer.core.values.targets import Extension, Target
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import DialerError
from dialer.metrics.bridging import Result
from dialer.ports.line import Playlist, PlaylistItem
from dialer.trunks.pool import Seizure

_log = logging.getLogger(__name__)

RINGING_ID: Final = 1_000_000
"""A `play_id` that no script comes to."""
ROOM_WITHIN: Final = 2.0
"""Seconds that a callee may wait for room on the trunk to the operator."""


@dataclass(frozen=True, slots=True)
class Party:
    """A live call that may be handed over.

    `name` is its name on the line, `trunk` the one that it may be referred over, empty for none;
    `shows` are the numbers of ours that the second leg may show, the wanted one first. `failed`
    tells it that it was not handed over, `ended` that the other side has left it; both take the
    monotonic time, within `LiveCalls.act`.
    """

    name: str
    call: str
    trunk: str
    shows: Sequence[E164]
    failed: Callable[[float], object]
    ended: Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Rules:
    """How second legs are placed.

    `places` finds a trunk by what may stand behind the `@` of a target; `by_refer` are the trunks
    whose calls are handed over by REFER whatever the script says; `limits` are a second leg's.
    """

    decide: DecideLeg
    limits: CallLimits
    places: Mapping[str, str]
    by_refer: frozenset[str] = frozenset()
    may_refer_to: tuple[Target, ...] = ()
    """Whom a person may ask us, by REFER, to hand a callee on to."""
    rate: int = 8000
    """Of the ringing tone that a callee hears who waits for the next person, in Hz."""


class Switchboard:
    """All handings over of this node."""

    def __init__(self, service: LiveCalls, rules: Rules) -> None:
        self.service = service
        self.rules = rules

    def hand_over(self, party: Party, transfer: Transfer) -> HandOverSide:
        """Begin. Whatever comes of it is told to the party."""
        target = self.resolved(transfer.target)
        if transfer.refer or party.trunk in self.rules.by_refer:
            return _Referral(self, party, target)
        return _Bridging(self, party, target)

    def order(
        self, party: Party, trunk: str, caller_id: E164, target: Target, kind: LegKind
    ) -> LegOrder:
        parts = self.service.parts
        return LegOrder(
            attempt=uuid.uuid4().hex,
            call=party.call,
            node=parts.node,
            trunk=trunk,
            caller_id=caller_id,
            target=target,
            kind=kind,
            at=parts.clock.utc(),
        )

    async def committed(self, order: LegOrder) -> bool:
        """Ask the gate and commit; whether the leg may be placed."""
        parts = self.service.parts
        try:
            verdict: Verdict = await parts.store.authorise_leg(order, self.rules.decide)
        except DialerError as failure:
            _log.error("call %s: not handed over: %s", order.call, failure)
            return False
        if isinstance(verdict, Deny):
            _log.error("call %s: not handed over: %s", order.call, verdict.why)
            parts.metrics.refused(verdict.rule)
        else:
            parts.teller.bridging.transfer_began(order)
        return isinstance(verdict, Allow)

    async def record(self, order: LegOrder, end: LegEnd) -> None:
        """Write a leg's end; only what is on disk is told."""
        parts = self.service.parts
        try:
            await parts.store.end_leg(end)
        except DialerError as failure:
            _log.error("leg %s: no record was written: %s", order.attempt, failure)
            return
        parts.teller.bridging.transfer_ended(order, end)
        off = end.last.outcome.reason is Reason.CANCELLED
        result: Result = "joined" if end.joined_at else "called_off" if off else "failed"
        parts.metrics.bridging.handed_over(order.kind, result)

    async def room(self, party: Party, target: Target) -> Seizure | None:
        """A trunk for the leg, seized; None where none has room."""
        pool = self.service.pool
        seizure = await pool.seize_within(
            ROOM_WITHIN, lambda: [pool.to_person(target, number) for number in party.shows]
        )
        if seizure is None:
            _log.warning("call %s: not handed over: no room on any trunk", party.call)
        return seizure

    def resolved(self, target: Target) -> Target:
        """An extension at its trunk's own name."""
        if isinstance(target, Extension):
            return replace(target, at=self.rules.places.get(target.at, target.at))
        return target


def ringing_for(rate: int) -> Playlist:
    """The ringing tone, for as long as a person may be waited for."""
    times = math.ceil(TRANSFER_AT_MOST / RINGING_SECONDS)
    return Playlist(RINGING_ID, (PlaylistItem(ringing(rate), BargeInPolicy.PROTECTED),) * times)


class _Bridging:
    """A call, the second leg that is to be joined with it, and the one that may come after that."""

    def __init__(self, board: Switchboard, party: Party, target: Target) -> None:
        self._board = board
        self._service = board.service
        self._line = board.service.parts.line
        self._party = party
        self._handover = Handover()
        self._leg: SecondLeg | None = None
        self._next: SecondLeg | None = None
        self._service.see_through(self._place(target, HandoverStep.COMMITTED, HandoverStep.REFUSED))

    def call_off(self) -> None:
        self._take(HandoverStep.CALLEE_GONE)

    def refer_answered(self, event: ReferAnswered) -> None:
        """No REFER was sent."""

    async def _place(
        self, target: Target, committed: HandoverStep | None, refused: HandoverStep
    ) -> None:
        """Place a leg: the first, which the machine hears of when it is committed, or the next."""
        seizure = await self._board.room(self._party, target)
        if seizure is None or not await self._placed(seizure, target, committed):
            self._take(refused)

    async def _placed(
        self, seizure: Seizure, target: Target, committed: HandoverStep | None
    ) -> bool:
        """Commit a leg and send its INVITE, where it is still wanted then; False: it may not be."""
        board, shows = self._board, seizure.caller_id
        order = board.order(self._party, seizure.trunk.name, shows, target, LegKind.BRIDGE)
        with seizure:
            if not await board.committed(order):
                return False
            await seizure.depart()
            first = committed is not None
            wanted = (
                self._handover.take(committed) is Do.DIAL
                if committed is not None
                else self._handover.stage in {HandoverStage.MOVING, HandoverStage.WAITING}
            )
            if wanted:
                self._dial(order, seizure, first=first)
                return True
        now = self._service.parts.clock.utc()
        gone = AttemptEnd(order.attempt, order.call, Outcome.of(Reason.CANCELLED), now)
        await board.record(order, LegEnd(gone))
        return True

    def _dial(self, order: LegOrder, seizure: Seizure, *, first: bool) -> None:
        outside = LegOutside(
            line=self._line,
            sent=seizure.sent,
            answered=lambda: self._take(
                HandoverStep.ANSWERED if leg is self._leg else HandoverStep.NEXT_ANSWERED
            ),
            asked=self._asked,
            wall=self._service.wall,
        )
        rules = self._board.rules
        leg = second_leg(order, rules.limits, outside, rules.may_refer_to)
        if first:
            self._leg = leg
        else:
            self._next = leg

        async def over(end: LegEnd) -> None:
            seizure.give_back()
            if leg is self._leg:
                self._take(HandoverStep.LEG_ENDED)
            elif leg is self._next:
                self._take(HandoverStep.NEXT_FAILED)
            await self._board.record(order, end)

        seizure.keep()
        self._service.attend(order.attempt, leg, over)

    def _asked(self, target: Target) -> None:
        do = self._handover.take(HandoverStep.REFERRED)
        if do is Do.PLACE_NEXT and self._leg is not None:
            self._line.tell_referrer(self._leg.order.attempt, 100)
            resolved = self._board.resolved(target)
            self._service.see_through(self._place(resolved, None, HandoverStep.NEXT_FAILED))

    def _take(self, step: HandoverStep) -> None:
        do = self._handover.take(step)
        if do in {Do.SWAP, Do.JOIN_NEXT, Do.TELL_REFERRER, Do.LET_RING, Do.END_NEXT, Do.END_BOTH}:
            self._move(do)
            return
        match do:
            case Do.JOIN if self._leg is not None:
                self._join(self._leg)
            case Do.END_LEG:
                self._end(self._leg)
            case Do.TELL_FAILURE:
                self._service.act(self._party.name, self._party.failed)
            case Do.END_CALLEE:
                self._service.act(self._party.name, self._party.ended)
            case _:
                pass

    def _move(self, do: Do) -> None:
        """What belongs to a callee who is handed on."""
        before, after = self._leg, self._next
        match do:
            case Do.TELL_REFERRER if before is not None:
                self._next = None
                self._line.tell_referrer(before.order.attempt, 503)
            case Do.LET_RING:
                self._line.play(self._party.name, ringing_for(self._board.rules.rate))
            case Do.SWAP | Do.JOIN_NEXT if after is not None:
                self._leg, self._next = after, None
                if do is Do.SWAP and before is not None:
                    self._line.part(self._party.name)
                    self._line.tell_referrer(before.order.attempt, 200)
                    self._end(before)
                self._join(after)
            case Do.END_NEXT | Do.END_BOTH:
                if do is Do.END_BOTH:
                    self._end(before)
                self._end(after)
            case _:
                pass

    def _join(self, leg: SecondLeg) -> None:
        parts = self._service.parts
        self._line.join(self._party.name, leg.order.attempt)
        parts.teller.bridging.transfer_joined(parts.clock.utc(), leg.order)

    def _end(self, leg: SecondLeg | None) -> None:
        if leg is not None:
            reason = Reason.COMPLETED if leg.was_joined else Reason.CANCELLED
            self._service.act(leg.order.attempt, lambda now: leg.end(reason, now))


class _Referral:
    """A call whose far side was asked to call the target itself (RFC 3515)."""

    def __init__(self, board: Switchboard, party: Party, target: Target) -> None:
        self._board = board
        self._service = board.service
        self._party = party
        self._target = target
        self._order: LegOrder | None = None
        self._is_wanted = True
        self._service.see_through(self._place())

    def call_off(self) -> None:
        self._is_wanted = False
        self._close(Outcome.of(Reason.CANCELLED))

    def refer_answered(self, event: ReferAnswered) -> None:
        if not self._is_wanted or (event.code < 200 and not event.over):
            return
        self._is_wanted = False
        done = 200 <= event.code < 300
        self._close(
            Outcome.of(Reason.COMPLETED) if done else from_sip(max(event.code, 300)), joined=done
        )
        party = self._party
        self._service.act(party.name, party.ended if done else party.failed)

    async def _place(self) -> None:
        party = self._party
        order = self._board.order(party, party.trunk, party.shows[0], self._target, LegKind.REFER)
        if not await self._board.committed(order):
            if self._is_wanted:
                self._is_wanted = False
                self._service.act(party.name, party.failed)
            return
        self._order = order
        if self._is_wanted:
            self._service.parts.line.refer(party.name, self._target)
        else:
            self._close(Outcome.of(Reason.CANCELLED))

    def _close(self, outcome: Outcome, *, joined: bool = False) -> None:
        order, self._order = self._order, None
        if order is None:
            return
        now = self._service.parts.clock.utc()
        end = AttemptEnd(order.attempt, order.call, outcome, now)
        self._service.see_through(self._board.record(order, LegEnd(end, now if joined else None)))
