"""Second legs: committed before their INVITE or REFER, ended after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.core.office.audit_kinds import calls as kinds
from dialer.core.values.legs import DecideLeg, LegEnd, LegKind, LegOrder, LegRow
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import History
from dialer.core.values.targets import written
from dialer.core.values.verdict import Allow, Verdict
from dialer.errors import StoreError
from dialer.store.audit_trail import AuditTrail
from dialer.store.people import People
from dialer.store.queries.history import HISTORY, Histories
from dialer.store.schema import legs
from dialer.store.values import instant, maybe_instant, maybe_micros, micros, outcome


def authorise(
    connection: Connection,
    people: People,
    audit: AuditTrail,
    histories: Histories,
    order: LegOrder,
    decide: DecideLeg,
) -> Verdict:
    """What the gate says of `order`; the leg is in the table where it allows it."""
    target: bytes | None = None
    history = History(configuration=histories.configuration(connection, order.node))
    if isinstance(order.target, E164):
        target, older = people.number(order.target), people.older(order.target)
        history = histories.of(connection, order.as_attempt(), target, older)
        tried = sorted([*history.attempts, *_tried(connection, order)])
        history = replace(history, attempts=tuple(tried))
    verdict = decide(order, history)
    is_allowed = isinstance(verdict, Allow)
    audit.note(
        kinds.LEG if is_allowed else kinds.LEG_DENIAL, order.at, kinds.leg(order, verdict, target)
    )
    if isinstance(verdict, Allow):
        connection.execute(
            insert(legs).values(
                attempt=order.attempt,
                call=order.call,
                node=order.node,
                trunk=order.trunk,
                caller_id=order.caller_id.clear,
                target=written(order.target),
                kind=order.kind.value,
                committed_at=micros(order.at),
            )
        )
    return verdict


def _tried(connection: Connection, order: LegOrder) -> Sequence[datetime]:
    """When legs of the same call to the same target were committed; `Histories` has the others."""
    found = connection.scalars(
        select(legs.c.committed_at).where(
            legs.c.call == order.call,
            legs.c.target == written(order.target),
            legs.c.committed_at > micros(order.at - HISTORY),
        )
    )
    return [instant(at) for at in found]


def end(connection: Connection, audit: AuditTrail, ended: LegEnd) -> None:
    last = ended.last
    found = connection.execute(
        update(legs)
        .where(legs.c.attempt == last.attempt, legs.c.ended_at.is_(None))
        .values(
            answered_at=maybe_micros(last.answered_at),
            joined_at=maybe_micros(ended.joined_at),
            ended_at=micros(last.ended_at),
            outcome=str(last.outcome),
            sip_code=last.outcome.sip_code,
            q850=last.outcome.q850,
            sip_call_id=last.sip_call_id,
            post_dial_delay=last.post_dial_delay,
        )
    )
    if found.rowcount != 1:
        raise StoreError(f"leg {last.attempt} is not live: a leg has one end")
    call = connection.scalar(select(legs.c.call).where(legs.c.attempt == last.attempt))
    audit.note(kinds.LEG_END, last.ended_at, kinds.leg_end(str(call), ended))


def recover(connection: Connection, audit: AuditTrail, node: str, at: datetime) -> None:
    """Close what a killed process left."""
    outcome_ = str(Outcome.of(Reason.CUT_SHORT))
    ended = connection.execute(
        update(legs)
        .where(legs.c.node == node, legs.c.ended_at.is_(None))
        .values(ended_at=micros(at), outcome=outcome_)
        .returning(legs.c.id, legs.c.call, legs.c.attempt)
    ).all()
    for _id, call, attempt in sorted(map(tuple, ended)):
        body = kinds.cut_short(call, attempt, outcome_) | {"joined_at": None}
        audit.note(kinds.LEG_END, at, body)


def rows(connection: Connection, call: str | None) -> Sequence[LegRow]:
    """Every leg, oldest first; of one call where it is named."""
    asked = select(legs).order_by(legs.c.id)
    if call is not None:
        asked = asked.where(legs.c.call == call)
    return [
        LegRow(
            attempt=row.attempt,
            call=row.call,
            trunk=row.trunk,
            caller_id=E164(row.caller_id),
            target=row.target,
            kind=LegKind(row.kind),
            committed_at=instant(row.committed_at),
            joined_at=maybe_instant(row.joined_at),
            ended_at=maybe_instant(row.ended_at),
            sip_call_id=row.sip_call_id,
            outcome=outcome(row.outcome, row.sip_code, row.q850),
        )
        for row in connection.execute(asked)
    ]
