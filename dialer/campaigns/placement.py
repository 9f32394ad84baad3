"""One call over its attempts: each is judged, committed, dialled and seen through.

A carrier's fault moves the call to the next trunk at once. The callee's own answer never does, nor
does anything after an answer: nobody is rung twice because they were busy or said no. Where no
trunk is left the contact is not done with: it waits, and is called again (`core.values.retry`).

A carrier that is silent is left behind with its INVITE. If that is answered yet, the line hangs it
up, and the callee, who was reached, is called no more: an INVITE on its way is cancelled.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from audio.prompts import Prompt
from dialer.calls.live import Service
from dialer.calls.observer import Observer
from dialer.calls.orphan import LeftBehind
from dialer.calls.outbound import Outside, Session, outbound_leg
from dialer.calls.switchboard import Party
from dialer.calls.transfer import HandOverSide
from dialer.core.calls.campaign import Campaign
from dialer.core.dialog.script import Script, Transfer
from dialer.core.gate.wording_approved import WORDING_APPROVED
from dialer.core.trunks.routing import Candidate, Trunk, candidates, carrying, showing, with_room
from dialer.core.trunks.trunk_state import LONGEST_RETRY_AFTER
from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason, is_carriers_fault
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Contact
from dialer.core.values.retry import wait_after, wait_after_late_commit
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import ApprovalError, DialerError, StoreAwayError, StoreError, StoreInDoubtError
from dialer.recordings import CallRecording

_log = logging.getLogger(__name__)

KEEP_WITHIN: Final = 60.0
"""Seconds for which a refusal that the store does not take is offered to it again."""
KEEP_AGAIN: Final = 0.5
"""Seconds between two such offers."""
COMMIT_WITHIN: Final = 2.0
"""Seconds for which the gate's verdict holds: its INVITE leaves within them, or never. Hours of
calling may end meanwhile, and disk or database may take any time for the commit."""
MOVE_ON_WITHIN: Final = 2.0
"""Seconds that a call may wait for room on the next trunk before it ends with what it has."""

Say = Callable[[str], Prompt]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every call of a run is placed with.

    `fail` is told what stops the run; `changed` that room may have come free; `wait_until` waits
    for that, or for an instant; `draining` says whether no INVITE is wanted any more.
    """

    service: Service
    observer: Observer
    campaign: Campaign
    script: Script
    purpose: str
    script_version: str
    caller_id: E164
    trunks: Sequence[Trunk]
    draining: Callable[[], bool]
    fail: Callable[[DialerError], None]
    changed: Callable[[], None]
    wait_until: Callable[[float, float], Coroutine[Any, Any, None]]
    hand_over: Callable[[Party, Transfer], HandOverSide] | None = None
    """Hands a callee over to the operator's people; None where there are none."""

    def carrying(
        self, now: float, callee: E164, tried: frozenset[str] = frozenset()
    ) -> tuple[Candidate, ...]:
        """The trunks not `tried` that carry calls to `callee` now, full or not, best first."""
        lot = random.random()  # noqa: S311 -- spreads load, guards nothing
        open_ = [trunk for trunk in self.trunks if trunk.name not in tried]
        able = showing(open_, self.caller_id, self.service.parts.clock.utc())
        found = candidates(able, self.caller_id, now, lot)
        ranking = self.service.rates.rank([each.trunk.name for each in found], callee)
        return carrying(found, ranking)


