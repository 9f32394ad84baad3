"""Contacts and attempt orders for tests. The numbers are Ofcom's for drama (+44 7700 900xxx)."""

from __future__ import annotations

from datetime import UTC, datetime

from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, Contact, ContactRow

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CALLER_ID = E164("+442079460000")


def number(last: int = 0) -> E164:
    return E164(f"+447700900{last:03}")


def row(line: int = 2, to: E164 | None = None) -> ContactRow:
    return ContactRow(line, to or number(line), "card-renewal", "branch form", NOON, f"form-{line}")


def contact(id_: int = 1, campaign: int = 1, to: E164 | None = None) -> Contact:
    return Contact(id_, campaign, row(id_ + 1, to))


def order(
    name: str = "1",
    at: datetime = NOON,
    to: Contact | None = None,
    *,
    trunk: str = "carrier-a",
    number_in_call: int = 1,
    caller_id: E164 = CALLER_ID,
) -> AttemptOrder:
    """The first attempt of call `call-NAME`, or a later one of it."""
    return AttemptOrder(
        attempt=f"attempt-{name}-{number_in_call}",
        call=f"call-{name}",
        contact=to or contact(),
        node="node-1",
        trunk=trunk,
        caller_id=caller_id,
        why_trunk="priority 1",
        at=at,
        number_in_call=number_in_call,
        purpose="card-renewal",
    )
