"""The life of data in the tables: which campaigns are through, and their rows taken away in pieces.

The rows of called contacts are emptied first and go with their calls: the calls point at them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, null, select, update

from dialer.core.office.retention import SETTLES, CampaignLife, Matter, month_ends
from dialer.ports.desks import Destruction, Piece
from dialer.store.queries import tallies
from dialer.store.queries.complaints import unforgotten
from dialer.store.queries.tallies import LATER, REFUSED, Tallies
from dialer.store.schema import (
    DONE,
    WAITING,
    attempts,
    audit_log,
    calls,
    campaigns,
    complaint_evidence,
    complaints,
    contacts,
    destructions,
    inbound_calls,
    legs,
    numbers_shown,
    recordings,
    retention_clock,
)
from dialer.store.upsert import upsert
from dialer.store.values import instant, maybe_instant, micros

AT_ONCE: Final = 500
"""Rows of one transaction, for which a dialling node's commits wait."""
_EMPTY: Final[Mapping[str, Any]] = {
    "number_key": None,
    "person": None,
    "consent_purpose": "",
    "consent_at": 0,
    "timezone": None,
}
_IS_FULL: Final = contacts.c.person.is_not(None)


def lives(connection: Connection, campaign: int | None = None) -> Sequence[CampaignLife]:
    """Every campaign of which anything is left; or the one of that id."""
    mine = campaigns.c
    left = mine.contacts_destroyed_at.is_(None) | mine.evidence_destroyed_at.is_(None)
    asked = select(campaigns).where(left).order_by(mine.id)
    if campaign is not None:
        asked = asked.where(mine.id == campaign)
    held = _counted(
        connection,
        select(calls.c.campaign, func.count(calls.c.call.distinct()))
        .join(complaint_evidence, complaint_evidence.c.call == calls.c.call)
        .join(complaints, complaints.c.complaint == complaint_evidence.c.complaint)
        .where(complaints.c.closed_at.is_(None))
        .group_by(calls.c.campaign),
    )
    at_work = _counted(
        connection,
        select(contacts.c.campaign, func.count())
        .where(contacts.c.claimed_by.is_not(None))
        .group_by(contacts.c.campaign),
    )
    live = _counted(
        connection,
        select(calls.c.campaign, func.count())
        .where(calls.c.ended_at.is_(None))
        .group_by(calls.c.campaign),
    )
    return [
        CampaignLife(
            id=row.id,
            name=row.name,
            ended_at=maybe_instant(row.ended_at),
            last_call_at=_last_call(connection, row.id) if row.ended_at is not None else None,
            at_work=max(at_work[row.id], live[row.id]),
            held=held[row.id],
            contacts_destroyed_at=maybe_instant(row.contacts_destroyed_at),
            evidence_destroyed_at=maybe_instant(row.evidence_destroyed_at),
        )
        for row in connection.execute(asked).all()
    ]


def months(connection: Connection) -> Mapping[str, int]:
    """The months in which calls came in whose records are left; how many complaints hold back."""
    found: Counter[str] = Counter()
    first = connection.scalar(select(func.min(inbound_calls.c.arrived_at)))
    if first is None:
        return found
    held = connection.scalars(
        select(inbound_calls.c.arrived_at)
        .join(complaint_evidence, complaint_evidence.c.call == inbound_calls.c.call)
        .join(complaints, complaints.c.complaint == complaint_evidence.c.complaint)
        .where(complaints.c.closed_at.is_(None))
    )
    holding = Counter(f"{instant(at):%Y-%m}" for at in held)
    # Month by month from the first: there are few, and none needs all rows.
    while first is not None:
        month = f"{instant(first):%Y-%m}"
        found[month] = holding[month]
        first = connection.scalar(
            select(func.min(inbound_calls.c.arrived_at)).where(
                inbound_calls.c.arrived_at >= micros(month_ends(month))
            )
        )
    return found


def end_finished(connection: Connection, at: datetime, by: str) -> Sequence[tuple[str, datetime]]:
    """End campaigns all of whose contacts are done with; their names and ends."""
    ended = []
    for id_, name in connection.execute(
        select(campaigns.c.id, campaigns.c.name).where(campaigns.c.ended_at.is_(None))
    ).all():
        progress = tallies.progress(connection, id_)
        if not progress.total or progress.done < progress.total:
            continue
        end = _last_call(connection, id_) or at
        if at - SETTLES < end < at:
            continue
        connection.execute(
            update(campaigns)
            .where(campaigns.c.id == id_, campaigns.c.ended_at.is_(None))
            .values(ended_at=micros(end), ended_by=by)
        )
        ended.append((name, end))
    return ended


