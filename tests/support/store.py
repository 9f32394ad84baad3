"""What tests ask of a store: campaigns of the drama numbers, gates, and ends of calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    CallEnd,
    CampaignRecord,
    Contact,
    ContactRow,
    History,
)
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.ports.store import Store
from dialer.store import SqlStore
from dialer.store.schema import audit_log
from tests.support.orders import CALLER_ID, NOON, order, row

LATER = NOON + timedelta(hours=1)


AS_AT_22: Final = (
    "DROP INDEX calls_graded",
    "ALTER TABLE calls DROP COLUMN digits_unheard",
    "ALTER TABLE attempts DROP COLUMN rests_until",
    "ALTER TABLE calls DROP COLUMN transcript",
    "ALTER TABLE calls DROP COLUMN intents",
    "ALTER TABLE calls DROP COLUMN grade",
    "DROP INDEX legs_by_target",
    "ALTER TABLE inbound_calls DROP COLUMN attested",
    "ALTER TABLE do_not_call DROP COLUMN unproven",
    "UPDATE alembic_version SET version_num = '0022'",
)
"""Takes off what the versions after 22 have added, so that they can be gone through again."""


def record(name: str = "card-renewal", contacts: str = "c0") -> CampaignRecord:
    return CampaignRecord(name, "card-renewal", CALLER_ID, contacts, "5c")


def rows(count: int) -> list[ContactRow]:
    return [row(line) for line in range(2, count + 2)]


async def begin(
    store: Store, contacts: int | Iterable[ContactRow] = 3, name: str = "card-renewal"
) -> int:
    """A campaign of so many contacts; its id."""
    given = rows(contacts) if isinstance(contacts, int) else contacts
    return (await store.open_campaign(record(name), given)).id


async def claim_one(store: Store, campaign: int, now: datetime = NOON) -> Contact:
    (contact,) = await store.claim(campaign, 1, now)
    return contact


def allow(_order: AttemptOrder, _history: History) -> Verdict:
    return Allow()


class Denying:
    """A gate that denies, and keeps what it was shown."""

    def __init__(self, until: datetime | None = LATER, rule: str = "per_number") -> None:
        self.verdict = Deny(rule, "as told", until)
        self.shown: list[History] = []

    def __call__(self, _order: AttemptOrder, history: History) -> Verdict:
        self.shown.append(history)
        return self.verdict


class Watching:
    """A gate that allows, and keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[History] = []

    def __call__(self, _order: AttemptOrder, history: History) -> Verdict:
        self.shown.append(history)
        return Allow()


def attempt_end(
    of: AttemptOrder, reason: Reason = Reason.COMPLETED, at: datetime | None = None
) -> AttemptEnd:
    """An attempt that was answered after 2 s and ended after 60 s, unless `at` says when."""
    return AttemptEnd(
        attempt=of.attempt,
        call=of.call,
        outcome=Outcome.of(reason, 200, 16),
        ended_at=at or of.at + timedelta(seconds=60),
        sip_call_id=f"{of.attempt}@dialer.example",
        post_dial_delay=0.75,
        answered_at=of.at + timedelta(seconds=2),
        first_packet=0.021,
        barge_ins=1,
    )


def call_end(
    of: AttemptOrder,
    reason: Reason = Reason.COMPLETED,
    at: datetime | None = None,
    path: Sequence[str] = ("offer", "done"),
) -> CallEnd:
    return CallEnd(attempt_end(of, reason, at), of.contact.id, keys="20", path=tuple(path))


async def call_through(
    store: Store,
    contact: Contact,
    name: str,
    reason: Reason = Reason.COMPLETED,
    at: datetime = NOON,
) -> AttemptOrder:
    """One whole call of one attempt."""
    placed = order(name, at, contact)
    await store.authorise(placed, allow)
    await store.end_call(call_end(placed, reason))
    return placed


async def on_record(store: SqlStore, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """What the audit log tells of these kinds, in its order: each record's kind and body."""

    def read(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
        asked = select(audit_log.c.kind, audit_log.c.body).where(audit_log.c.kind.in_(kinds))
        found = connection.execute(asked.order_by(audit_log.c.sequence)).all()
        return [(kind, json.loads(body)) for kind, body in found]

    return await store.channel.read(read)
