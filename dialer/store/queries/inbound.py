"""Calls that came in: recorded as they arrive, with what is known of who is calling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.core.inbound_records import (
    InboundEnd,
    InboundEnding,
    InboundOrder,
    InboundRow,
    LastCall,
)
from dialer.core.number import E164
from dialer.errors import StoreError
from dialer.store.schema import attempts, calls, campaigns, inbound_calls, suppressions
from dialer.store.values import instant, maybe_instant, maybe_micros, micros


def arrive(connection: Connection, order: InboundOrder) -> LastCall | None:
    """Record the arrival; the last call of ours to the caller, if there was one."""
    about = None if order.caller is None else _last_call(connection, order.caller)
    connection.execute(
        insert(inbound_calls).values(
            call=order.call,
            node=order.node,
            trunk=order.trunk,
            caller=None if order.caller is None else order.caller.clear,
            called=order.called.clear,
            sip_call_id=order.sip_call_id,
            about=None if about is None else about.call,
            arrived_at=micros(order.at),
            keys="",
        )
    )
    return about


def suppress(connection: Connection, call: str, at: datetime) -> None:
    """The caller of `call` is never to be called again; who asked before, keeps that time."""
    caller = connection.scalar(select(inbound_calls.c.caller).where(inbound_calls.c.call == call))
    if caller is None:
        raise StoreError(f"call {call} came from nobody whose number is known")
    known = select(suppressions.c.number).where(suppressions.c.number == caller)
    if connection.scalar(known) is None:
        connection.execute(insert(suppressions).values(number=caller, at=micros(at), call=call))


def end(connection: Connection, ended: InboundEnd) -> None:
    found = connection.execute(
        update(inbound_calls)
        .where(inbound_calls.c.call == ended.call, inbound_calls.c.ended_at.is_(None))
        .values(
            answered_at=maybe_micros(ended.answered_at),
            ended_at=micros(ended.ended_at),
            ending=ended.ending.value,
            keys=ended.keys,
        )
    )
    if found.rowcount != 1:
        raise StoreError(f"incoming call {ended.call} is not live: a call has one end")


def recover(connection: Connection, node: str, at: datetime) -> None:
    """Close what a killed process left."""
    connection.execute(
        update(inbound_calls)
        .where(inbound_calls.c.node == node, inbound_calls.c.ended_at.is_(None))
        .values(ended_at=micros(at), ending=InboundEnding.CUT_SHORT.value)
    )


def rows(
    connection: Connection, limit: int | None, call: str | None = None
) -> Sequence[InboundRow]:
    """Calls that came in, newest first; only that one, where a call is named."""
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
            caller=None if row.caller is None else E164(row.caller),
            called=E164(row.called),
            about=row.about,
            campaign=row.name,
            arrived_at=instant(row.arrived_at),
            answered_at=maybe_instant(row.answered_at),
            ended_at=maybe_instant(row.ended_at),
            ending=None if row.ending is None else InboundEnding(row.ending),
            keys=row.keys,
        )
        for row in connection.execute(asked)
    ]


def _last_call(connection: Connection, number: E164) -> LastCall | None:
    """By the attempts, whose index leads there."""
    found = connection.execute(
        select(calls.c.call, calls.c.started_at, campaigns.c.name, campaigns.c.purpose)
        .join(attempts, attempts.c.call == calls.c.call)
        .join(campaigns, campaigns.c.id == calls.c.campaign)
        .where(attempts.c.number == number.clear)
        .order_by(attempts.c.committed_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    return LastCall(found.call, found.name, found.purpose, instant(found.started_at))
