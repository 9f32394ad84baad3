"""Calls on record: lists of them, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from dialer.core.calls.transcript import SpokenLine, unpacked
from dialer.core.values.inbound_records import InboundEnding, InboundRow
from dialer.core.values.legs import LegKind, LegRow
from dialer.core.values.outcome import Outcome
from dialer.core.values.records import AttemptRow, CallRow
from dialer.office.looking import MASKED, Eyes, View, eyes
from dialer.office.request import Request


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A `CallRow`, whose numbers are text, masked or in clear."""

    call: str
    campaign: str
    number: str | None
    started_at: datetime
    attempts: int
    trunk: str
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    post_dial_delay: float | None
    barge_ins: int
    keys: str
    path: tuple[str, ...]
    notice_spoken: float | None
    intents: tuple[str, ...]
    grade: str
    digits_unheard: bool


@dataclass(frozen=True, slots=True)
class SeenInbound:
    """An `InboundRow`, likewise."""

    call: str
    trunk: str
    caller: str | None
    called: str | None
    about: str | None
    campaign: str | None
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ending: InboundEnding | None
    keys: str
    attested: bool


@dataclass(frozen=True, slots=True)
class SeenAttempt:
    """An `AttemptRow`, likewise."""

    attempt: str
    trunk: str
    caller_id: str | None
    why_trunk: str
    committed_at: datetime
    sip_call_id: str | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class SeenLeg:
    """A `LegRow`, likewise."""

    attempt: str
    trunk: str
    caller_id: str | None
    target: str
    kind: LegKind
    committed_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    sip_call_id: str | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class WholeCall:
    """One call, placed by us or come in, with its attempts and second legs."""

    record: SeenCall | SeenInbound
    attempts: Sequence[SeenAttempt]
    legs: Sequence[SeenLeg]
    transcript: Sequence[SpokenLine] = ()
    """Only where numbers are shown in clear."""


Seen = TypeVar("Seen", SeenCall, SeenInbound, SeenAttempt, SeenLeg)


async def placed(
    request: Request, campaign: str | None = None, limit: int | None = None, view: View = MASKED
) -> Sequence[SeenCall]:
    """Calls that we placed, the newest first."""
    seen_by = await eyes(request, view)
    async with request.store.reading() as desks:
        rows = await desks.calls.calls(campaign, limit)
    asked = {"campaign": campaign, "limit": str(limit or "all")}
    await seen_by.put_on_record(request, "calls", len(rows), asked)
    return [seen_call(row, seen_by) for row in rows]


async def came_in(
    request: Request, limit: int | None = None, view: View = MASKED
) -> Sequence[SeenInbound]:
    """Calls that came in, the newest first."""
    seen_by = await eyes(request, view)
    async with request.store.reading() as desks:
        rows = await desks.calls.inbound_calls(limit)
    await seen_by.put_on_record(request, "inbound calls", len(rows), {"limit": str(limit or "all")})
    return [_seen_inbound(row, seen_by) for row in rows]


async def one(request: Request, call: str, view: View = MASKED) -> WholeCall | None:
    """The call of that id; None where there is none."""
    seen_by = await eyes(request, view)
    async with request.store.reading() as desks:
        ours = await desks.calls.calls(call=call)
        others = () if ours else await desks.calls.inbound_calls(call=call)
        attempts = await desks.calls.attempts(call=call)
        legs = await desks.calls.legs(call)
    if not ours and not others:
        return None
    await seen_by.put_on_record(request, "call", len(ours) + len(others), {"call": call})
    return WholeCall(
        seen_call(ours[0], seen_by) if ours else _seen_inbound(others[0], seen_by),
        [_seen_attempt(each, seen_by) for each in attempts],
        [_seen_leg(each, seen_by) for each in legs],
        unpacked(ours[0].transcript) if ours and seen_by.in_clear else (),
    )


def seen_call(row: CallRow, seen_by: Eyes) -> SeenCall:
    """A record with its number as `seen_by` shows it."""
    return _seen(SeenCall, row, number=seen_by.number(row.number))


def _seen_inbound(row: InboundRow, seen_by: Eyes) -> SeenInbound:
    caller, called = seen_by.number(row.caller), seen_by.number(row.called)
    return _seen(SeenInbound, row, caller=caller, called=called)


def _seen_attempt(row: AttemptRow, seen_by: Eyes) -> SeenAttempt:
    return _seen(SeenAttempt, row, caller_id=seen_by.number(row.caller_id))


def _seen_leg(row: LegRow, seen_by: Eyes) -> SeenLeg:
    caller_id, target = seen_by.number(row.caller_id), seen_by.target(row.target)
    return _seen(SeenLeg, row, caller_id=caller_id, target=target)


def _seen(kind: type[Seen], row: object, **texts: str | None) -> Seen:
    """`row` as a `kind`: `texts` in place of what is a person's."""
    names = [field.name for field in fields(kind)]
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    return kind(**values | texts)
