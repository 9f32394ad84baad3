"""What `MemoryStore` keeps of contacts and calls, and the rows that it shows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.values.campaign_standing import ContactStanding, ContactState
from dialer.core.values.number import E164, prefix_of
from dialer.core.values.outcome import could_have_rung
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    AttemptRow,
    CallEnd,
    CallRow,
    Contact,
    PastAttempt,
)


@dataclass(slots=True)
class HeldContact:
    """A contact; once it is `emptied`, nothing of the person is shown any more."""

    contact: Contact
    state: ContactState = ContactState.WAITING
    not_before: datetime | None = None
    rule: str | None = None
    emptied: bool = False

    def standing(self) -> ContactStanding:
        return ContactStanding(
            id=self.contact.id,
            row=self.contact.row.row,
            number=None if self.emptied else self.contact.row.number,
            state=self.state,
            rule=None if self.emptied else self.rule,
            due=self.not_before,
            faults=self.contact.faults,
            late_commits=self.contact.late_commits,
        )


@dataclass(slots=True)
class HeldCall:
    """One call: its attempts in order, and its CDR once it has ended."""

    campaign: str
    orders: list[AttemptOrder] = field(default_factory=list)
    ends: dict[str, AttemptEnd] = field(default_factory=dict)
    cdr: CallEnd | None = None
    has_refused: bool = False

    @property
    def number(self) -> E164:
        return self.orders[0].contact.row.number


def rang(end: AttemptEnd | None) -> bool:
    """Whether the callee's telephone may have rung, by how the attempt has ended."""
    if end is None:
        return True
    progressed = end.post_dial_delay is not None or end.answered_at is not None
    return could_have_rung(end.outcome, progressed=progressed)


def attempt_row(order: AttemptOrder, end: AttemptEnd | None) -> AttemptRow:
    return AttemptRow(
        attempt=order.attempt,
        call=order.call,
        trunk=order.trunk,
        caller_id=order.caller_id,
        why_trunk=order.why_trunk,
        committed_at=order.at,
        sip_call_id=None if end is None else end.sip_call_id,
        outcome=None if end is None else end.outcome,
    )


def past_attempt(order: AttemptOrder, end: AttemptEnd | None) -> PastAttempt:
    return PastAttempt(
        attempt=order.attempt,
        trunk=order.trunk,
        prefix=prefix_of(order.contact.row.number),
        caller_id=order.caller_id,
        placed_at=order.at,
        was_sent=end is not None and end.sip_call_id is not None,
        outcome=None if end is None else end.outcome,
        ended_at=None if end is None else end.ended_at,
        answered_at=None if end is None else end.answered_at,
        post_dial_delay=None if end is None else end.post_dial_delay,
        rests_until=None if end is None else end.rests_until,
        speech=None if end is None else end.speech,
    )


def call_row(id_: str, call: HeldCall, *, said: bool = False) -> CallRow:
    first, last = call.orders[0], call.orders[-1]
    end = None if call.cdr is None else call.cdr.last
    return CallRow(
        call=id_,
        campaign=call.campaign,
        number=call.number,
        node=last.node,
        started_at=first.at,
        attempts=len(call.orders),
        trunk=last.trunk,
        caller_id=last.caller_id,
        answered_at=None if end is None else end.answered_at,
        ended_at=None if end is None else end.ended_at,
        outcome=None if end is None else end.outcome,
        post_dial_delay=None if end is None else end.post_dial_delay,
        first_packet=None if end is None else end.first_packet,
        notice_spoken=None if end is None else end.notice_spoken,
        barge_ins=0 if end is None else end.barge_ins,
        keys="" if call.cdr is None else call.cdr.keys,
        path=() if call.cdr is None else call.cdr.path,
        script_version=first.script_version,
        intents=() if call.cdr is None or not call.cdr.grade else call.cdr.intents,
        grade="" if call.cdr is None else call.cdr.grade,
        digits_unheard=call.cdr is not None and call.cdr.digits_unheard,
        transcript="" if call.cdr is None or not said else call.cdr.transcript,
    )