class Placement:
    """One call to one contact, from its first attempt's commit to its record."""

    def __init__(self, desk: Desk, contact: Contact, say: Say) -> None:
        self._desk = desk
        self._parts = desk.service.parts
        self._contact = contact
        self._say = say
        self._call = uuid.uuid4().hex
        self._tried: frozenset[str] = frozenset()
        self._opting_out: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._reached = False
        """Whether an INVITE that was left behind has been answered."""

    async def begin(self, candidate: Candidate) -> Verdict | None:
        """The first attempt, on a trunk already seized; None where the gate was not asked."""
        verdict = await self._attempt(candidate)
        if isinstance(verdict, Deny) and not verdict.held:
            self._desk.campaign.denied(verdict, self._parts.clock.monotonic())
            self._desk.observer.refused(verdict)
            if verdict.rule == WORDING_APPROVED:
                # It would be said to everyone: nobody is put off one by one for it.
                self._desk.fail(ApprovalError(f"{verdict.why}; `dialer scripts` tells more"))
        return verdict

    async def _attempt(
        self, candidate: Candidate, before: Awaitable[None] | None = None
    ) -> Verdict | None:
        """Ask the gate, commit, and only then send the INVITE; else give the seizure back.

        `before` is awaited between the commit and the INVITE.
        """
        self._tried |= {candidate.trunk.name}
        now, began = self._parts.clock.utc(), self._parts.clock.steady()
        shift = candidate.trunk.lab_shift
        order = AttemptOrder(
            attempt=uuid.uuid4().hex,
            call=self._call,
            contact=self._contact,
            node=self._parts.node,
            trunk=candidate.trunk.name,
            caller_id=self._desk.caller_id,
            purpose=self._desk.purpose,
            why_trunk=candidate.why,
            at=now,
            number_in_call=len(self._tried),
            clock_doubt=self._desk.service.holds.clock_doubt(),
            counts_abandoned=self._parts.abandon_bound,
            lab=candidate.trunk.lab,
            lab_at=None if shift is None else now + shift,
            script_version=self._desk.script_version,
        )
        verdict = await self._authorise(order)
        if before is not None:
            await before
        if isinstance(verdict, Allow):
            await self._desk.service.departures.depart(candidate.trunk)
            self._dial(order, candidate, began)
        else:
            candidate.trunk.load.withdraw()
            self._desk.service.rates.withdrawn(candidate)
        return verdict

    async def _authorise(self, order: AttemptOrder) -> Verdict | None:
        """The gate's verdict, committed; None where none can be had, or none is wanted now."""
        if self._desk.draining():
            return None
        try:
            return await self._parts.store.authorise(order, self._parts.gate.decide)
        except StoreInDoubtError as failure:
            self._desk.service.holds.away(failure)
            return None
        except StoreAwayError as failure:
            return self._desk.service.holds.away(failure)
        except DialerError as failure:
            self._desk.fail(failure)
            return None

    def _dial(self, order: AttemptOrder, candidate: Candidate, began: float) -> None:
        """Send the INVITE, if it may still leave.

        `began` is the instant of `order.at` on the clock that nobody sets.
        """
        load = candidate.trunk.load

        rates = self._desk.service.rates

        def sent(at: float) -> None:
            load.sent(at)
            rates.placed(order, candidate, at)
            self._desk.changed()  # only now can be told when there is room again

        def answered(post_dial_delay: float | None, at: float) -> None:
            rates.answered(order, post_dial_delay, at)

        def party() -> Party:
            return Party(
                name=order.attempt,
                call=order.call,
                trunk=order.trunk,
                shows=(order.caller_id,),
                failed=session.transfer_failed,
                ended=lambda now: session.end(Reason.COMPLETED, now),
            )

        hand_over = self._desk.hand_over
        session = outbound_leg(
            order,
            self._desk.script,
            self._parts.limits,
            self._say,
            Outside(
                line=self._parts.line,
                observer=self._desk.observer,
                sent=sent,
                answered=answered,
                refused=lambda at: self._refused(order.attempt, at),
                wall=self._desk.service.wall,
                hand_over=None if hand_over is None else lambda wish: hand_over(party(), wish),
                recording=self._recording(order),
            ),
        )

        def gone() -> None:
            load.release(sent=session.was_sent)
            if not session.was_sent:
                rates.withdrawn(candidate)
            self._tell_load(candidate)
            self._desk.changed()

        def when_over(session: Session, end: CallEnd) -> Coroutine[Any, Any, None]:
            rates.ended(order, end.last)
            if session.left_behind:
                self._leave_behind(order, gone)
            else:
                gone()
            return self._over(session, end, candidate)

        self._perhaps_call_off(session, self._parts.clock.steady() - began)
        self._session = session
        if order.number_in_call == 1:
            self._desk.campaign.launched()
        self._desk.service.add(session, when_over)
        self._tell_load(candidate)

    def _perhaps_call_off(self, session: Session, took: float) -> None:
        """Whether its INVITE may still leave, `took` seconds after the gate was asked."""
        if self._reached:
            session.call_off(Reason.CANCELLED)
        elif took > COMMIT_WITHIN:
            name = session.order.attempt
            _log.error("attempt %s: not dialled, its commit took %.1f s", name, took)
            session.call_off(Reason.COMMIT_LATE)

    def _recording(self, order: AttemptOrder) -> CallRecording | None:
        if self._parts.recordings is None:
            return None
        return self._parts.recordings.of_call(
            order.call,
            order.attempt,
            self._desk.service.see_through,
            lambda end: self._desk.observer.recorded(order, end),
        )

    def _leave_behind(self, order: AttemptOrder, gone: Callable[[], None]) -> None:
        """See the INVITE through until the line has let go of it; so long it has its channel."""

        async def when_gone(_over: bool) -> None:  # noqa: FBT001 -- what LeftBehind ends in
            gone()

        self._desk.service.attend(
            order.attempt, LeftBehind(lambda at: self._answered_late(order, at)), when_gone
        )

    def _answered_late(self, order: AttemptOrder, at: float) -> None:
        """The callee has answered an INVITE that was left behind: they are called no more."""
        _log.warning(
            "attempt %s: answered after it was given up on trunk %s; hung up, and not tried again",
            order.attempt,
            order.trunk,
        )
        self._reached = True
        session, service = self._session, self._desk.service
        if (
            session is not None
            and session.order.attempt != order.attempt
            and not session.was_answered
        ):
            service.act(session.order.attempt, lambda now: session.end(Reason.CANCELLED, now))
        self._desk.observer.answered_late(order)
        self._desk.campaign.reached(self._contact.id, at)
        service.see_through(self._write_reached())

    async def _write_reached(self) -> None:
        try:
            await self._parts.store.reached(self._contact.id)
        except DialerError as failure:
            self._desk.fail(failure)

    def _refused(self, attempt: str, at: datetime) -> None:
        """The refusal is written while the goodbye is said; the call ends once it is kept."""
        writing = self._write_refusal(attempt, at)
        self._opting_out = asyncio.get_running_loop().create_task(writing)

    async def _write_refusal(self, attempt: str, at: datetime) -> None:
        """Nobody who said no may be called again: what the store does not take, it is asked again.

        From the first failure on nothing more is dialled.
        """
        give_up = self._parts.clock.monotonic() + KEEP_WITHIN
        while True:
            try:
                await self._parts.store.opt_out(self._call, at)
            except DialerError as failure:
                self._desk.fail(failure)
                if self._parts.clock.monotonic() >= give_up:
                    _log.error("call %s: the callee's refusal could not be kept", self._call)
                    return
                await asyncio.sleep(KEEP_AGAIN)
            else:
                break
        self._desk.service.act(attempt, self._keep)

    def _keep(self, now: float) -> CallEnd | None:
        return None if self._session is None else self._session.refusal_kept(now)

    async def _over(self, session: Session, end: CallEnd, candidate: Candidate) -> None:
        """An attempt has ended: move on to the next trunk, or let the call be over."""
        self._desk.changed()
        now = self._parts.clock.monotonic()
        at_fault = is_carriers_fault(end.last.outcome)
        if at_fault and session.retry_after:
            # RFC 3261 21.5.4: for so long the server asks for no further request. From a callee it
            # would say when to call again (20.33), and nothing of the trunk.
            candidate.trunk.load.rest(now + min(session.retry_after, LONGEST_RETRY_AFTER))
        if not (at_fault and not session.reached and await self._moved_on(session, end)):
            await self._record(session, end)

    async def _moved_on(self, session: Session, end: CallEnd) -> bool:
        """Whether another attempt was sent; this one is on record before."""
        candidate = await self._next_candidate()
        if candidate is None or self._reached:
            return False
        candidate.trunk.load.seize(self._parts.clock.monotonic())
        self._desk.service.rates.chosen(candidate)
        ended = asyncio.ensure_future(self._end_attempt(end.last))
        await asyncio.sleep(0)  # it is queued now, before the next attempt: one commit has both
        verdict = await self._attempt(candidate, ended)
        if isinstance(verdict, Deny):
            self._desk.observer.refused(verdict)
        if not isinstance(verdict, Allow):
            return False
        self._desk.observer.attempt_ended(session.order, end.last)
        return True

    async def _end_attempt(self, end: AttemptEnd) -> None:
        try:
            await self._parts.store.end_attempt(end)
        except DialerError as failure:
            self._desk.fail(failure)

    async def _next_candidate(self) -> Candidate | None:
        """A trunk not tried yet, as soon as one has room; None where none has in time."""
        give_up = self._parts.clock.monotonic() + MOVE_ON_WITHIN
        left = [trunk for trunk in self._desk.trunks if trunk.name not in self._tried]
        while left and not self._desk.draining() and not self._reached:
            now = self._parts.clock.monotonic()
            able = self._desk.carrying(now, self._contact.row.number, self._tried)
            found = with_room(able, now)
            if found is not None:
                return found
            if now >= give_up:
                return None
            waited_for = [each.trunk for each in able] or left
            free = [at for trunk in waited_for if (at := trunk.load.next_free(now)) is not None]
            await self._desk.wait_until(min(free, default=give_up), now)
        return None

    async def _record(self, session: Session, end: CallEnd) -> None:
        """Write the CDR; only what is on disk is counted and told."""
        if self._opting_out is not None:
            await self._opting_out
        wait = self._wait(session, end)
        if wait is not None:
            end = replace(end, again_at=end.last.ended_at + wait)
        try:
            await self._parts.store.end_call(end)
        except DialerError as failure:
            self._desk.fail(failure)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the run must hear of it
            # A call without a record must not pass unseen, nor keep the run waiting for it.
            _log.exception("call %s: no record was written", end.last.call)
            self._desk.fail(StoreError(f"no record of a call was written: {type(fault).__name__}"))
        else:
            self._desk.observer.ended(session.order, end)
        finally:
            self._account(session, end)
            self._desk.changed()

    def _wait(self, session: Session, end: CallEnd) -> timedelta | None:
        """How long the contact waits to be called again; None where it is done with."""
        if session.reached or self._reached:
            return None
        if end.last.outcome.reason is Reason.COMMIT_LATE:
            invited = session.order.number_in_call > 1
            return wait_after_late_commit(self._contact.late_commits, invited=invited)
        if not is_carriers_fault(end.last.outcome):
            return None
        return wait_after(self._contact.faults + 1, self._parts.fault_calls)

    def _account(self, session: Session, end: CallEnd) -> None:
        """The campaign's accounts, whether or not the record could be written."""
        campaign, now = self._desk.campaign, self._parts.clock.monotonic()
        if end.again_at is None:
            campaign.ended(end.last.outcome, now, answered=session.was_answered)
            return
        wait = (end.again_at - self._parts.clock.utc()).total_seconds()
        campaign.waits(end.last.outcome, self._contact.id, now + wait)
        if self._reached:  # while the record was being written
            campaign.reached(self._contact.id, now)
            self._desk.service.see_through(self._write_reached())

    def _tell_load(self, candidate: Candidate) -> None:
        trunk = candidate.trunk
        self._desk.observer.load(
            live=self._desk.service.live, trunk=trunk.name, channels_used=trunk.load.in_use
        )
