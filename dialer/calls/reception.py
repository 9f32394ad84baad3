"""Answers the calls that come in: on record, channel taken, prompts made, seen to their end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dialer.calls.inbound import House, inbound_leg
from dialer.calls.leg import Say
from dialer.calls.switchboard import Party, Switchboard
from dialer.calls.transfer import HandOverSide
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.callback import CallbackDialog
from dialer.core.dialog.script import Transfer
from dialer.core.trunks.trunk import TrunkLoad
from dialer.core.values.events import Arrived, KeysUnheard
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder, LastCall
from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason
from dialer.core.values.targets import Target
from dialer.errors import DialerError
from dialer.ports.desks import Complain

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What calls that come in are answered with.

    `listen` is the seconds for which a key is waited for after each telling of them. `prepare`
    makes the prompts for a campaign's purpose, None for whom we never called; `forward`
    is whom a caller reaches who asks for a person, `number` what that person is shown where the
    number that was called cannot be.
    """

    switchboard: Switchboard
    limits: CallLimits
    listen: float
    prepare: Callable[[str | None], Awaitable[Say]]
    number: E164
    forward: Target | None = None
    complain: Complain | None = None
    """Takes down what a caller complains of in words."""


class Reception:
    """All calls that come in to this node; `take_calls` begins."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._service = desk.switchboard.service
        self._parts = self._service.parts
        self._loads: dict[str, TrunkLoad] = {t.name: t.load for t in self._service.pool.trunks}
        self._live = 0

    def take_calls(self) -> None:
        """Answer from now on."""
        self._service.when_somebody_calls(self._arrived)

    def _arrived(self, name: str, at: float, arrived: Arrived) -> None:
        _Visit(self, name, at, arrived)

    # For the visits.

    @property
    def desk(self) -> Desk:
        return self._desk

    def came(self, trunk: str) -> bool:
        """Take a channel of the trunk; whether there was one."""
        self._live += 1
        self._parts.metrics.bridging.live(self._live)
        load = self._loads.get(trunk)
        return load is not None and load.admit()

    def left(self, trunk: str, *, had_channel: bool) -> None:
        """A call is over."""
        self._live -= 1
        self._parts.metrics.bridging.live(self._live)
        if had_channel:
            self._loads[trunk].dismiss()
            self._service.pool.changed()


class _Visit:
    """One call that came in, and the work around it."""

    def __init__(self, reception: Reception, name: str, at: float, arrived: Arrived) -> None:
        self._reception = reception
        self._desk = reception.desk
        self._service = reception.desk.switchboard.service
        self._parts = self._service.parts
        self._name = name
        self._arrived = arrived
        self._about: LastCall | None = None
        self._suppressing: asyncio.Task[bool] | None = None
        self._has_channel = reception.came(arrived.trunk)
        self._dialog = CallbackDialog(self._desk.forward, self._desk.listen)
        order = InboundOrder(
            call=name,
            node=self._parts.node,
            trunk=arrived.trunk,
            caller=arrived.caller,
            called=arrived.called,
            sip_call_id=arrived.sip_call_id,
            at=self._wall(at),
            attested=arrived.attested,
        )
        house = House(
            line=self._parts.line,
            suppress=self._suppress,
            fetch=self._fetch,
            answered=self._answered,
            keys_unheard=self._keys_unheard,
            wall=self._wall,
            complained=self._complained,
        )
        self._leg = inbound_leg(order, arrived, self._dialog, self._desk.limits, house)
        # The record comes first of all, though the call may be over before it is on disk.
        self._on_record = self._service.see_through(self._record_arrival(order))
        self._service.attend(name, self._leg, self._over)

    def _wall(self, at: float) -> datetime:
        return self._service.wall(at)

    async def _record_arrival(self, order: InboundOrder) -> bool:
        """Record the call and have it answered; whether it is on record."""
        say: Say | None = None
        recorded = False
        try:
            self._about = await self._parts.store.arrive(order)
            recorded = True
            if self._has_channel:
                purpose = None if self._about is None else self._about.purpose
                say = await self._desk.prepare(purpose)
        except DialerError as failure:
            _log.error("incoming call %s: not answered: %s", self._name, failure)
        self._dialog.known = self._about is not None
        self._dialog.attested = self._arrived.attested
        self._dialog.has_number = self._arrived.caller is not None
        self._parts.teller.bridging.inbound_arrived(
            order.at, self._name, trunk=order.trunk, about=self._about
        )
        leg, made = self._leg, say
        self._service.act(
            self._name,
            lambda now: leg.end(Reason.CANCELLED, now) if made is None else leg.answer(made, now),
        )
        return recorded

    def _answered(self) -> None:
        self._parts.metrics.bridging.answered(known=self._about is not None)
        self._parts.teller.bridging.inbound_answered(
            self._parts.clock.utc(), self._name, trunk=self._arrived.trunk, about=self._about
        )

    def _keys_unheard(self, event: KeysUnheard) -> None:
        self._parts.metrics.digits_unheard(self._arrived.trunk)
        _log.warning(
            "incoming call %s: its caller's keys may not be heard: no telephone-event was agreed "
            "on, and %s may lose tones; list who asks otherwise by: dialer suppress add",
            self._name,
            event.codec,
        )

    def _suppress(self, at: datetime) -> None:
        if self._suppressing is None or (
            self._suppressing.done() and not self._suppressing.result()
        ):
            self._suppressing = self._service.see_through(self._write_suppression(at))

    async def _write_suppression(self, at: datetime) -> bool:
        try:
            await self._parts.store.suppress(self._name, at)
        except DialerError as failure:
            _log.error("incoming call %s: a suppression was not written: %s", self._name, failure)
            kept = False
        else:
            kept = True
        self._service.act(self._name, lambda now: self._leg.refusal_kept(now, kept=kept))
        return kept

    def _complained(self, at: datetime) -> None:
        caller = self._arrived.caller
        if self._desk.complain is not None and caller is not None:
            self._service.see_through(self._write_complaint(self._desk.complain, caller, at))

    async def _write_complaint(self, complain: Complain, caller: E164, at: datetime) -> None:
        if await self._on_record:
            try:
                await complain(caller, self._name, at)
            except DialerError as failure:
                _log.error("incoming call %s: a complaint was not kept: %s", self._name, failure)

    def _fetch(self, transfer: Transfer) -> HandOverSide:
        leg = self._leg
        party = Party(
            name=self._name,
            call=self._name,
            trunk="",
            shows=(self._arrived.called, self._desk.number),
            failed=leg.transfer_failed,
            ended=lambda now: leg.end(Reason.COMPLETED, now),
        )
        return self._desk.switchboard.hand_over(party, transfer)

    async def _over(self, end: InboundEnd) -> None:
        self._reception.left(self._arrived.trunk, had_channel=self._has_channel)
        if self._suppressing is not None and await self._suppressing:
            end = replace(end, ending=InboundEnding.SUPPRESSED)
        if not await self._on_record:
            return
        try:
            await self._parts.store.end_inbound(end)
        except DialerError as failure:
            _log.error("incoming call %s: no record was written: %s", self._name, failure)
            return
        self._parts.metrics.bridging.ended(end.ending)
        self._parts.teller.bridging.inbound_ended(
            self._name, end, trunk=self._arrived.trunk, about=self._about
        )
