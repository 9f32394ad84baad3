"""A store in which everything was done that the audit log tells of."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dialer.core.dialog.approval import Action
from dialer.core.dialog.script_version import canonical
from dialer.core.office.access import Role
from dialer.core.office.complaints import Move
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.values.legs import LegEnd, LegKind, LegOrder
from dialer.core.values.outcome import Reason
from dialer.core.values.statements import Act
from dialer.core.values.verdict import Allow
from dialer.ports.desks import ListImport
from dialer.store import SqlStore
from dialer.store.desks import SqlDesks
from tests.support.access import ADMIN, FIRST, somebody
from tests.support.approvals import clean, content, step
from tests.support.orders import CALLER_ID, NOON, number, order
from tests.support.retention import DAY, Lab, sql_desks
from tests.support.signing import key, signature
from tests.support.store import allow, attempt_end, begin, call_end, call_through, claim_one

SECOND = timedelta(seconds=1)


async def use(store: SqlStore, folder: Path) -> None:
    """Calls, people, scripts, suppressions, complaints, and destructions of three matters."""
    desks = SqlDesks(store)
    await _people(desks)
    await _book(desks)
    await _scripts(desks)
    await _calls(store)
    await _complaints(desks)
    lab = Lab(store, sql_desks(store), folder)
    await lab.campaign("old", called=2, waiting=1)
    await lab.end("old")
    await lab.destroyer().forget(number(8), "ann")
    await lab.at(NOON + 300 * DAY)
    for _ in range(2):  # evidence comes after contact data
        await lab.destroyer().run("node-1")


async def _people(desks: SqlDesks) -> None:
    await desks.access.give(FIRST, None)
    await desks.access.give(somebody("li.na", Role.OPERATOR, expires=NOON + DAY), ADMIN)
    again = somebody("li.na", Role.COMPLIANCE, token="another", at=NOON + 2 * DAY)
    await desks.access.give(again, ADMIN)
    await desks.access.register(key("root"), signature("root", Act.REGISTER_KEY))
    await desks.access.take("li.na", ADMIN, NOON + 3 * DAY)
    await desks.access.recover(somebody("root", Role.ADMIN, token="new"), "daemon", "lost")


async def _book(desks: SqlDesks) -> None:
    book = desks.suppressions
    await book.add(number(40), "by letter", "ann", NOON)
    await book.add(number(41), "by letter", "ann", NOON)
    await book.remove(number(41), "a mistake", "ann", NOON + SECOND)
    for at, numbers in ((NOON, (50, 51, 52)), (NOON + DAY, (50, 51, 52, 53))):
        wanted = ListImport("robinson", "the authority", f"d{at.day}", at, "ann", len(numbers))
        await book.import_list(wanted, map(number, numbers), replace=True)


async def _scripts(desks: SqlDesks) -> None:
    submitted = step(Action.SUBMIT, "ann")
    sounds = {hashlib.sha256(b"a sound").hexdigest(): b"a sound"}
    version = await desks.scripts.submit(canonical(content()), {"offer": 2.0}, submitted, sounds)
    approved = step(Action.APPROVE, "bob", NOON + SECOND)
    await desks.scripts.decide(version.hash, approved, clean(version))


async def _calls(store: SqlStore) -> None:
    campaign = await begin(store, 6, "cards")
    for name, reason in (("a", Reason.COMPLETED), ("b", Reason.OPTED_OUT)):
        await call_through(store, await claim_one(store, campaign), name, reason)
    two = await claim_one(store, campaign)
    first = order("c", NOON, two)
    await store.authorise(first, allow)
    failed = replace(attempt_end(first, Reason.CONGESTION), answered_at=None, first_packet=None)
    await store.end_attempt(failed)
    second = order("c", NOON + SECOND, two, number_in_call=2)
    await store.authorise(second, allow)
    await _leg(store, "call-c")
    await store.opt_out("call-c", NOON + 9 * SECOND)
    await store.end_call(call_end(second, Reason.OPTED_OUT))
    await store.authorise(order("d", NOON, await claim_one(store, campaign)), allow)
    visit = InboundOrder("in-1", "node-1", "carrier-a", number(7), CALLER_ID, "in-1@x", NOON)
    await store.arrive(visit)
    await store.suppress("in-1", NOON)
    await store.end_inbound(InboundEnd("in-1", InboundEnding.SUPPRESSED, NOON + SECOND))
    await store.arrive(replace(visit, call="in-2", attested=True))
    await store.suppress("in-2", NOON + SECOND)
    # A process that was killed leaves a call of each kind.
    await _leg(store, "call-d", ends=False)
    await store.recover("node-1", NOON + DAY)
    await store.authorise(order("e", NOON, await claim_one(store, campaign)), allow)


async def _leg(store: SqlStore, call: str, *, ends: bool = True) -> None:
    leg = f"leg-of-{call}"
    wanted = LegOrder(leg, call, "node-1", "pbx", CALLER_ID, number(60), LegKind.BRIDGE, NOON)
    await store.authorise_leg(wanted, lambda _order, _history: Allow())
    if ends:
        last = replace(attempt_end(order("c")), attempt=leg, call=call)
        await store.end_leg(LegEnd(last, NOON + 3 * SECOND))


async def _complaints(desks: SqlDesks) -> None:
    for at, who in enumerate((2, 2, 9)):
        made = await desks.complaints.open(number(who), "too often", "ann", NOON + at * SECOND)
        for move in (Move.ANSWER, Move.CLOSE)[: 2 - at]:
            await desks.complaints.act(made.id, move, "sorry", "bob", NOON + DAY + at * SECOND)
