"""Records of calls as commands show them: the same fields in tables, JSON and comma-separated."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from dialer.core.calls.transcript import SpokenLine
from dialer.office.calls import SeenAttempt, SeenCall, SeenInbound, SeenLeg

CALL_FIELDS: Final = (
    *("started", "campaign", "number", "outcome", "sip_code", "trunk", "attempts", "talk_s"),
    *("keys", "post_dial_delay_s", "notice_spoken_s", "barge_ins", "path", "intents", "grade"),
    *("digits_unheard", "call"),
)
INBOUND_FIELDS: Final = (
    *("arrived", "caller", "called", "trunk", "ending", "talk_s", "keys", "campaign", "about"),
    *("attested", "call"),
)


def call_shown(row: SeenCall) -> dict[str, Any]:
    """One call that we placed, by `CALL_FIELDS`."""
    return {
        "started": told(row.started_at),
        "campaign": row.campaign,
        "number": row.number,
        "outcome": str(row.outcome) if row.outcome else None,
        "sip_code": row.outcome.sip_code if row.outcome else None,
        "trunk": row.trunk,
        "attempts": row.attempts,
        "talk_s": _talk(row.answered_at, row.ended_at),
        "keys": row.keys,
        "post_dial_delay_s": row.post_dial_delay,
        "notice_spoken_s": row.notice_spoken,
        "barge_ins": row.barge_ins,
        "path": " ".join(row.path),
        "intents": " ".join(row.intents),
        "grade": row.grade or None,
        "digits_unheard": row.digits_unheard,
        "call": row.call,
    }


def inbound_shown(row: SeenInbound) -> dict[str, Any]:
    """One call that came in, by `INBOUND_FIELDS`."""
    return {
        "arrived": told(row.arrived_at),
        "caller": row.caller,
        "called": row.called,
        "trunk": row.trunk,
        "ending": row.ending and row.ending.value,
        "talk_s": _talk(row.answered_at, row.ended_at),
        "keys": row.keys,
        "campaign": row.campaign,
        "about": row.about,
        "attested": row.attested,
        "call": row.call,
    }


def attempt_shown(row: SeenAttempt) -> dict[str, Any]:
    """One attempt of a call."""
    return {
        "committed": told(row.committed_at),
        "trunk": row.trunk,
        "why_trunk": row.why_trunk,
        "caller_id": row.caller_id,
        "outcome": str(row.outcome) if row.outcome else None,
        "sip_code": row.outcome.sip_code if row.outcome else None,
        "attempt": row.attempt,
        "sip_call_id": row.sip_call_id,
    }


def line_shown(line: SpokenLine) -> dict[str, Any]:
    """One line of a call's transcript."""
    return {
        "at_s": line.at,
        "speaker": line.speaker.value,
        "words": line.words or None,
        "key": line.key or None,
        "whole": line.whole,
    }


def leg_shown(row: SeenLeg) -> dict[str, Any]:
    """One second leg of a call."""
    return {
        "committed": told(row.committed_at),
        "kind": row.kind.value,
        "target": row.target,
        "trunk": row.trunk,
        "caller_id": row.caller_id,
        "joined": told(row.joined_at),
        "ended": told(row.ended_at),
        "outcome": str(row.outcome) if row.outcome else None,
        "attempt": row.attempt,
        "sip_call_id": row.sip_call_id,
    }


def told(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="milliseconds")


def _talk(answered: datetime | None, ended: datetime | None) -> float | None:
    """Seconds."""
    return round((ended - answered).total_seconds(), 3) if answered and ended else None