def last_seen(connection: Connection) -> datetime | None:
    """The last instant at which the clock was believed; before the first, of the audit log."""
    seen = connection.scalar(select(func.max(retention_clock.c.seen_at)))
    if seen is None:
        seen = connection.scalar(select(func.max(audit_log.c.at)))
    return maybe_instant(seen)


def saw(connection: Connection, at: datetime) -> None:
    known = connection.execute(update(retention_clock).values(seen_at=micros(at)))
    if not known.rowcount:
        connection.execute(insert(retention_clock).values(id=1, seen_at=micros(at)))


def put(connection: Connection, begun: Destruction, campaign: int | None) -> None:
    """A destruction is under way."""
    connection.execute(
        insert(destructions).values(
            destruction=begun.id,
            matter=begun.matter.value,
            subject=begun.subject,
            campaign=campaign,
            why=begun.why,
            by=begun.by,
            begun_at=micros(begun.begun_at),
            keys=json.dumps(begun.keys),
            master=begun.master,
            counts=json.dumps(dict(begun.counts)),
        )
    )


def under_way(connection: Connection) -> Sequence[Destruction]:
    asked = (
        select(destructions)
        .where(destructions.c.done_at.is_(None))
        .order_by(destructions.c.begun_at, destructions.c.destruction)
    )
    return [
        Destruction(
            id=row.destruction,
            matter=Matter(row.matter),
            subject=row.subject,
            why=row.why,
            by=row.by,
            begun_at=instant(row.begun_at),
            keys=tuple(json.loads(row.keys)),
            master=row.master,
            counts=json.loads(row.counts),
        )
        for row in connection.execute(asked)
    ]


def finish(connection: Connection, done: Destruction, at: datetime, certificate: str) -> bool:
    """False where it was finished before."""
    found = connection.execute(
        update(destructions)
        .where(destructions.c.destruction == done.id, destructions.c.done_at.is_(None))
        .values(done_at=micros(at), certificate=certificate)
    )
    column = {
        Matter.CONTACTS: campaigns.c.contacts_destroyed_at,
        Matter.EVIDENCE: campaigns.c.evidence_destroyed_at,
    }.get(done.matter)
    if found.rowcount and column is not None:
        connection.execute(
            update(campaigns).where(campaigns.c.name == done.subject).values({column: micros(at)})
        )
    return bool(found.rowcount)


def certificates(connection: Connection) -> Sequence[str]:
    asked = (
        select(destructions.c.certificate)
        .where(destructions.c.certificate.is_not(None))
        .order_by(destructions.c.done_at.desc(), destructions.c.destruction)
    )
    return list(connection.scalars(asked))


# ---------------------------------------------------------------------------------- piece by piece


def _last(rows: Sequence[Any]) -> int:
    return rows[-1].id if rows else 0


def next_piece(connection: Connection, of: Destruction, after: int) -> Piece:
    """What of it goes next, of the rows whose id is higher than `after`."""
    if of.matter is Matter.EVIDENCE:
        asked = (
            select(calls.c.id, calls.c.call)
            .where(calls.c.campaign == _id_of(of.subject), calls.c.id > after)
            .order_by(calls.c.id)
            .limit(AT_ONCE)
        )
        rows = connection.execute(asked).all()
        return Piece(
            tuple(row.call for row in rows), tuple(row.id for row in rows), last=_last(rows)
        )
    if of.matter is Matter.INCOMING:
        found = connection.execute(
            select(inbound_calls.c.id, inbound_calls.c.call)
            .where(inbound_calls.c.id > after, *_in_month(of.subject))
            .order_by(inbound_calls.c.id)
            .limit(AT_ONCE)
        ).all()
        return Piece(
            tuple(row.call for row in found), tuple(row.id for row in found), last=_last(found)
        )
    if of.matter is Matter.COMPLAINT:
        # All of it at once: no complaint has many texts.
        return Piece(last=int(of.subject in unforgotten(connection)))
    mine = contacts.c
    whose = (
        mine.campaign == _id_of(of.subject)
        if of.matter is Matter.CONTACTS
        else mine.number_key == bytes.fromhex(of.subject)
    )
    found = connection.execute(
        select(mine.id, mine.state)
        .where(whose, _IS_FULL, mine.id > after)
        .order_by(mine.id)
        .limit(AT_ONCE)
    ).all()
    free = tuple(row.id for row in found if row.state in {WAITING, DONE})
    return Piece(rows=free, at_work=len(found) - len(free), last=_last(found))


