"""What the audit log tells of calls, body by body: each of it in the transaction of the deed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from dialer.core.office.audit_kinds import KINDS
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.values.outcome import Reason
from dialer.core.values.records import History
from dialer.core.values.verdict import Deny
from dialer.store import SqlStore
from dialer.store.audit import SqlAudit
from tests.support.orders import CALLER_ID, NOON, number, order
from tests.support.store import LATER, allow, attempt_end, begin, call_end, claim_one, on_record

SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(tmp_path, "node-1")
    await made.open()
    yield made
    await made.close()


async def told(store: SqlStore) -> list[tuple[str, dict[str, Any]]]:
    """Of calls alone: what is noted of keys, access and imports is held elsewhere."""
    log = await on_record(store, *KINDS)
    return [(kind, body) for kind, body in log if not kind.startswith(("key", "import"))]


async def test_a_call_from_its_denial_to_its_end(store: SqlStore) -> None:
    contact = await claim_one(store, await begin(store, 1))
    hashed = store.channel.vault.lookup.number
    asked = {
        "call": "call-1",
        "campaign": "card-renewal",
        "contact": contact.id,
        "number": hashed(contact.row.number).hex(),
        "trunk": "carrier-a",
        "number_in_call": 1,
    }
    deny = Deny("per_number", "as told", LATER)
    await store.authorise(order(to=contact), lambda *_: deny)
    contact = await claim_one(store, contact.campaign, LATER)
    first = replace(order("1", LATER, contact), script_version="5c")
    await store.authorise(first, allow)
    failed = replace(attempt_end(first, Reason.CONGESTION), answered_at=None, first_packet=None)
    await store.end_attempt(failed)
    second = replace(order("1", LATER + SECOND, contact, number_in_call=2), script_version="5c")
    await store.authorise(second, allow)
    await store.opt_out("call-1", LATER + 5 * SECOND)
    end = call_end(second, Reason.OPTED_OUT)
    await store.end_call(replace(end, last=replace(end.last, notice_spoken=2.5)))
    log = await told(store)
    until = "2026-03-02T13:00:00+00:00"
    denial = {"verdict": "deny", "rule": "per_number", "why": "as told", "until": until}
    allowed = {
        "verdict": "allow",
        "why_trunk": "priority 1",
        "script_version": "5c",
        "shown": hashed(CALLER_ID).hex(),
    }
    consent = log[1][1]["consent"]
    assert len(bytes.fromhex(consent)) == 32
    ends = {"call": "call-1", "sip_code": 200, "q850": 16}
    one, two = "attempt-1-1", "attempt-1-2"
    assert log[:-1] == [
        ("denial", asked | denial),
        ("attempt", asked | allowed | {"attempt": one, "consent": consent}),
        (
            "attempt_end",
            ends
            | {
                "attempt": one,
                "outcome": "carrier.congestion",
                "sip_call_id": f"{one}@dialer.example",
                "answered_at": None,
            },
        ),
        (
            "attempt",
            asked | allowed | {"number_in_call": 2, "attempt": two, "consent": None},
        ),
        ("refusal", {"call": "call-1", "number": asked["number"]}),
        ("notice", {"call": "call-1", "attempt": two, "first_packet": 0.021, "spoken": 2.5}),
        (
            "attempt_end",
            ends
            | {
                "attempt": two,
                "outcome": "callee.opted_out",
                "sip_call_id": f"{two}@dialer.example",
                "answered_at": "2026-03-02T13:00:03+00:00",
            },
        ),
    ]
    kind, body = log[-1]
    assert (kind, body["outcome"], len(body["cdr"])) == ("call_end", "callee.opted_out", 64)
    audit = SqlAudit(store.channel)
    newest_first = [each.at for each in await audit.records(call="call-1")]
    assert newest_first == sorted(newest_first, reverse=True)
    assert [each.kind for each in await audit.records(kind="refusal")] == ["refusal"]


async def test_calls_that_a_killed_process_left(store: SqlStore) -> None:
    campaign = await begin(store, 3)
    for name in ("1", "2"):
        await store.authorise(order(name, to=await claim_one(store, campaign)), allow)
    kept = await claim_one(store, campaign)
    before = len(await told(store))
    assert await store.recover("node-2", LATER) == 0
    assert len(await told(store)) == before
    assert (await store.progress(campaign)).claimed == 3, "they are another node's"
    assert await store.recover("node-1", LATER) == 2
    log = (await told(store))[before:]
    assert [(kind, body.get("call")) for kind, body in log] == [
        ("attempt_end", "call-1"),
        ("attempt_end", "call-2"),
        ("call_end", "call-1"),
        ("call_end", "call-2"),
        ("recovery", None),
    ]
    assert log[0][1]["outcome"] == "dialer.cut_short"
    assert log[-1] == ("recovery", {"calls": 2})
    assert (await claim_one(store, campaign)).id == kept.id
    # Whether they were left alone cannot be known, and so they were.
    answers = (await shown_of(store, campaign)).answers
    assert answers is not None
    assert (answers.live, answers.abandoned, answers.at_risk) == (2, 2, 0)


async def shown_of(store: SqlStore, campaign: int) -> History:
    """What the gate would be shown of the campaign's answers."""
    contact = await claim_one(store, await begin(store, 1, "another"))
    asked = order("9", LATER, replace(contact, campaign=campaign))
    return await store.history(replace(asked, counts_abandoned=True))


async def test_a_visit_and_what_was_asked_in_it(store: SqlStore) -> None:
    hashed = store.channel.vault.lookup.number(number(7)).hex()
    for name, caller in (("in-1", number(7)), ("in-2", None)):
        await store.arrive(
            InboundOrder(name, "node-1", "carrier-a", caller, CALLER_ID, f"{name}@x", NOON)
        )
    for _ in range(2):
        await store.suppress("in-1", NOON)
    await store.end_inbound(InboundEnd("in-1", InboundEnding.SUPPRESSED, NOON + SECOND))
    arrived = {"trunk": "carrier-a", "about": None}
    assert await told(store) == [
        ("arrival", arrived | {"call": "in-1", "number": hashed}),
        ("arrival", arrived | {"call": "in-2", "number": None}),
        ("suppression", {"number": hashed, "why": "asked", "call": "in-1", "unproven": True}),
        ("inbound_end", {"call": "in-1", "ending": "suppressed"}),
    ]
