"""One campaign from its first contact to its last: what to launch, when, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from dialer.calls.live import LiveCalls
from dialer.calls.observer import Figures, Observer
from dialer.calls.pause import LOOK_EVERY as HELD_FOR
from dialer.calls.switchboard import Switchboard
from dialer.campaigns.placement import Placement, Placing
from dialer.campaigns.plan import CallRules, Plan, Say
from dialer.core.calls.campaign import Campaign, Snapshot
from dialer.core.gate.abandonment import ABANDON_RATE
from dialer.core.trunks.pacing import Pacer
from dialer.core.values.outcome import Reason
from dialer.core.values.records import Contact, Progress
from dialer.core.values.verdict import Allow, Deny
from dialer.errors import DialerError, StoreAwayError
from dialer.trunks.pool import Seizure

_log = logging.getLogger(__name__)

CLAIMED_AT_ONCE: Final = 200
"""Contacts claimed by one commit: two seconds' worth at 100 calls a second."""
READY: Final = 50
"""Contacts whose prompts are made before they are launched."""
TELL_EVERY: Final = 5.0
"""Seconds between two `progress` events."""
END_GRACE: Final = 5.0
"""Seconds that calls may take to end once they were told to, before they are given up."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks for calls that came late."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run came out. `seconds` is its length; `progress` is the campaign's, over all runs."""

    campaign: str
    snapshot: Snapshot
    progress: Progress
    figures: Figures
    seconds: float
    drained: bool
    cut_short: int


@dataclass(frozen=True, slots=True)
class _Ready:
    contact: Contact
    say: Say


