"""Numbers in clear: for who may see them, on record before anything is told; masked for others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialer.core.calls.transcript import Speaker, SpokenLine, packed
from dialer.core.office.access import Role
from dialer.core.values.inbound_records import InboundOrder
from dialer.core.values.legs import LegKind, LegOrder
from dialer.core.values.verdict import Allow
from dialer.errors import StoreError
from dialer.office import audit, calls, complaints, contacts, leads, recordings
from dialer.office.looking import MASKED, View
from dialer.office.request import Request
from dialer.ports.audit import CallEvidence
from dialer.ports.office import Desks
from dialer.testing import MemoryAccess
from tests.support.office import Asking, FakeDesks, Forgetful, staffed
from tests.support.orders import CALLER_ID, NOON, number, order
from tests.support.store import allow, begin, call_end, claim_one

WORDS = "call my wife on Thursday"
CLEAR = View(in_clear=True, why="a complaint")
Ask = Callable[[Request, View], Awaitable[Any]]
LISTS: dict[str, Ask] = {
    "calls": lambda who, view: calls.placed(who, "card-renewal", view=view),
    "inbound calls": lambda who, view: calls.came_in(who, 5, view),
    "leads": lambda who, view: leads.leads(who, "card-renewal", view=view),
    "call": lambda who, view: calls.one(who, "call-1", view),
    "contacts": lambda who, view: anext(contacts.pages(who, "card-renewal", view)),
}
"""By what the record of a look calls them."""
ASKED = {
    "calls": {"campaign": "card-renewal", "limit": "all"},
    "inbound calls": {"limit": "5"},
    "leads": {"campaign": "card-renewal", "grades": "AB", "limit": "all"},
    "call": {"call": "call-1"},
    "contacts": {"campaign": "card-renewal"},
}


async def kept(access: MemoryAccess) -> FakeDesks:
    """A call with its second leg, a contact that waits, and a call that came in."""
    desks = FakeDesks(await staffed(access))
    store = desks.calls
    await store.open()
    placed = order("1", NOON, await claim_one(store, await begin(store, 2)))
    await store.authorise(placed, allow)
    said = packed([SpokenLine(3.0, Speaker.CALLEE, WORDS)])
    await store.end_call(replace(call_end(placed), grade="A", transcript=said))
    to = number(9)
    leg = LegOrder("leg-1", "call-1", "node-1", "carrier-a", CALLER_ID, to, LegKind.BRIDGE, NOON)
    await store.authorise_leg(leg, lambda _leg, _history: Allow())
    came = InboundOrder("in-1", "node-1", "carrier-a", number(2), CALLER_ID, "x@carrier", NOON)
    await store.arrive(came)
    return desks


def shows(found: object, last: int) -> bool:
    return number(last).digits in repr(found)


@pytest.mark.parametrize("what", LISTS)
async def test_masked_takes_no_token_and_leaves_no_record(what: str, tmp_path: Path) -> None:
    desks = await kept(MemoryAccess())
    found = await LISTS[what](Asking(tmp_path, desks).by(None), MASKED)
    assert "+44*****0002" in repr(found)
    assert not any(shows(found, last) for last in (2, 3, 9))
    assert CALLER_ID.digits not in repr(found)
    assert desks.access.looks == []


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.AUDITOR])
@pytest.mark.parametrize("what", LISTS)
async def test_who_may_looks_and_it_is_on_record(what: str, role: Role, tmp_path: Path) -> None:
    desks = await kept(MemoryAccess())
    request = Asking(tmp_path, desks).by(role)
    found = await LISTS[what](request, CLEAR)
    assert shows(found, 2)
    assert "*****" not in repr(found)
    (look,) = desks.access.looks
    assert (look.by, look.what, look.asked) == (role, what, ASKED[what])
    assert look.rows == (2 if what == "contacts" else 1)
    assert (look.at, look.why) == (request.utc(), "a complaint")


@pytest.mark.parametrize("what", LISTS)
async def test_what_cannot_be_put_on_record_is_not_told(what: str, tmp_path: Path) -> None:
    asking = Asking(tmp_path, await kept(Forgetful()))
    with pytest.raises(StoreError, match="no room"):
        await LISTS[what](asking.by(Role.AUDITOR), CLEAR)


async def test_a_look_at_a_whole_campaign_counts_all_of_it_before_its_first_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "_PAGE", 1)
    desks = await kept(MemoryAccess())
    pages = contacts.pages(Asking(tmp_path, desks).by(Role.AUDITOR), "card-renewal", CLEAR)
    assert [each.row for each in await anext(pages)] == [2]
    assert [look.rows for look in desks.access.looks] == [2]
    assert [[each.row for each in page] async for page in pages] == [[3]]
    assert len(desks.access.looks) == 1


async def test_a_call_that_is_not_there_is_no_look(tmp_path: Path) -> None:
    desks = await kept(MemoryAccess())
    assert await calls.one(Asking(tmp_path, desks).by(Role.AUDITOR), "nobody", CLEAR) is None
    assert desks.access.looks == []


async def test_a_complaint_is_read_once_that_is_on_record(tmp_path: Path) -> None:
    for access in (MemoryAccess(), Forgetful()):
        asking = Asking(tmp_path, await kept(access))
        made = await complaints.open_(asking.by(Role.COMPLIANCE), number(2), "Stop it.", "call-1")
        asked = complaints.file(asking.by(Role.COMPLIANCE), made.id)
        if isinstance(access, Forgetful):
            with pytest.raises(StoreError, match="no room"):
                await asked
        else:
            assert (await asked).texts == ("Stop it.",)
            assert [look.what for look in access.looks] == [f"complaint {made.id}"]


async def test_a_recording_is_given_out_once_that_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sound(*_of: object) -> bytes:
        return b"RIFF"

    async def broken(*_of: object) -> None:
        raise StoreError("no room for the database")

    monkeypatch.setattr("dialer.recordings.recording_of", sound)
    desks = await kept(MemoryAccess())
    asking = Asking(tmp_path, desks)
    assert await recordings.export(asking.by(Role.AUDITOR), "call-1") == b"RIFF"
    assert desks.recordings.noted == [("recording_exported", "call-1")]
    monkeypatch.setattr(desks.recordings, "export", broken)
    with pytest.raises(StoreError, match="no room"):
        await recordings.export(asking.by(Role.AUDITOR), "call-1")


class Unsaid:
    """A log with evidence of a call, on which nothing more can be put."""

    async def evidence(self, _call: str) -> CallEvidence:
        return CallEvidence("node-1", (), frozenset(), b"", {})

    async def key(self, _path: Path) -> None:
        return None

    async def exported(self, *_of: object) -> None:
        raise StoreError("no room for the database")


async def test_evidence_is_written_once_that_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeDesks, "audit", Unsaid())
    asking = Asking(tmp_path, await kept(MemoryAccess()))
    with pytest.raises(StoreError, match="no room"):
        await audit.export(asking.by(Role.AUDITOR), "call-1", tmp_path / "bundle.zip")
    assert not (tmp_path / "bundle.zip").exists()


async def test_a_reason_keeps_no_number(tmp_path: Path) -> None:
    desks: Desks = await kept(access := MemoryAccess())
    view = View(in_clear=True, why=f"complaint of {number(2).clear}")
    await calls.placed(Asking(tmp_path, desks).by(Role.AUDITOR), view=view)
    assert [look.why for look in access.looks] == ["complaint of [number]"]


@pytest.mark.parametrize("clear, why", [(False, "x"), (True, "x" * 201)])
def test_a_reason_goes_with_a_look_and_is_short(clear: bool, why: str) -> None:
    with pytest.raises(ValueError, match="goes with --clear"):
        View(clear, why)


@pytest.mark.parametrize("view,shown", [(MASKED, 0), (CLEAR, 2)])
async def test_what_callees_said_is_shown_where_numbers_are(
    view: View, shown: int, tmp_path: Path
) -> None:
    request = Asking(tmp_path, await kept(MemoryAccess())).by(Role.COMPLIANCE)
    found = await leads.leads(request, view=view), await calls.one(request, "call-1", view)
    assert repr(found).count(WORDS) == shown
