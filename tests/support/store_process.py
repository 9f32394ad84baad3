"""A process that imports contacts, calls them, and closes its store, for a look at its memory.

What it works on comes from a file, so that none of it is in our code or arguments. Told on stdin
when it may end.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dialer.app.gate import gate_rules
from dialer.config import load_config
from dialer.core.gate.compliance import Gate
from dialer.core.values.number import parse
from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptOrder, CallEnd, ContactRow, History
from dialer.core.values.verdict import Verdict
from dialer.store import SqlStore
from tests.support.orders import NOON, order
from tests.support.store import allow, attempt_end, record

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "dialer.yaml"


def rows(path: Path) -> Iterator[ContactRow]:
    with path.open(encoding="utf-8") as lines:
        for line, text in enumerate(lines, start=2):
            number, name, reference = text.strip().split(",")
            yield ContactRow(
                row=line,
                number=parse(number),
                consent_purpose="card-renewal",
                consent_source="branch form",
                consent_at=datetime(2026, 1, 1, tzinfo=UTC),
                consent_ref=reference,
                variables={"name": name},
            )


async def work(folder: Path, contacts: Path) -> None:
    config = load_config(EXAMPLE, now=NOON)
    gate = Gate(gate_rules(config))

    def decide(order: AttemptOrder, history: History) -> Verdict:
        """What the gate looks up of a number is looked up, and then called whatever it says."""
        gate.decide(order, history)
        return allow(order, history)

    store = SqlStore(folder, "node-1")
    await store.open()
    campaign = (await store.open_campaign(record(), rows(contacts))).id
    log = logging.getLogger("calls")
    while taken := await store.claim(campaign, 10, NOON):
        for contact in taken:
            placed = order(str(contact.id), NOON + timedelta(seconds=contact.id), contact)
            await store.authorise(placed, decide)
            end = attempt_end(placed, Reason.COMPLETED)
            await store.end_call(CallEnd(end, contact.id, "2580"))
            log.warning("called %s", contact.row.number)
    assert len(await store.calls()) > 0
    await store.close()


def main() -> None:
    asyncio.run(work(Path(sys.argv[1]), Path(sys.argv[2])))
    gc.collect()
    sys.stdout.write("closed\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
