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
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from dialer.calls.live import LiveCalls
from dialer.calls.observer import Observer
from dialer.calls.orphan import LeftBehind
from dialer.calls.outbound import Outside, Session, outbound_leg
from dialer.calls.switchboard import Party
from dialer.calls.transfer import HandOverSide
from dialer.campaigns.plan import CallRules, Plan, Say
from dialer.core.calls.campaign import Campaign
from dialer.core.dialog.script import Transfer
from dialer.core.gate.wording_approved import WORDING_APPROVED
from dialer.core.trunks.routing import Trunk
from dialer.core.trunks.trunk_state import LONGEST_RETRY_AFTER
from dialer.core.values.outcome import Reason, is_carriers_fault, is_refusal
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Contact
from dialer.core.values.retry import ASKED_LATER, LATER_AFTER, wait_after, wait_after_late_commit
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import ApprovalError, DialerError, StoreAwayError, StoreError, StoreInDoubtError
from dialer.ports.desks import Complain
from dialer.recordings import CallRecording
from dialer.trunks.pool import Offer, Seizure

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


class Run(Protocol):
    """The run that a call belongs to."""

    @property
    def is_draining(self) -> bool:
        """Whether no INVITE is wanted any more."""
        ...

    def fail(self, failure: DialerError) -> None:
        """Stop the run, unless what failed is waited for."""
        ...

    def changed(self) -> None:
        """A call is over: look again whether one may be launched."""
        ...


@dataclass(frozen=True, slots=True)
class Placing:
    """What the calls of one run are placed with."""

    service: LiveCalls
    plan: Plan
    rules: CallRules
    run: Run
    observer: Observer
    campaign: Campaign
    hand_over: Callable[[Party, Transfer], HandOverSide] | None = None
    """Hands a callee over to the operator's people; None where there are none."""


