"""A Store in memory, with the semantics of the real one and none of its lasting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from dialer.core.gate.abandonment import counted, day_of, first_day
from dialer.core.values.attention import Answers
from dialer.core.values.campaign_standing import ContactStanding, ContactState
from dialer.core.values.inbound_records import LastCall
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason, is_refusal
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    AttemptRow,
    CallEnd,
    CallRow,
    CampaignRecord,
    Contact,
    ContactRow,
    Decide,
    History,
    PastAttempt,
    Progress,
    Shown,
)
from dialer.core.values.retry import CALLED_AGAIN, CARRIER_FAULT, COMMIT_LATE, waits_for
from dialer.core.values.suppression import DIGITS_UNHEARD, SuppressionKind
from dialer.core.values.verdict import Deny, Verdict
from dialer.errors import CampaignConflictError, StoreError
from dialer.ports.store import OpenedCampaign
from dialer.testing.scripts import MemoryScripts
from dialer.testing.store_rows import (
    HeldCall,
    HeldContact,
    attempt_row,
    call_row,
    past_attempt,
    rang,
)
from dialer.testing.visits import Visits

_REMEMBERED: Final = timedelta(hours=24)


class MemoryStore(Visits):
    """A Store that forgets with the process. A killed process is played by `recover`."""

    def __init__(self) -> None:
        super().__init__(self._last_call, self._history)
        self.records: list[CampaignRecord] = []
        """The campaigns; the first has the id 1."""
        self.contacts: dict[int, HeldContact] = {}
        self.dialled: dict[str, HeldCall] = {}
        """What fakes that are desks of the same store look at, and take away."""
        self.shown_before: dict[tuple[E164, E164], datetime] = {}
        """By callee and number of ours: what calls that were destroyed have left behind."""
        self.ends: dict[int, tuple[datetime, str]] = {}
        """When campaigns were ended, and by whom."""
        self.scripts = MemoryScripts()
        """What the gate is shown of a call's words."""

    async def open(self) -> None:
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False

    def stop_waiting(self) -> None:
        """Memory is never away."""

    async def recover(self, node: str, at: datetime) -> int:
        self._must_be_open()
        self._cut_short(node, at)
        cut_short = 0
        for call in self.dialled.values():
            last = call.orders[-1]
            if call.cdr is not None or last.node != node:
                continue
            cut_short += 1
            end = call.ends.get(last.attempt) or AttemptEnd(
                last.attempt, last.call, Outcome.of(Reason.CUT_SHORT), at
            )
            # An attempt that has ended keeps its outcome; the call has not come to its own end.
            call.ends[last.attempt] = end
            cut = replace(end, outcome=Outcome.of(Reason.CUT_SHORT), ended_at=at)
            self._close_call(call, CallEnd(cut, last.contact.id))
        for contact in self.contacts.values():
            if contact.state is ContactState.CLAIMED:
                contact.state = ContactState.WAITING
        return cut_short

    async def open_campaign(
        self, record: CampaignRecord, contacts: Iterable[ContactRow]
    ) -> OpenedCampaign:
        self._must_be_open()
        for number, known in enumerate(self.records, start=1):
            if known.name != record.name:
                continue
            if number in self.ends:
                raise CampaignConflictError(
                    f"campaign {record.name} was ended; give the list a name of its own"
                )
            if known.contacts_digest != record.contacts_digest:
                raise CampaignConflictError(
                    f"campaign {record.name} was begun with another contacts file; "
                    "give the new list a campaign of its own"
                )
            return OpenedCampaign(number, fresh=False)
        campaign = len(self.records) + 1
        first = len(self.contacts) + 1
        rows = [Contact(id_, campaign, row) for id_, row in enumerate(contacts, start=first)]
        self.records.append(record)
        self.contacts.update((contact.id, HeldContact(contact)) for contact in rows)
        return OpenedCampaign(campaign, fresh=True)

    async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
        self._must_be_open()
        if campaign in self.ends:
            return []
        due = [
            held
            for held in self.of(campaign)
            if held.state is ContactState.WAITING
            and (held.not_before is None or held.not_before <= now)
        ]
        for held in due[:limit]:
            held.contact = replace(held.contact, waited_for=held.rule)
            held.state, held.not_before, held.rule = ContactState.CLAIMED, None, None
        return [held.contact for held in due[:limit]]

    async def release(self, contacts: Sequence[int]) -> None:
        self._must_be_open()
        for contact in contacts:
            if self.contacts[contact].state is ContactState.CLAIMED:
                self.contacts[contact].state = ContactState.WAITING

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self._must_be_open()
        held = self.contacts[order.contact.id]
        verdict = decide(order, self._history(order))
        if isinstance(verdict, Deny):
            if verdict.held:
                return verdict
            # Denied later attempts leave the contact to the call, which still has to end.
            if held.state is ContactState.CLAIMED:
                held.state = ContactState.DONE if verdict.until is None else ContactState.WAITING
                held.not_before, held.rule = verdict.until, verdict.rule
            return verdict
        held.state = ContactState.CALLING
        name = self.records[order.contact.campaign - 1].name
        self.dialled.setdefault(order.call, HeldCall(name)).orders.append(order)
        return verdict

    async def opt_out(self, call: str, at: datetime) -> None:
        self._must_be_open()
        known = self.dialled[call]
        self._refused(known, at)

    async def end_attempt(self, end: AttemptEnd) -> None:
        self._must_be_open()
        self.dialled[end.call].ends[end.attempt] = end

    async def end_call(self, end: CallEnd) -> None:
        self._must_be_open()
        call = self.dialled[end.last.call]
        if call.cdr is not None:
            raise StoreError(f"call {end.last.call} has ended before")
        call.ends[end.last.attempt] = end.last
        self._close_call(call, end)

    async def reached(self, contact: int) -> None:
        self._must_be_open()
        held = self.contacts[contact]
        if held.state is ContactState.WAITING and held.rule in CALLED_AGAIN:
            held.state, held.not_before, held.rule = ContactState.DONE, None, None

    async def progress(self, campaign: int) -> Progress:
        self._must_be_open()
        states: Counter[ContactState] = Counter()
        later: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        again: dict[str, datetime] = {}
        for held in self.of(campaign):
            if held.state is ContactState.WAITING and held.rule is not None:
                later[held.rule] += 1
                if held.rule in CALLED_AGAIN and held.not_before is not None:
                    first = again.get(held.rule, held.not_before)
                    again[held.rule] = min(first, held.not_before)
            else:
                states[held.state] += 1
                if held.rule is not None:
                    refused[held.rule] += 1
        name = self.records[campaign - 1].name
        ended = [call.cdr for call in self.dialled.values() if call.campaign == name and call.cdr]
        return Progress(
            total=states.total() + later.total(),
            waiting=states[ContactState.WAITING],
            claimed=states[ContactState.CLAIMED] + states[ContactState.CALLING],
            done=states[ContactState.DONE],
            waiting_later=dict(later),
            outcomes=dict(Counter(str(cdr.last.outcome) for cdr in ended)),
            again_at=again,
            refused=dict(refused),
        )

    async def calls(
        self,
        campaign: str | None = None,
        limit: int | None = None,
        *,
        call: str | None = None,
        grades: Collection[str] = (),
    ) -> Sequence[CallRow]:
        self._must_be_open()
        found = [
            call_row(id_, held, said=bool(grades) or call is not None)
            for id_, held in self.dialled.items()
            if campaign in {None, held.campaign} and call in {None, id_}
        ]
        found.reverse()
        found.sort(key=lambda row: row.started_at, reverse=True)
        if grades:
            found = sorted((row for row in found if row.grade in grades), key=lambda row: row.grade)
        return found[:limit]

    async def attempts(
        self, campaign: str | None = None, *, call: str | None = None
    ) -> Sequence[AttemptRow]:
        self._must_be_open()
        found = [
            attempt_row(order, held.ends.get(order.attempt))
            for held in self.dialled.values()
            for order in held.orders
            if campaign in {None, held.campaign} and call in {None, order.call}
        ]
        return sorted(found, key=lambda row: row.committed_at)

    async def history(self, order: AttemptOrder) -> History:
        self._must_be_open()
        return self._history(order)

    async def past_attempts(
        self, since: datetime, most: int, *, but_of: str = ""
    ) -> Sequence[PastAttempt]:
        self._must_be_open()
        found = [
            (order, call.ends.get(order.attempt))
            for call in self.dialled.values()
            for order in call.orders
            if order.at >= since
        ]
        latest = sorted(found, key=lambda each: each[0].at)[-most:]
        return [past_attempt(order, end) for order, end in latest if order.node != but_of]

    def of(self, campaign: int) -> list[HeldContact]:
        """The campaign's contacts, in file order."""
        held = [held for held in self.contacts.values() if held.contact.campaign == campaign]
        return sorted(held, key=lambda held: held.contact.row.row)

    def _history(self, order: AttemptOrder) -> History:
        number = order.contact.row.number
        # Attempts that seem to lie in the future are the gate's to judge, so they are shown.
        since = order.at - _REMEMBERED
        orders = [past for call in self.dialled.values() for past in call.orders]
        mine = [
            past.at
            for past in orders
            if past.contact.row.number == number
            and past.call != order.call
            and rang(self.dialled[past.call].ends.get(past.attempt))
        ]
        mine += [at for call, at in self.handed_over(number) if call != order.call]
        dialled = sorted(
            (past for past in orders if past.contact.row.number == number), key=lambda past: past.at
        )
        latest = {
            caller_id: at
            for (callee, caller_id), at in self.shown_before.items()
            if callee == number
        }
        latest |= {past.caller_id: past.at for past in dialled}
        against = self.book.against(number)
        return History(
            attempts=tuple(sorted(at for at in mine if at > since)),
            refused_at=next(
                (each.since for each in against if each.why is SuppressionKind.REFUSAL), None
            ),
            shown=tuple(
                Shown(caller_id, at)
                for caller_id, at in sorted(latest.items(), key=lambda shown: shown[1])
            ),
            suppressions=tuple(each for each in against if each.why is not SuppressionKind.REFUSAL),
            answers=self._answers(order) if order.counts_abandoned else None,
            newest=orders[-1].at if orders else None,
            wording=self.scripts.standing_now(order.script_version),
            campaign_ended_at=self.ends.get(order.contact.campaign, (None,))[0],
        )

    def standings(self, campaign: int) -> Sequence[ContactStanding]:
        """Where a campaign's contacts stand, in file order."""
        called = {call.orders[0].contact.id for call in self.dialled.values()}
        return [
            held.standing()
            for held in self.of(campaign)
            if not held.emptied or held.contact.id in called
        ]

    def calls_with(self, number: E164) -> Sequence[str]:
        """The ids of all calls with a number, in either direction, the oldest first."""
        ours = {
            name: call.orders[0].at for name, call in self.dialled.items() if call.number == number
        }
        theirs = {
            name: visit.order.at
            for name, visit in self._visits.items()
            if visit.order.caller == number
        }
        both = ours | theirs
        return sorted(both, key=lambda name: both[name])

    def _last_call(self, number: E164) -> LastCall | None:
        mine = [call for call in self.dialled.values() if call.number == number]
        last = max(mine, key=lambda call: call.orders[-1].at, default=None)
        if last is None:
            return None
        purpose = next(each.purpose for each in self.records if each.name == last.campaign)
        return LastCall(last.orders[0].call, last.campaign, purpose, last.orders[0].at)

    def _answers(self, order: AttemptOrder) -> Answers:
        name = self.records[order.contact.campaign - 1].name
        mine = [call for call in self.dialled.values() if call.campaign == name]
        since = first_day(order.at)
        ended = [
            counted(call.cdr.last)
            for call in mine
            if call.cdr is not None and day_of(call.cdr.last.ended_at) >= since
        ]
        return Answers(
            live=sum(live for live, _ in ended),
            abandoned=sum(abandoned for _, abandoned in ended),
            at_risk=sum(call.cdr is None for call in mine),
        )

    def _refused(self, call: HeldCall, at: datetime) -> None:
        if not call.has_refused:
            call.has_refused = True
            self.book.refused(call.number, at, call.orders[0].node)

    def _close_call(self, call: HeldCall, cdr: CallEnd) -> None:
        call.cdr = cdr
        if is_refusal(cdr.last.outcome):
            self._refused(call, cdr.last.ended_at)
        if cdr.digits_unheard:
            own, at = SuppressionKind.OWN_LIST, cdr.last.ended_at
            self.book.enter(call.number, own, at, call.orders[0].node, DIGITS_UNHEARD)
        held = self.contacts[cdr.contact]
        held.state = ContactState.DONE if cdr.again_at is None else ContactState.WAITING
        if cdr.again_at is not None:
            held.not_before, held.rule = cdr.again_at, waits_for(cdr.last.outcome)
            held.contact = replace(
                held.contact,
                faults=held.contact.faults + (held.rule == CARRIER_FAULT),
                late_commits=held.contact.late_commits + (held.rule == COMMIT_LATE),
            )
