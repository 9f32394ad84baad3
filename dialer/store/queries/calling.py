"""Attempts and CDRs: asked of the gate and committed before the INVITE, ended after it."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, func, insert, select, update

from dialer.core.gate.abandonment import counted, day_of
from dialer.core.office import evidence
from dialer.core.office.audit_kinds import calls as kinds
from dialer.core.office.audit_kinds import suppressions as book_kinds
from dialer.core.office.evidence import Callee
from dialer.core.values.number import E164, prefix_of
from dialer.core.values.outcome import is_refusal
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Decide, History
from dialer.core.values.retry import waits_for
from dialer.core.values.suppression import DIGITS_UNHEARD, SuppressionKind
from dialer.core.values.verdict import Deny, Verdict
from dialer.errors import StoreError
from dialer.store.audit_trail import AuditTrail
from dialer.store.people import People
from dialer.store.prepared import Prepared
from dialer.store.queries.cdr import Cdrs
from dialer.store.queries.history import Histories
from dialer.store.queries.tallies import ABANDONED, ANSWERED, OUTCOME, Tallies
from dialer.store.queries.turns import Turns
from dialer.store.schema import attempts, calls
from dialer.store.values import maybe_micros, micros, path_text

SALT_BYTES: Final = 16

_OF_ATTEMPT: Final = ("sip_call_id", "speech", "rests_until")
_SAID: Final = ("pressed", "transcript")


class Calling:
    """The life of a call in the tables."""

    def __init__(
        self, dialect: Dialect, people: People, audit: AuditTrail, tallies: Tallies, turns: Turns
    ) -> None:
        self._people = people
        self._audit = audit
        self._tallies = tallies
        self._turns = turns
        self.histories = Histories(dialect, tallies)
        self._cdrs = Cdrs(dialect, people)
        self._shown: dict[E164, bytes] = {}
        self._begin_call = Prepared(
            dialect,
            insert(calls).values(
                {
                    name: bindparam(name)
                    for name in (
                        "call",
                        "campaign",
                        "contact",
                        "number_key",
                        "person",
                        "node",
                        "started_at",
                        "attempts",
                        "trunk",
                        "caller_id",
                        "barge_ins",
                        "path",
                        "script_version",
                    )
                }
            ),
            attempts=1,
            barge_ins=0,
            path="[]",
        )
        self._next_attempt = Prepared(
            dialect,
            update(calls)
            .where(calls.c.call == bindparam("of_call"), calls.c.ended_at.is_(None))
            .values(
                attempts=bindparam("count"),
                trunk=bindparam("over"),
                caller_id=bindparam("shown"),
            ),
        )
        self._begin_attempt = Prepared(
            dialect,
            insert(attempts).values(
                {
                    name: bindparam(name)
                    for name in (
                        "attempt",
                        "call",
                        "number_key",
                        "prefix",
                        "number_in_call",
                        "node",
                        "trunk",
                        "caller_id",
                        "why_trunk",
                        "committed_at",
                    )
                }
            ),
        )
        how_it_went = (
            "ended_at",
            "outcome",
            "sip_code",
            "q850",
            "post_dial_delay",
            "answered_at",
            "first_packet",
            "notice_spoken",
            "barge_ins",
        )
        self._end_attempt = Prepared(
            dialect,
            update(attempts)
            .where(
                attempts.c.attempt == bindparam("of_attempt"),
                attempts.c.call == bindparam("of_call"),
            )
            .values({name: bindparam(name) for name in (*how_it_went, *_OF_ATTEMPT)}),
        )
        self._end_call = Prepared(
            dialect,
            update(calls)
            .where(
                calls.c.call == bindparam("of_call"),
                calls.c.contact == bindparam("of_contact"),
                calls.c.ended_at.is_(None),
            )
            .values(
                {
                    name: bindparam(name)
                    for name in (*how_it_went, *_SAID, "path", "intents", "grade", "digits_unheard")
                }
                # A refusal that was on record already keeps its time.
                | {"opted_out_at": func.coalesce(calls.c.opted_out_at, bindparam("at_its_end"))}
            ),
        )
        self._opt_out = Prepared(
            dialect,
            update(calls)
            .where(calls.c.call == bindparam("of_call"), calls.c.opted_out_at.is_(None))
            .values(opted_out_at=bindparam("at")),
        )
        self._whose = Prepared(
            dialect,
            select(calls.c.campaign, calls.c.number_key, calls.c.node, calls.c.opted_out_at).where(
                calls.c.call == bindparam("of_call")
            ),
        )

    def authorise(self, connection: Connection, order: AttemptOrder, decide: Decide) -> Verdict:
        """What the gate says of `order`, and the attempt or the denial in tables and audit log."""
        callee = order.contact.row.number
        number = self._people.number(callee)
        history = self.histories.of(connection, order, number, self._people.older(callee))
        verdict = decide(order, history)
        campaign = self._people.campaign(connection, order.contact.campaign)
        if isinstance(verdict, Deny):
            if verdict.held:
                return verdict
            # Where a call lives, its end decides about the contact.
            self._turns.denied(connection, order.contact, verdict)
            body = kinds.denial(order, campaign, number, verdict)
            self._audit.note(kinds.DENIAL, order.at, body)
            return verdict
        consent = None
        if order.number_in_call == 1:
            consent = self._begin(connection, order, campaign, number)
        else:
            found = self._next_attempt.run(
                connection,
                of_call=order.call,
                count=order.number_in_call,
                over=order.trunk,
                shown=order.caller_id.clear,
            )
            _one(found.rowcount, f"call {order.call} is not live")
        self._begin_attempt.run(
            connection,
            attempt=order.attempt,
            call=order.call,
            number_key=number,
            prefix=prefix_of(order.contact.row.number),
            number_in_call=order.number_in_call,
            node=order.node,
            trunk=order.trunk,
            caller_id=order.caller_id.clear,
            why_trunk=order.why_trunk,
            committed_at=micros(order.at),
        )
        body = kinds.attempt(order, campaign, number, self._hash_of(order.caller_id), consent)
        self._audit.note(kinds.ATTEMPT, order.at, body)
        return verdict

    def _begin(
        self, connection: Connection, order: AttemptOrder, campaign: str, number: bytes
    ) -> str:
        """A new call in its table; the digest of the consent that it goes by."""
        callee = Callee.of(order.contact.row, os.urandom(SALT_BYTES))
        self._turns.calling(connection, order.contact.id)
        self._begin_call.run(
            connection,
            call=order.call,
            campaign=order.contact.campaign,
            contact=order.contact.id,
            number_key=number,
            person=self._people.seal_callee(connection, campaign, order.call, callee),
            node=order.node,
            started_at=micros(order.at),
            trunk=order.trunk,
            caller_id=order.caller_id.clear,
            script_version=order.script_version or None,
        )
        return evidence.digest(callee.consent())

    def _hash_of(self, caller_id: E164) -> bytes:
        """Of one of our own numbers, of which there are few."""
        known = self._shown.get(caller_id)
        if known is None:
            known = self._shown[caller_id] = self._people.number(caller_id)
        return known

    def history(self, connection: Connection, order: AttemptOrder) -> History:
        """What the gate would be shown."""
        callee = order.contact.row.number
        number, older = self._people.number(callee), self._people.older(callee)
        return self.histories.of(connection, order, number, older)

    def opt_out(self, connection: Connection, call: str, at: datetime) -> None:
        if self._opt_out.run(connection, of_call=call, at=micros(at)).rowcount:
            _campaign, number, node, _before = self._of(connection, call)
            self._refused(connection, call, number, at, node)

    def end_attempt(self, connection: Connection, end: AttemptEnd) -> None:
        found = self._end_attempt.run(
            connection,
            of_attempt=end.attempt,
            of_call=end.call,
            sip_call_id=end.sip_call_id,
            speech=None if end.speech is None else int(end.speech),
            rests_until=maybe_micros(end.rests_until),
            **_columns(end),
        )
        _one(found.rowcount, f"attempt {end.attempt} is not known")
        if end.first_packet is not None:
            self._audit.note(kinds.NOTICE, end.answered_at or end.ended_at, kinds.notice(end))
        self._audit.note(kinds.ATTEMPT_END, end.ended_at, kinds.attempt_end(end))

    def end_call(self, connection: Connection, end: CallEnd) -> None:
        self.end_attempt(connection, end.last)
        last = end.last
        campaign, number, node, opted_out_at = self._of(connection, last.call)
        refused = is_refusal(last.outcome)
        name = self._people.campaign(connection, campaign)
        found = self._end_call.run(
            connection,
            of_call=last.call,
            of_contact=end.contact,
            at_its_end=micros(last.ended_at) if refused else None,
            **{
                column: self._people.seal_said(connection, name, last.call, column, text)
                for column, text in zip(_SAID, (end.keys, end.transcript), strict=True)
            },
            path=path_text(end.path),
            intents=path_text(end.intents) if end.grade else None,
            grade=end.grade or None,
            digits_unheard=1 if end.digits_unheard else None,
            **_columns(last),
        )
        _one(found.rowcount, f"call {last.call} is not live: a call has one end")
        if refused and opted_out_at is None:
            self._refused(connection, last.call, number, last.ended_at, node)
        if end.digits_unheard:
            self._entered_for_unheard_keys(connection, number, last.ended_at, node)
        if end.again_at is None:
            self._turns.done(connection, end.contact)
        else:
            what = waits_for(last.outcome)
            self._turns.put_back(connection, end.contact, campaign, end.again_at, what)
        answered, abandoned = counted(last)
        day = day_of(last.ended_at)
        self._tallies.add(
            connection,
            campaign,
            {f"{OUTCOME}{last.outcome}": 1, ANSWERED + day: answered, ABANDONED + day: abandoned},
        )
        self.note_end(connection, last.call, name, str(last.outcome), last.ended_at)

    def note_end(
        self, connection: Connection, call: str, campaign: str, outcome: str, at: datetime
    ) -> None:
        """Have the audit log tell of a call's end, and of its record's digest."""
        made = self._cdrs.record(connection, call)
        cdr = None if made is None else evidence.digest(made[0])
        self._audit.note(kinds.CALL_END, at, kinds.call_end(call, campaign, outcome, cdr))

    def _entered_for_unheard_keys(
        self, connection: Connection, number: bytes, at: datetime, node: str
    ) -> None:
        book, own = self.histories.book, SuppressionKind.OWN_LIST
        if book.enter(connection, number, own, at, node, DIGITS_UNHEARD):
            body = book_kinds.by_hand(number, node, DIGITS_UNHEARD)
            self._audit.note(book_kinds.OWN_LISTED, at, body)

    def _refused(
        self, connection: Connection, call: str, number: bytes, at: datetime, node: str
    ) -> None:
        self.histories.book.refused(connection, number, at, node)
        self._audit.note(kinds.REFUSAL, at, kinds.refusal(call, number))

    def _of(self, connection: Connection, call: str) -> tuple[int, bytes, str, int | None]:
        """Its campaign, the hash of its number, its node, and when the callee refused."""
        found = self._whose.run(connection, of_call=call).fetchone()
        if found is None:
            raise StoreError(f"call {call} is not known")
        campaign, number, node, opted_out_at = found
        return campaign, number, node, opted_out_at


def _one(changed: int, otherwise: str) -> None:
    if changed != 1:
        raise StoreError(otherwise)


def _columns(end: AttemptEnd) -> dict[str, object]:
    return {
        "ended_at": micros(end.ended_at),
        "outcome": str(end.outcome),
        "sip_code": end.outcome.sip_code,
        "q850": end.outcome.q850,
        "post_dial_delay": end.post_dial_delay,
        "answered_at": maybe_micros(end.answered_at),
        "first_packet": end.first_packet,
        "notice_spoken": end.notice_spoken,
        "barge_ins": end.barge_ins,
    }
