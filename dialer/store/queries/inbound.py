"""Calls that came in: recorded as they arrive, with what is known of who is calling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dialer.core.office.audit_kinds import calls as kinds
from dialer.core.values.inbound_records import (
    InboundEnd,
    InboundEnding,
    InboundOrder,
    InboundRow,
    LastCall,
)
from dialer.core.values.number import E164
from dialer.core.values.suppression import SuppressionKind
from dialer.errors import StoreError
from dialer.store.audit_trail import AuditTrail
from dialer.store.people import People
from dialer.store.queries.suppression import Book
from dialer.store.schema import attempts, calls, campaigns, inbound_calls
from dialer.store.values import instant, maybe_instant, maybe_micros, micros


def arrive(
    connection: Connection, people: People, audit: AuditTrail, order: InboundOrder
) -> LastCall | None:
    """Record the arrival; the last call of ours to the caller, if there was one."""
    caller = None if order.caller is None else people.number(order.caller)
    about = None if caller is None else _last_call(connection, caller)
    clear = "" if order.caller is None else order.caller.clear
    connection.execute(
        insert(inbound_calls).values(
            call=order.call,
            node=order.node,
            trunk=order.trunk,
            caller_key=caller,
            person=people.seal_visit(connection, order.at, order.call, "person", clear),
            called=order.called.clear,
            sip_call_id=order.sip_call_id,
            about=None if about is None else about.call,
            arrived_at=micros(order.at),
            attested=int(order.attested),
        )
    )
    body = kinds.arrival(order, caller, None if about is None else about.call)
    audit.note(kinds.ARRIVAL, order.at, body)
    return about


def suppress(
    connection: Connection, book: Book, audit: AuditTrail, call: str, at: datetime
) -> None:
    """The caller of `call` is never to be called again; who asked before, keeps that time.

    It is marked as unproven until somebody asks whose number was verified.
    """
    found = connection.execute(
        select(inbound_calls.c.caller_key, inbound_calls.c.node, inbound_calls.c.attested).where(
            inbound_calls.c.call == call
        )
    ).first()
    if found is None or found.caller_key is None:
        raise StoreError(f"call {call} came from nobody whose number is known")
    asked, proven = SuppressionKind.ASKED, bool(found.attested)
    if book.enter(connection, found.caller_key, asked, at, found.node, unproven=not proven):
        body = kinds.suppression(found.caller_key, asked.value, call, unproven=not proven)
        audit.note(kinds.SUPPRESSION, at, body)
    elif proven and book.prove(connection, found.caller_key):
        body = kinds.suppression_proven(found.caller_key, call)
        audit.note(kinds.SUPPRESSION_PROVEN, at, body)


def end(connection: Connection, people: People, audit: AuditTrail, ended: InboundEnd) -> None:
    arrived = connection.scalar(
        select(inbound_calls.c.arrived_at).where(inbound_calls.c.call == ended.call)
    )
    month = ended.ended_at if arrived is None else instant(arrived)
    found = connection.execute(
        update(inbound_calls)
        .where(inbound_calls.c.call == ended.call, inbound_calls.c.ended_at.is_(None))
        .values(
            answered_at=maybe_micros(ended.answered_at),
            ended_at=micros(ended.ended_at),
            ending=ended.ending.value,
            pressed=people.seal_visit(connection, month, ended.call, "pressed", ended.keys),
        )
    )
    if found.rowcount != 1:
        raise StoreError(f"incoming call {ended.call} is not live: a call has one end")
    audit.note(kinds.INBOUND_END, ended.ended_at, kinds.inbound_end(ended))


def recover(connection: Connection, audit: AuditTrail, node: str, at: datetime) -> None:
    """Close what a killed process left."""
    ended = connection.execute(
        update(inbound_calls)
        .where(inbound_calls.c.node == node, inbound_calls.c.ended_at.is_(None))
        .values(ended_at=micros(at), ending=InboundEnding.CUT_SHORT.value)
        .returning(inbound_calls.c.id, inbound_calls.c.call)
    ).all()
    for _id, call in sorted(map(tuple, ended)):
        body = kinds.inbound_end(InboundEnd(call, InboundEnding.CUT_SHORT, at))
        audit.note(kinds.INBOUND_END, at, body)


def rows(
    connection: Connection, people: People, limit: int | None, call: str | None = None
) -> Sequence[InboundRow]:
    """Calls that came in, newest first; only that one, where a call is named."""

    def opened(row: Row[Any], column: str) -> str:
        sealed = getattr(row, column)
        return people.visit(connection, instant(row.arrived_at), row.call, column, sealed)

    asked = (
        select(inbound_calls, campaigns.c.name)
        .outerjoin(calls, calls.c.call == inbound_calls.c.about)
        .outerjoin(campaigns, campaigns.c.id == calls.c.campaign)
        .order_by(inbound_calls.c.arrived_at.desc(), inbound_calls.c.id.desc())
        .limit(limit)
    )
    if call is not None:
        asked = asked.where(inbound_calls.c.call == call)
    return [
        InboundRow(
            call=row.call,
            trunk=row.trunk,
            caller=E164(caller) if (caller := opened(row, "person")) else None,
            called=E164(row.called),
            about=row.about,
            campaign=row.name,
            arrived_at=instant(row.arrived_at),
            answered_at=maybe_instant(row.answered_at),
            ended_at=maybe_instant(row.ended_at),
            ending=None if row.ending is None else InboundEnding(row.ending),
            keys=opened(row, "pressed"),
            attested=bool(row.attested),
        )
        for row in connection.execute(asked)
    ]


def _last_call(connection: Connection, number: bytes) -> LastCall | None:
    """By the attempts, whose index leads there."""
    found = connection.execute(
        select(calls.c.call, calls.c.started_at, campaigns.c.name, campaigns.c.purpose)
        .join(attempts, attempts.c.call == calls.c.call)
        .join(campaigns, campaigns.c.id == calls.c.campaign)
        .where(attempts.c.number_key == number)
        .order_by(attempts.c.committed_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    return LastCall(found.call, found.name, found.purpose, instant(found.started_at))
