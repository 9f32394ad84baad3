"""What a callee was shown is kept: across campaigns, however old, and through a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.compliance import Gate
from dialer.core.gate.one_number import OneNumber, one_number
from dialer.core.values.number import E164
from dialer.core.values.records import Shown
from dialer.core.values.verdict import Allow, Deny
from dialer.ports.store import Store
from dialer.store import SqlStore
from tests.support.orders import CALLER_ID, NOON, number, order, row
from tests.support.store import Watching, begin, call_end, claim_one, record

OTHER = E164("+442079460001")
CALLEE = number(42)
OURS = CallerIds(
    {
        "carrier-a": [
            VerifiedNumber(each, "Example Bank", "a-17.pdf", date(2099, 1, 1))
            for each in (CALLER_ID, OTHER)
        ]
    }
)
GATE = Gate([one_number(OURS, OneNumber())])


async def call_from(store: Store, name: str, caller_id: E164, days: int = 0) -> Allow | Deny:
    """A campaign that shows `caller_id` calls CALLEE; what the gate said."""
    at = NOON + timedelta(days=days)
    rows = [row(2, CALLEE)]
    campaign = await store.open_campaign(replace(record(name), caller_id=caller_id), rows)
    contact = await claim_one(store, campaign.id, at)
    asked = order(name, at, contact, caller_id=caller_id)
    verdict = await store.authorise(asked, GATE.decide)
    if isinstance(verdict, Allow):
        await store.end_call(call_end(asked))
    return verdict


async def test_the_second_campaign_may_not_show_another_number(store: Store) -> None:
    assert await call_from(store, "spring", CALLER_ID) == Allow()
    refused = await call_from(store, "autumn", OTHER, days=200)
    assert isinstance(refused, Deny)
    assert (refused.rule, refused.until) == ("one_number", None)
    assert await call_from(store, "winter", CALLER_ID, days=300) == Allow()
    # Who was refused is done with in that campaign, not kept waiting.
    progress = await store.progress(2)
    assert (progress.done, progress.waiting, dict(progress.waiting_later)) == (1, 0, {})


async def test_what_two_campaigns_ask_at_once_is_judged_one_after_the_other(store: Store) -> None:
    contacts = [
        await claim_one(store, await begin(store, [row(2, CALLEE)], name)) for name in ("a", "b")
    ]
    asked = [
        store.authorise(order(name, NOON, contact, caller_id=caller_id), GATE.decide)
        for name, contact, caller_id in zip("ab", contacts, (CALLER_ID, OTHER), strict=True)
    ]
    verdicts = await asyncio.gather(*asked)
    assert [type(verdict) for verdict in verdicts] == [Allow, Deny]


async def test_the_gate_is_shown_each_number_once_the_latest_last(store: Store) -> None:
    shown = [(OTHER, 0), (CALLER_ID, 1), (OTHER, 2), (CALLER_ID, 3), (OTHER, 4)]
    for turn, (caller_id, days) in enumerate(shown):
        contact = await claim_one(store, await begin(store, [row(2, CALLEE)], f"c{turn}"))
        at = NOON - timedelta(days=900 - days)
        placed = order(f"{turn}", at, contact, caller_id=caller_id)
        await store.authorise(placed, Watching())
        await store.end_call(call_end(placed))
    gate = Watching()
    contact = await claim_one(store, await begin(store, [row(2, CALLEE)], "now"))
    await store.authorise(order("now", NOON, contact), gate)
    last = NOON - timedelta(days=896)
    expected = (Shown(CALLER_ID, last - timedelta(days=1)), Shown(OTHER, last))
    assert gate.shown[0].shown == expected


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    for name, caller_id, verdict in (
        ("spring", CALLER_ID, Allow),
        ("autumn", OTHER, Deny),
        ("winter", CALLER_ID, Allow),
    ):
        store = SqlStore(tmp_path, f"node-{name}")
        await store.open()
        try:
            said = await call_from(store, name, caller_id)
        finally:
            await store.close()
        assert isinstance(said, verdict)