class Placement:
    """One call to one contact, from its first attempt's commit to its record."""

    def __init__(self, placing: Placing, contact: Contact, say: Say) -> None:
        self._placing = placing
        self._run = placing.run
        self._rules = placing.rules
        self._parts = placing.service.parts
        self._contact = contact
        self._say = say
        self._call = uuid.uuid4().hex
        self._tried: frozenset[str] = frozenset()
        self._writing: list[asyncio.Task[None]] = []
        """What the callee has said that is being kept: the record of the call comes after it."""
        self._asked_later = False
        self._session: Session | None = None
        self._reached = False
        """Whether an INVITE that was left behind has been answered."""

    async def begin(self, seizure: Seizure) -> Verdict | None:
        """The first attempt, on a trunk already seized; None where the gate was not asked."""
        with seizure:
            verdict = await self._attempt(seizure)
        if isinstance(verdict, Deny) and not verdict.held:
            self._placing.campaign.denied(verdict, self._parts.clock.monotonic())
            self._placing.observer.refused(verdict)
            if verdict.rule == WORDING_APPROVED:
                # It would be said to everyone: nobody is put off one by one for it.
                self._run.fail(ApprovalError(f"{verdict.why}; `dialer scripts` tells more"))
        return verdict

    async def _attempt(
        self, seizure: Seizure, before: Awaitable[None] | None = None
    ) -> Verdict | None:
        """Ask the gate, commit, and only then send the INVITE.

        `before` is awaited between the commit and the INVITE.
        """
        self._tried |= {seizure.trunk.name}
        now, began = self._parts.clock.utc(), self._parts.clock.steady()
        shift = seizure.trunk.lab_shift
        order = AttemptOrder(
            attempt=uuid.uuid4().hex,
            call=self._call,
            contact=self._contact,
            node=self._parts.node,
            trunk=seizure.trunk.name,
            caller_id=seizure.caller_id,
            purpose=self._placing.plan.purpose,
            why_trunk=seizure.why,
            at=now,
            number_in_call=len(self._tried),
            clock_doubt=self._placing.service.pause.clock_doubt(),
            counts_abandoned=self._rules.abandon_bound,
            lab=seizure.trunk.lab,
            lab_at=None if shift is None else now + shift,
            script_version=self._placing.plan.script_version,
        )
        verdict = await self._authorise(order)
        if before is not None:
            await before
        if isinstance(verdict, Allow):
            await seizure.depart(order)
            self._dial(order, seizure, began)
        return verdict

    async def _authorise(self, order: AttemptOrder) -> Verdict | None:
        """The gate's verdict, committed; None where none can be had, or none is wanted now."""
        if self._run.is_draining:
            return None
        try:
            return await self._parts.store.authorise(order, self._rules.gate.decide)
        except StoreInDoubtError as failure:
            self._placing.service.pause.away(failure)
            return None
        except StoreAwayError as failure:
            return self._placing.service.pause.away(failure)
        except DialerError as failure:
            self._run.fail(failure)
            return None

    def _dial(self, order: AttemptOrder, seizure: Seizure, began: float) -> None:
        """Send the INVITE, if it may still leave.

        `began` is the instant of `order.at` on the clock that nobody sets.
        """

        def answered(post_dial_delay: float | None, at: float) -> None:
            if session.was_sent:
                seizure.answered(post_dial_delay, at)

        def party() -> Party:
            return Party(
                name=order.attempt,
                call=order.call,
                trunk=order.trunk,
                shows=(order.caller_id,),
                failed=session.transfer_failed,
                ended=lambda now: session.end(Reason.COMPLETED, now),
            )

        hand_over = self._placing.hand_over
        session = outbound_leg(
            order,
            self._placing.plan.script,
            self._rules.limits,
            self._say,
            Outside(
                line=self._parts.line,
                observer=self._placing.observer,
                sent=seizure.sent,
                answered=answered,
                refused=lambda at: self._refused(order.attempt, at),
                wall=self._placing.service.wall,
                hand_over=None if hand_over is None else lambda wish: hand_over(party(), wish),
                recording=self._recording(order),
                grades=self._placing.plan.grades,
                hears=self._rules.hears,
                complained=self._complained,
                call_later=self._call_later if self._may_call_later else None,
            ),
        )

        def gone() -> None:
            seizure.give_back()
            self._tell_load(seizure.trunk)

        def when_over(session: Session, end: CallEnd) -> Coroutine[Any, Any, None]:
            if session.was_sent:
                seizure.ended(end.last)
            if session.left_behind:
                self._leave_behind(order, gone)
            else:
                gone()
            return self._over(session, end, seizure.trunk)

        self._perhaps_call_off(session, self._parts.clock.steady() - began)
        self._session = session
        if order.number_in_call == 1:
            self._placing.campaign.launched()
        seizure.keep()
        self._placing.service.add(session, when_over)
        self._tell_load(seizure.trunk)

    def _perhaps_call_off(self, session: Session, took: float) -> None:
        """Whether its INVITE may still leave, `took` seconds after the gate was asked."""
        if self._reached:
            session.call_off(Reason.CANCELLED)
        elif took > COMMIT_WITHIN:
            name = session.order.attempt
            _log.error("attempt %s: not dialled, its commit took %.1f s", name, took)
            session.call_off(Reason.COMMIT_LATE)

    def _recording(self, order: AttemptOrder) -> CallRecording | None:
        recordings = self._placing.service.recordings
        if recordings is None:
            return None
        return recordings.of_call(
            order.call,
            order.attempt,
            self._placing.service.see_through,
            lambda end: self._placing.observer.recorded(order, end),
        )

    def _leave_behind(self, order: AttemptOrder, gone: Callable[[], None]) -> None:
        """See the INVITE through until the line has let go of it; so long it has its channel."""

        async def when_gone(_over: bool) -> None:  # noqa: FBT001 -- what LeftBehind ends in
            gone()

        self._placing.service.attend(
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
        session, service = self._session, self._placing.service
        if (
            session is not None
            and session.order.attempt != order.attempt
            and not session.was_answered
        ):
            service.act(session.order.attempt, lambda now: session.end(Reason.CANCELLED, now))
        self._placing.observer.answered_late(order)
        self._placing.campaign.reached(self._contact.id, at)
        service.see_through(self._write_reached())

    async def _write_reached(self) -> None:
        try:
            await self._parts.store.reached(self._contact.id)
        except DialerError as failure:
            self._run.fail(failure)

    def _refused(self, attempt: str, at: datetime) -> None:
        """The refusal is written while the goodbye is said; the call ends once it is kept."""
        self._write(self._write_refusal(attempt, at))

    def _complained(self, at: datetime) -> None:
        if self._rules.complain is not None:
            self._write(self._write_complaint(self._rules.complain, at))

    def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        self._writing.append(asyncio.get_running_loop().create_task(writing))

    async def _write_complaint(self, complain: Complain, at: datetime) -> None:
        number = self._contact.row.number
        await self._insist(lambda: complain(number, self._call, at), "complaint")

    async def _write_refusal(self, attempt: str, at: datetime) -> None:
        if await self._insist(lambda: self._parts.store.opt_out(self._call, at), "refusal"):
            self._placing.service.act(attempt, self._keep)

    async def _insist(self, write: Callable[[], Awaitable[object]], what: str) -> bool:
        """Nobody who said no may be called again: what the store does not take, it is asked again.

        From the first failure on nothing more is dialled.
        """
        give_up = self._parts.clock.monotonic() + KEEP_WITHIN
        while True:
            try:
                await write()
            except DialerError as failure:
                self._run.fail(failure)
                if self._parts.clock.monotonic() >= give_up:
                    _log.error("call %s: the callee's %s could not be kept", self._call, what)
                    return False
                await asyncio.sleep(KEEP_AGAIN)
            else:
                return True

    @property
    def _may_call_later(self) -> bool:
        """Who was called at the time that they had asked for is not put off once more."""
        return self._contact.waited_for != ASKED_LATER

    def _call_later(self) -> None:
        self._asked_later = True

    def _keep(self, now: float) -> CallEnd | None:
        return None if self._session is None else self._session.refusal_kept(now)

    async def _over(self, session: Session, end: CallEnd, trunk: Trunk) -> None:
        """An attempt has ended: move on to the next trunk, or let the call be over."""
        self._run.changed()
        at_fault = is_carriers_fault(end.last.outcome)
        if at_fault and session.retry_after:
            # RFC 3261 21.5.4: for so long the server asks for no further request. From a callee it
            # would say when to call again (20.33), and nothing of the trunk.
            self._placing.service.rest(trunk, min(session.retry_after, LONGEST_RETRY_AFTER))
        if not (at_fault and not session.reached and await self._moved_on(session, end)):
            await self._record(session, end)

    async def _moved_on(self, session: Session, end: CallEnd) -> bool:
        """Whether another attempt was sent; this one is on record before."""
        seizure = await self._placing.service.pool.seize_within(MOVE_ON_WITHIN, self._untried)
        if seizure is None:
            return False
        with seizure:
            if self._reached:
                return False
            ended = asyncio.ensure_future(self._end_attempt(end.last))
            await asyncio.sleep(0)  # it is queued now, before the next attempt: one commit has both
            verdict = await self._attempt(seizure, ended)
        if isinstance(verdict, Deny):
            self._placing.observer.refused(verdict)
        if not isinstance(verdict, Allow):
            return False
        self._placing.observer.attempt_ended(session.order, end.last)
        return True

    async def _end_attempt(self, end: AttemptEnd) -> None:
        try:
            await self._parts.store.end_attempt(end)
        except DialerError as failure:
            self._run.fail(failure)

    def _untried(self) -> Sequence[Offer]:
        """The trunks not tried yet; nothing where there are none, or no attempt is wanted."""
        if self._run.is_draining or self._reached:
            return ()
        callee, caller_id = self._contact.row.number, self._placing.plan.caller_id
        offer = self._placing.service.pool.to_callee(callee, caller_id, self._tried)
        return (offer,) if offer.possible else ()

    async def _record(self, session: Session, end: CallEnd) -> None:
        """Write the CDR; only what is on disk is counted and told."""
        if self._writing:
            await asyncio.gather(*self._writing)
        wait = self._wait(session, end)
        if wait is not None:
            end = replace(end, again_at=end.last.ended_at + wait)
        try:
            await self._parts.store.end_call(end)
        except DialerError as failure:
            self._run.fail(failure)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the run must hear of it
            # A call without a record must not pass unseen, nor keep the run waiting for it.
            _log.exception("call %s: no record was written", end.last.call)
            self._run.fail(StoreError(f"no record of a call was written: {type(fault).__name__}"))
        else:
            self._placing.observer.ended(session.order, end)
        finally:
            self._account(session, end)
            self._run.changed()

    def _wait(self, session: Session, end: CallEnd) -> timedelta | None:
        """How long the contact waits to be called again; None where it is done with."""
        if self._is_put_off(end):
            return LATER_AFTER
        if session.reached or self._reached:
            return None
        if end.last.outcome.reason is Reason.COMMIT_LATE:
            invited = session.order.number_in_call > 1
            return wait_after_late_commit(self._contact.late_commits, invited=invited)
        if not is_carriers_fault(end.last.outcome):
            return None
        return wait_after(self._contact.faults + 1, self._rules.fault_calls)

    def _is_put_off(self, end: CallEnd) -> bool:
        """Whether the callee is called at another time; who refused after asking for it is not."""
        return self._asked_later and not is_refusal(end.last.outcome)

    def _account(self, session: Session, end: CallEnd) -> None:
        """The campaign's accounts, whether or not the record could be written."""
        campaign, now = self._placing.campaign, self._parts.clock.monotonic()
        if end.again_at is None:
            campaign.ended(end.last.outcome, now, answered=session.was_answered)
            return
        if self._is_put_off(end):
            campaign.asked_later(end.last.outcome)
            return
        wait = (end.again_at - self._parts.clock.utc()).total_seconds()
        campaign.waits(end.last.outcome, self._contact.id, now + wait)
        if self._reached:  # while the record was being written
            campaign.reached(self._contact.id, now)
            self._placing.service.see_through(self._write_reached())

    def _tell_load(self, trunk: Trunk) -> None:
        self._placing.observer.load(
            live=self._placing.service.live, trunk=trunk.name, channels_used=trunk.load.in_use
        )
