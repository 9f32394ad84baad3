"""Complaints in the tables. Numbers are keyed hashes, texts are sealed before they come here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

from sqlalchemy import ColumnElement, Connection, insert, select, union_all, update

from dialer.core.office.complaints import Complaint, ComplaintState, ComplaintStep, Move
from dialer.store.schema import (
    calls,
    complaint_evidence,
    complaint_steps,
    complaints,
    inbound_calls,
)
from dialer.store.values import instant, maybe_instant, micros

FORGOTTEN: Final = b""
"""Stands for a text that was destroyed: whatever is sealed is longer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A complaint as it is kept; `texts` are sealed, the first of the complaint's own row."""

    complaint: Complaint
    number: bytes
    about: str | None
    texts: tuple[bytes, ...]

    @property
    def is_forgotten(self) -> bool:
        """Whether its texts were destroyed."""
        return self.texts[0] == FORGOTTEN


def calls_with(connection: Connection, number: bytes) -> Sequence[str]:
    """All calls with the number of this keyed hash, in either direction, the oldest first."""
    ours = select(calls.c.call, calls.c.started_at).where(calls.c.number_key == number)
    theirs = select(inbound_calls.c.call, inbound_calls.c.arrived_at).where(
        inbound_calls.c.caller_key == number
    )
    found = connection.execute(union_all(ours, theirs)).all()
    return [call for call, _at in sorted(found, key=itemgetter(1))]


def put(
    connection: Connection, made: Complaint, number: bytes, about: str | None, text: bytes
) -> None:
    connection.execute(
        insert(complaints).values(
            complaint=made.id,
            number=number,
            about=about,
            opened_at=micros(made.opened_at),
            opened_by=made.opened_by,
            text=text,
        )
    )
    if made.evidence:
        rows = [{"complaint": made.id, "call": call} for call in made.evidence]
        connection.execute(insert(complaint_evidence), rows)


def put_step(connection: Connection, done: Complaint, text: bytes) -> None:
    """Keep the last step of `done`; closed, its evidence is not held back any more."""
    step = done.steps[-1]
    connection.execute(
        insert(complaint_steps).values(
            complaint=done.id,
            step=len(done.steps),
            move=step.move.value,
            who=step.who,
            at=micros(step.when),
            text=text,
            signed=step.signed,
        )
    )
    is_closed = done.state is ComplaintState.CLOSED
    connection.execute(
        update(complaints)
        .where(complaints.c.complaint == done.id)
        .values(closed_at=micros(step.when) if is_closed else None)
    )


def get(connection: Connection, id_: str) -> Kept | None:
    found = _kept(connection, complaints.c.complaint == id_)
    return found[0] if found else None


def every(connection: Connection) -> Sequence[Kept]:
    """All of them, the latest first."""
    return _kept(connection)


def unclosed(connection: Connection) -> Sequence[Kept]:
    """Those whose evidence is held back."""
    return _kept(connection, complaints.c.closed_at.is_(None))


def unforgotten(connection: Connection) -> Mapping[str, datetime | None]:
    """The complaints whose texts are left, and when each was closed, the first opened first."""
    asked = (
        select(complaints.c.complaint, complaints.c.closed_at)
        .where(complaints.c.text != FORGOTTEN)
        .order_by(complaints.c.opened_at, complaints.c.complaint)
    )
    return {row.complaint: maybe_instant(row.closed_at) for row in connection.execute(asked)}


def forget(connection: Connection, id_: str) -> int:
    """Overwrite the texts of a complaint; how many there were."""
    of_it = update(complaints).where(complaints.c.complaint == id_)
    of_steps = update(complaint_steps).where(complaint_steps.c.complaint == id_)
    done = connection.execute(of_it.values(text=FORGOTTEN)).rowcount
    return done + connection.execute(of_steps.values(text=FORGOTTEN)).rowcount


def _kept(connection: Connection, *which: ColumnElement[bool]) -> list[Kept]:
    asked = (
        select(complaints)
        .where(*which)
        .order_by(complaints.c.opened_at.desc(), complaints.c.complaint)
    )
    heads = connection.execute(asked).all()
    steps: dict[str, list[tuple[ComplaintStep, bytes]]] = {row.complaint: [] for row in heads}
    evidence: dict[str, list[str]] = {row.complaint: [] for row in heads}
    of_these = select(complaints.c.complaint).where(*which)
    for row in connection.execute(
        select(complaint_steps)
        .where(complaint_steps.c.complaint.in_(of_these))
        .order_by(complaint_steps.c.complaint, complaint_steps.c.step)
    ):
        step = ComplaintStep(Move(row.move), row.who, instant(row.at), row.signed)
        steps[row.complaint].append((step, bytes(row.text)))
    for row in connection.execute(
        select(complaint_evidence)
        .where(complaint_evidence.c.complaint.in_(of_these))
        .order_by(complaint_evidence.c.complaint, complaint_evidence.c.call)
    ):
        evidence[row.complaint].append(row.call)
    return [
        Kept(
            Complaint(
                id=row.complaint,
                opened_at=instant(row.opened_at),
                opened_by=row.opened_by,
                evidence=tuple(evidence[row.complaint]),
                steps=tuple(step for step, _text in steps[row.complaint]),
            ),
            bytes(row.number),
            row.about,
            (bytes(row.text), *(text for _step, text in steps[row.complaint])),
        )
        for row in heads
    ]