class CampaignRun:
    """Dials `plan` with `service` until no contact is due, or until drained.

    Live calls may go on for `drain_limit` seconds after a drain was asked for.
    """

    def __init__(
        self,
        service: LiveCalls,
        plan: Plan,
        rules: CallRules,
        *,
        drain_limit: float,
        switchboard: Switchboard | None = None,
    ) -> None:
        self._service = service
        self._parts = service.parts
        self._plan = plan
        self._rules = rules
        self._observer = Observer(self._parts.metrics, self._parts.teller, plan.name)
        self._pool = service.pool
        self._switchboard = switchboard
        self._loads = [trunk.load for trunk in self._pool.for_callees(plan.caller_id)]
        self._pacer = Pacer(plan.concurrency, self._loads)
        self._ready: asyncio.Queue[_Ready | None] = asyncio.Queue(READY)
        self._held: deque[_Ready] = deque()
        self._held_until = 0.0
        self._given_back = 0
        self._held_by = ""
        self._unused: set[int] = set()
        self._pending = 0
        self._changed = asyncio.Event()
        self._pool.when_changed(self._changed.set)
        self._drain = asyncio.Event()
        self._drain_limit = drain_limit
        self._failure: DialerError | None = None
        self._campaign: Campaign | None = None

    def drain(self, *, at_once: bool = False) -> None:
        """Launch nothing more; live calls may finish, up to the drain limit, or not `at_once`.

        An attempt whose commit is under way is still dialled, and then a live call: once it is on
        disk, its contact is not called again.
        """
        if at_once:
            self._drain_limit = 0.0
        self._drain.set()
        self._pool.changed()  # also calls that wait for room on their next trunk

    @property
    def is_draining(self) -> bool:
        """Whether no INVITE is wanted any more."""
        return self._drain.is_set()

    def changed(self) -> None:
        """A call is over: look again whether one may be launched."""
        self._changed.set()

    def snapshot(self) -> Snapshot | None:
        """Where the run stands; None before it began."""
        if self._campaign is None:
            return None
        return self._snapshot_of(self._campaign)

    def _snapshot_of(self, campaign: Campaign) -> Snapshot:
        now = self._parts.clock.monotonic()
        return campaign.snapshot(
            now,
            trunk_up=any(load.usable for load in self._loads),
            held=self._held_by or self._service.pause.why,
            rests_until=self._rest_until(now),
        )

    def _rest_until(self, now: float) -> float | None:
        """When the first trunk carries again, where all that are up rest."""
        rests = [load.rests_until(now) for load in self._loads if load.usable]
        return None if None in rests else min((at for at in rests if at is not None), default=None)

    async def run(self) -> Summary:
        """Dial. Raises DialerError where the store or a prompt failed; live calls end first."""
        began = self._parts.clock.monotonic()
        progress = await self._parts.store.progress(self._plan.id)
        campaign = self._campaign = Campaign(progress, began, self._when(progress.again_at))
        self._parts.teller.campaign_started(
            self._parts.clock.utc(), self._plan.name, progress, resumed=not self._plan.fresh
        )
        try:
            async with asyncio.TaskGroup() as group:
                teller = group.create_task(self._tell_progress(campaign))
                feeder = group.create_task(self._feed(campaign))
                await self._launch_all(campaign, group)
                feeder.cancel()
                await self._until_no_call_lives(campaign)
                teller.cancel()
        finally:
            with contextlib.suppress(DialerError):  # what stays claimed waits again after a restart
                await self._parts.store.release(sorted(self._unused))
        try:
            progress = await self._parts.store.progress(self._plan.id)
        except DialerError as failure:
            self.fail(failure)  # the end is told with what was known at the start
        drained = self._drain.is_set() and self._failure is None
        self._parts.teller.campaign_finished(
            self._parts.clock.utc(),
            self._plan.name,
            progress,
            why="failed" if self._failure else "drained" if drained else "done",
        )
        if self._failure is not None:
            raise self._failure
        now = self._parts.clock.monotonic()
        return Summary(
            campaign=self._plan.name,
            snapshot=self._snapshot_of(campaign),
            progress=progress,
            figures=self._observer.figures,
            seconds=now - began,
            drained=drained,
            cut_short=self._service.cut_short,
        )

    # Contacts, with their prompts made, in front of the launcher.

    async def _feed(self, campaign: Campaign) -> None:
        try:
            while not self._drain.is_set():
                put_back = campaign.put_back + self._given_back
                try:
                    contacts = await self._claim()
                except StoreAwayError as failure:
                    await self._pause(failure)
                    continue
                for contact in contacts:
                    campaign.claimed(contact.id, contact.waited_for)
                for contact in contacts:
                    await self._ready.put(_Ready(contact, await self._plan.prepare(contact)))
                    self._changed.set()
                if not contacts and not await self._more_to_come(campaign, put_back):
                    break
        except DialerError as failure:
            self.fail(failure)
        await self._ready.put(None)
        self._changed.set()

    async def _more_to_come(self, campaign: Campaign, put_back: int) -> bool:
        """Wait until somebody who was not reached may be due again; False: nobody will be.

        `put_back` is how many had been put or given back when the last claim was made.
        """
        try:
            progress = await self._parts.store.progress(self._plan.id)
        except StoreAwayError as failure:
            await self._pause(failure)
            return True
        campaign.saw(progress)
        due = min(self._when(progress.again_at).values(), default=None)
        while not self._drain.is_set() and campaign.put_back + self._given_back == put_back:
            now = self._parts.clock.monotonic()
            if due is not None and now >= due:
                return True
            if due is None and not (campaign.live or self._pending or self._unused):
                return False
            await self._wait_for(due, now)
        return True

    def _when(self, again_at: Mapping[str, datetime]) -> dict[str, float]:
        """The monotonic instants of times to come."""
        now, utc = self._parts.clock.monotonic(), self._parts.clock.utc()
        return {what: now + (at - utc).total_seconds() for what, at in again_at.items()}

    async def _claim(self) -> Sequence[Contact]:
        """The next contacts; none where none is due, or the run drains."""
        if self._drain.is_set():
            return ()
        claiming = asyncio.ensure_future(
            self._parts.store.claim(self._plan.id, CLAIMED_AT_ONCE, self._parts.clock.utc())
        )
        try:
            contacts = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The store may have done it already: they must be given back.
            with contextlib.suppress(DialerError):
                self._unused.update(contact.id for contact in await claiming)
            raise
        self._unused.update(contact.id for contact in contacts)
        return contacts

    async def _next_ready(self) -> _Ready | None:
        """The next contact to launch; None where there is none, or the run drains."""
        while not self._drain.is_set():
            if self._held:
                return self._held.popleft()
            with contextlib.suppress(asyncio.QueueEmpty):
                return self._ready.get_nowait()
            self._changed.clear()
            await self._changed.wait()
        return None

    # Launching.

    async def _launch_all(self, campaign: Campaign, group: asyncio.TaskGroup) -> None:
        placing = Placing(
            self._service,
            self._plan,
            self._rules,
            self,
            self._observer,
            campaign,
            hand_over=self._switchboard.hand_over if self._switchboard else None,
        )
        ready: _Ready | None = None
        while not self._drain.is_set():
            ready = ready or await self._next_ready()
            if ready is None:
                break
            now = self._parts.clock.monotonic()
            if self._is_held(now):
                await self._wait_for(now + HELD_FOR, now)
                continue
            if now < self._pacer.next_slot:
                # Which trunk is best is asked once it can matter: nothing else here takes so long.
                await self._wait_for(self._pacer.next_slot, now)
                continue
            live = campaign.live + self._pending
            offer = self._pool.to_callee(ready.contact.row.number, self._plan.caller_id)
            self._pacer.use(offer.loads)
            seizure = offer.seize() if self._pacer.due(now, live) else None
            if seizure is None:
                await self._wait_for(self._pacer.next_launch(now, live), now)
                continue
            self._pacer.launched(now)
            self._pending += 1
            self._unused.discard(ready.contact.id)
            launching = group.create_task(self._launch(placing, ready, seizure))
            # A task that is cancelled before it begins gives nothing back.
            launching.add_done_callback(partial(_close, seizure))
            ready = None
        while self._pending:
            await self._wait_for(None, 0.0)
        campaign.drain()

    def _is_held(self, now: float) -> bool:
        """Whether a rule would deny any attempt now, so that the gate need not be asked."""
        return bool(self._service.pause.clock_doubt()) or now < self._held_until

    async def _wait_for(self, instant: float | None, now: float) -> None:
        """Until `instant` comes or something changes; None waits for the change alone."""
        self._changed.clear()
        # At least a millisecond: an instant already past must not spin the loop.
        delay = None if instant is None else max(0.001, instant - now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._changed.wait()

    async def _launch(self, placing: Placing, ready: _Ready, seizure: Seizure) -> None:
        verdict = await Placement(placing, ready.contact, ready.say).begin(seizure)
        self._pending -= 1
        self._changed.set()
        if isinstance(verdict, Allow):
            self._held_by = ""
            self._service.pause.all_over()
        elif isinstance(verdict, Deny) and verdict.held:
            self._held_by = verdict.rule
            if not (verdict.rule == ABANDON_RATE and placing.campaign.live):
                # While calls live it is but the pace: each that ends well makes room.
                self._service.pause.begin(verdict)
            self._held_until = self._parts.clock.monotonic() + HELD_FOR
            self._held.append(ready)
            self._unused.add(ready.contact.id)
        if verdict is None:
            # Given back, unless the store did commit the attempt and could not say so.
            self._unused.add(ready.contact.id)
            await self._give_back(ready.contact.id)

    async def _give_back(self, contact: int) -> None:
        """Let another claim find whom the store was asked about when it went away."""
        while not self._drain.is_set():
            try:
                await self._parts.store.release([contact])
            except StoreAwayError as failure:
                await self._pause(failure)
            except DialerError as failure:
                self.fail(failure)
            else:
                self._unused.discard(contact)
                self._given_back += 1
                self._changed.set()
                return

    async def _pause(self, failure: StoreAwayError) -> None:
        """The store is away: wait before it is asked again."""
        self._service.pause.away(failure)
        now = self._parts.clock.monotonic()
        self._held_until = now + HELD_FOR
        while (now := self._parts.clock.monotonic()) < self._held_until:
            if self._drain.is_set():
                return
            await self._wait_for(self._held_until, now)

    def fail(self, failure: DialerError) -> None:
        """Launch nothing more; the live calls end as in a drain, then `run` raises.

        A store that is away is waited for instead.
        """
        if isinstance(failure, StoreAwayError):
            self._service.pause.away(failure)
            self._held_until = self._parts.clock.monotonic() + HELD_FOR
            return
        if self._failure is None:
            _log.error("no more calls are launched: %s", failure)
            self._failure = failure
        self.drain()

    # The end.

    async def _until_no_call_lives(self, campaign: Campaign) -> None:
        """Wait for the last call; a drain bounds the wait."""
        while campaign.live and not self._drain.is_set():
            await self._wait_for(None, 0.0)
        if await self._outlived(campaign, lambda: self._drain_limit):
            self._service.end_all(Reason.DRAINED)
            if await self._outlived(campaign, lambda: END_GRACE):
                _log.warning("%d calls did not end in time and are given up", campaign.live)
        # A database that is away is waited for no longer: who stops the dialer wants it to end.
        self._parts.store.stop_waiting()
        while campaign.live:
            # Their records are being written, and a call that was moving on may still be dialled.
            self._service.end_all(Reason.DRAINED)
            self._service.give_up_all()
            now = self._parts.clock.monotonic()
            await self._wait_for(now + LOOK_EVERY, now)

    async def _outlived(self, campaign: Campaign, limit: Callable[[], float]) -> bool:
        """Wait until no call lives; True where some still do after `limit()` seconds."""
        began = now = self._parts.clock.monotonic()
        while campaign.live and now < began + limit():
            await self._wait_for(began + limit(), now)
            now = self._parts.clock.monotonic()
        return campaign.live > 0

    async def _tell_progress(self, campaign: Campaign) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            try:
                progress = await self._parts.store.progress(self._plan.id)
            except StoreAwayError:
                continue
            except DialerError as failure:
                self.fail(failure)
                return
            campaign.saw(progress)
            self._parts.teller.campaign_progress(
                self._parts.clock.utc(),
                self._plan.name,
                progress,
                live=campaign.live,
                waits=self._snapshot_of(campaign).waits,
            )


def _close(seizure: Seizure, _launching: asyncio.Task[None]) -> None:
    seizure.close()
