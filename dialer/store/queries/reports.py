"""What is read from the tables and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, select

from dialer.core.values.number import E164
from dialer.core.values.records import AttemptRow, CallRow, PastAttempt
from dialer.store.people import People
from dialer.store.schema import (
    attempts,
    calls,
    campaigns,
)
from dialer.store.values import instant, maybe_instant, micros, outcome, path


def call_rows(
    connection: Connection,
    people: People,
    campaign: str | None,
    limit: int | None,
    call: str | None = None,
    grades: Collection[str] = (),
) -> Sequence[CallRow]:
    """CDRs, newest first; only that one, where a call is named, with its transcript.

    With `grades` only those of these grades, the best first, with their transcripts. Those whose
    personal data was destroyed come without it.
    """
    with_transcript = bool(grades) or call is not None

    def number(row: Row[Any]) -> E164 | None:
        callee = people.callee(connection, row.name, row.call, row.person)
        return None if callee is None else callee.number

    asked = (
        select(calls, campaigns.c.name)
        .join(campaigns, campaigns.c.id == calls.c.campaign)
        .order_by(
            *([calls.c.grade] if grades else []), calls.c.started_at.desc(), calls.c.id.desc()
        )
        .limit(limit)
    )
    if campaign is not None:
        asked = asked.where(campaigns.c.name == campaign)
    if call is not None:
        asked = asked.where(calls.c.call == call)
    if grades:
        asked = asked.where(calls.c.grade.in_(sorted(grades)))

    def said(row: Row[Any], column: str) -> str:
        return people.said(connection, row.name, row.call, column, getattr(row, column))

    return [
        CallRow(
            call=row.call,
            campaign=row.name,
            number=number(row),
            node=row.node,
            started_at=instant(row.started_at),
            attempts=row.attempts,
            trunk=row.trunk,
            caller_id=E164(row.caller_id),
            answered_at=maybe_instant(row.answered_at),
            ended_at=maybe_instant(row.ended_at),
            outcome=outcome(row.outcome, row.sip_code, row.q850),
            post_dial_delay=row.post_dial_delay,
            first_packet=row.first_packet,
            notice_spoken=row.notice_spoken,
            barge_ins=row.barge_ins,
            keys=said(row, "pressed"),
            path=path(row.path),
            script_version=row.script_version or "",
            intents=path(row.intents or "[]"),
            grade=row.grade or "",
            digits_unheard=bool(row.digits_unheard),
            transcript=said(row, "transcript") if with_transcript else "",
        )
        for row in connection.execute(asked)
    ]


def past_attempts(
    connection: Connection, since: datetime, most: int, but_of: str
) -> Sequence[PastAttempt]:
    """The attempts since then, the last `most` of them, oldest first; those of `but_of` left out.

    Walked from the newest row back to the first that is too old: no index is needed for it.
    """
    asked = select(attempts).order_by(attempts.c.id.desc()).limit(most)
    rows = connection.execute(asked, execution_options={"yield_per": 500})
    found = [
        PastAttempt(
            attempt=row.attempt,
            trunk=row.trunk,
            prefix=row.prefix or "",
            caller_id=E164(row.caller_id),
            placed_at=instant(row.committed_at),
            was_sent=row.sip_call_id is not None,
            outcome=outcome(row.outcome, row.sip_code, row.q850),
            ended_at=maybe_instant(row.ended_at),
            answered_at=maybe_instant(row.answered_at),
            post_dial_delay=row.post_dial_delay,
            rests_until=maybe_instant(row.rests_until),
            speech=None if row.speech is None else bool(row.speech),
        )
        for row in takewhile(lambda row: row.committed_at >= micros(since), rows)
        if row.node != but_of
    ]
    rows.close()  # a server's cursor stays open until it is told
    return found[::-1]


def attempt_rows(
    connection: Connection, campaign: str | None, call: str | None = None
) -> Sequence[AttemptRow]:
    """Every attempt, oldest first; of one campaign or call where it is named."""
    asked = select(attempts).order_by(attempts.c.committed_at, attempts.c.id)
    if campaign is not None:
        asked = (
            asked.join(calls, calls.c.call == attempts.c.call)
            .join(campaigns, campaigns.c.id == calls.c.campaign)
            .where(campaigns.c.name == campaign)
        )
    if call is not None:
        asked = asked.where(attempts.c.call == call)
    return [
        AttemptRow(
            attempt=row.attempt,
            call=row.call,
            trunk=row.trunk,
            caller_id=E164(row.caller_id),
            why_trunk=row.why_trunk,
            committed_at=instant(row.committed_at),
            sip_call_id=row.sip_call_id,
            outcome=outcome(row.outcome, row.sip_code, row.q850),
        )
        for row in connection.execute(asked)
    ]
