"""What an attempt costs before its INVITE: CPU of gate and commit, at 100 a second.

    python benchmarks/gate_commit.py --cps 100 --seconds 20

Every rule of a configured gate, inside the transaction that keeps the attempt: sealed store, audit
log, approved script, SQLite on disk; each number was called a week before. Attempts come one by
one, and share commits as they do on any node that launches so many (`store/writer.py`). CPU is the
whole process's, less what it takes for keeping the time alone. The split is from a run of its own,
with clocks around the parts; in it, `sql` is the writer's thread without the others.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' scripts serve here too

from support.report import finish, percentile, say
from support.year_office import Words, gates
from support.year_people import OPERATORS

from dialer.core.gate.compliance import Gate
from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, CampaignRecord, Contact, ContactRow
from dialer.core.values.verdict import Allow
from dialer.store import SqlStore
from dialer.store.audit_trail import AuditTrail
from dialer.store.people import People
from dialer.store.scripts import SqlScripts
from dialer.store.sqlite import SqliteDatabase
from tests.support.store import call_end

CPU_LIMIT_MS = 1.5
BEGINS = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in China."""
_PARTS = (
    ("seal", People, "number"),
    ("seal", People, "seal_callee"),
    ("audit", AuditTrail, "note"),
    ("audit", AuditTrail, "finish"),
    ("commit", SqliteDatabase, "commit"),
)


class Office:
    """A store and a gate of the simulated year's operator, with people who were called before."""

    def __init__(self, store: SqlStore, gate: Gate, words: Words) -> None:
        self._store = store
        self.gate = gate
        self._plan = OPERATORS[0].plans[0]
        self._words = words
        self._placed = 0

    async def contacts(self, name: str, count: int, at: datetime) -> Sequence[Contact]:
        plan = self._plan
        record = CampaignRecord(name, plan.purpose, E164(plan.caller_id), name, "script")
        given = at - timedelta(days=30)
        people = (
            ContactRow(
                line + 2, E164(f"+86138{line:08}"), plan.purpose, "branch form", given, f"f{line}"
            )
            for line in range(count)
        )
        opened = await self._store.open_campaign(record, people)
        return await self._store.claim(opened.id, count, at)

    def order(self, contact: Contact, at: datetime) -> AttemptOrder:
        self._placed += 1
        plan = self._plan
        micros = round(at.timestamp() * 1e6)
        return AttemptOrder(
            attempt=f"a{self._placed}",
            call=f"c{self._placed}",
            contact=contact,
            node="year",
            trunk=plan.trunks[0],
            caller_id=E164(plan.caller_id),
            why_trunk="priority 1",
            at=at,
            purpose=plan.purpose,
            script_version=self._words.dialled_with(plan, micros),
        )

    async def call_all(self, contacts: Sequence[Contact], at: datetime) -> None:
        orders = [self.order(contact, at) for contact in contacts]
        for first in range(0, len(orders), 100):
            some = orders[first : first + 100]
            await asyncio.gather(*map(self.authorise, some))
            await asyncio.gather(*(self._store.end_call(call_end(order)) for order in some))

    async def authorise(self, order: AttemptOrder) -> None:
        verdict = await self._store.authorise(order, self.gate.decide)
        if not isinstance(verdict, Allow):
            raise TypeError(f"the gate denied an attempt that it should allow: {verdict}")


async def paced(
    orders: Sequence[AttemptOrder], cps: float, do: Callable[[AttemptOrder], Awaitable[None]]
) -> tuple[float, list[float]]:
    """Begin one every 1/cps s; CPU seconds of the process, and how long each took."""
    took: list[float] = []

    async def one(order: AttemptOrder) -> None:
        began = time.monotonic()
        await do(order)
        took.append(time.monotonic() - began)

    spent, first = time.process_time(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, order in enumerate(orders):
            await asyncio.sleep(max(0.0, first + number / cps - time.monotonic()))
            group.create_task(one(order))
    return time.process_time() - spent, took


async def nothing(_order: AttemptOrder) -> None:
    """What keeping the time costs."""


@contextmanager
def clocks(gate: Gate) -> Iterator[Counter[str]]:
    """CPU seconds of the parts while it lasts, and of the `writer`'s thread in all."""
    spent: Counter[str] = Counter()
    seen: list[float] = []

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
            began = time.thread_time()
            try:
                return function(*given, **named)
            finally:
                ended = time.thread_time()
                spent[part] += ended - began
                if part == "commit":
                    seen.append(ended)

        return call

    with ExitStack() as stack:
        for part, owner, name in _PARTS:
            stack.enter_context(patch.object(owner, name, timed(part, getattr(owner, name))))
        stack.enter_context(patch.object(gate, "decide", timed("gate", gate.decide)))
        yield spent
    spent["writer"] = seen[-1] - seen[0]


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cps", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        asyncio.run(_run(arguments.cps, arguments.seconds, Path(folder)))


async def _run(cps: float, seconds: float, folder: Path) -> None:
    operator = OPERATORS[0]
    count = round(cps * seconds)
    warm, split = round(cps * 2), count // 2
    words = Words(operator, Random(1))
    store = SqlStore(folder / "store", "year")
    await store.open()
    try:
        (_, gate), *_ = gates(operator, folder / "office")
        await words.first(SqlScripts(store.channel))
        office = Office(store, gate, words)
        people = count + warm + split
        before = BEGINS - timedelta(days=7)
        await office.call_all(await office.contacts("earlier", people, before), before)
        contacts = await office.contacts("now", people, BEGINS)
        orders = [
            office.order(contact, BEGINS + timedelta(seconds=place / cps))
            for place, contact in enumerate(contacts)
        ]
        await paced(orders[:warm], cps, office.authorise)
        idle, _ = await paced(orders[warm : warm + count], cps, nothing)
        commits = store.commits
        busy, took = await paced(orders[warm : warm + count], cps, office.authorise)
        commits = store.commits - commits
        say(f"{count} attempts: {busy:.2f} s of CPU, {idle:.2f} s idle")
        with clocks(gate) as spent:
            whole, _ = await paced(orders[warm + count :], cps, office.authorise)
    finally:
        await store.close()
    parts = {part: spent[part] for part in ("gate", "seal", "audit", "commit")}
    parts["sql"] = spent["writer"] - sum(parts.values())
    parts["loop"] = whole - spent["writer"] - idle * split / count
    figures = {
        "attempts": len(took),
        "cpu_ms_per_attempt": round((busy - idle) / count * 1e3, 3),
        "idle_cpu_ms_per_attempt": round(idle / count * 1e3, 3),
        "attempts_per_commit": round(count / commits, 2),
        "p50_ms": round(percentile(took, 0.5) * 1e3, 2),
        "p99_ms": round(percentile(took, 0.99) * 1e3, 2),
        "split_ms": {part: round(each / split * 1e3, 3) for part, each in parts.items()},
    }
    finish(
        "gate_commit",
        figures,
        {
            "attempts": {"least": float(count)},
            "cpu_ms_per_attempt": {"most": CPU_LIMIT_MS},
        },
    )


if __name__ == "__main__":
    main()