def destroy_contacts(
    connection: Connection, counting: Tallies, rows: Sequence[int], rule: str
) -> int:
    """Empty the rows of contacts; those that no call points at go whole.

    Who was not called yet, is done with by `rule`.
    """
    of_these = contacts.c.id.in_(rows) & contacts.c.state.in_((WAITING, DONE))
    waiting: dict[int, Counter[str]] = {}
    for campaign, put_off_by in connection.execute(
        select(contacts.c.campaign, contacts.c.rule).where(of_these, contacts.c.state == WAITING)
    ):
        changes = waiting.setdefault(campaign, Counter())
        changes[REFUSED + rule] += 1
        if put_off_by is not None:
            changes[LATER + put_off_by] -= 1
    for campaign, changes in waiting.items():
        counting.add(connection, campaign, changes)
    emptied = connection.execute(
        update(contacts)
        .where(of_these, _IS_FULL)
        .values(**_EMPTY, state=DONE, due=null(), rule=null())
    ).rowcount
    connection.execute(
        delete(contacts).where(
            contacts.c.id.in_(rows),
            ~_IS_FULL,
            ~exists().where(calls.c.contact == contacts.c.id),
        )
    )
    return emptied


def destroy_calls(connection: Connection, rows: Sequence[int]) -> dict[str, int]:
    """Take calls away with all that hangs on them; what has to outlive them, stays as hashes."""
    of_these = calls.c.id.in_(rows)
    names = select(calls.c.call).where(of_these)
    shown = connection.execute(
        select(attempts.c.number_key, attempts.c.caller_id, func.max(attempts.c.committed_at))
        .where(attempts.c.call.in_(names))
        .group_by(attempts.c.number_key, attempts.c.caller_id)
    ).all()
    for number, caller_id, at in shown:
        _was_shown(connection, number, caller_id, at)
    met = list(connection.scalars(select(calls.c.contact).where(of_these)))
    connection.execute(
        update(inbound_calls).where(inbound_calls.c.about.in_(names)).values(about=null())
    )
    # Their files are gone already, and counted.
    connection.execute(delete(recordings).where(recordings.c.call.in_(names)))
    counts = {
        "legs": connection.execute(delete(legs).where(legs.c.call.in_(names))).rowcount,
        "attempts": connection.execute(delete(attempts).where(attempts.c.call.in_(names))).rowcount,
    }
    counts["calls"] = connection.execute(delete(calls).where(of_these)).rowcount
    connection.execute(
        delete(contacts).where(
            contacts.c.id.in_(met),
            ~_IS_FULL,
            ~exists().where(calls.c.contact == contacts.c.id),
        )
    )
    return counts


def destroy_visits(connection: Connection, rows: Sequence[int]) -> dict[str, int]:
    """Take calls that came in away, with their second legs."""
    of_these = inbound_calls.c.id.in_(rows)
    names = select(inbound_calls.c.call).where(of_these)
    return {
        "legs": connection.execute(delete(legs).where(legs.c.call.in_(names))).rowcount,
        "incoming calls": connection.execute(delete(inbound_calls).where(of_these)).rowcount,
    }


def _in_month(month: str) -> tuple[ColumnElement[bool], ...]:
    ends = micros(month_ends(month))
    begins = micros(datetime.fromisoformat(f"{month}-01T00:00:00+00:00"))
    return inbound_calls.c.arrived_at >= begins, inbound_calls.c.arrived_at < ends


def put_counts(connection: Connection, of: Destruction) -> None:
    connection.execute(
        update(destructions)
        .where(destructions.c.destruction == of.id)
        .values(counts=json.dumps(dict(of.counts)))
    )


def _was_shown(connection: Connection, number: bytes, caller_id: str, at: int) -> None:
    known = connection.execute(
        upsert(connection.dialect, numbers_shown)
        .values(number=number, caller_id=caller_id, at=at)
        .on_conflict_do_nothing()
    )
    if not known.rowcount:
        connection.execute(
            update(numbers_shown)
            .where(
                numbers_shown.c.number == number,
                numbers_shown.c.caller_id == caller_id,
                numbers_shown.c.at < at,
            )
            .values(at=at)
        )


def _id_of(name: str) -> Any:  # noqa: ANN401 - a subquery, whose type says nothing
    return select(campaigns.c.id).where(campaigns.c.name == name).scalar_subquery()


def _last_call(connection: Connection, campaign: int) -> datetime | None:
    return maybe_instant(
        connection.scalar(select(func.max(calls.c.ended_at)).where(calls.c.campaign == campaign))
    )


def _counted(connection: Connection, asked: Any) -> Counter[int]:  # noqa: ANN401 - any select of two
    return Counter({campaign: int(count) for campaign, count in connection.execute(asked)})
