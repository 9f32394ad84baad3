"""The audit log: how fast it is written and checked, and whether tampering is found.

    python benchmarks/audit.py --records 20000 --mutations 1000

A node's calls are written through the store: sealed, SQLite on disk, with signed checkpoints. Then
somebody with the database in their hands changes, removes, swaps, inserts, cuts off, chains anew
and signs anew, one thing at a time in a smaller log; each time the whole of it is checked as
`dialer audit verify --checkpoints FILE` does. `wrong_record_named` is of those where the record
can be told; where all after it was chained anew, only the next checkpoint can be named, and
`next_checkpoint_named` is of those.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' scripts serve here too

from support.audit_log import Written, checking, write
from support.report import finish, say
from support.tampering import tamper

LEAST_A_SECOND = 2000.0


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="written for the throughput")
    parser.add_argument("--every", type=int, default=1000, help="records between checkpoints")
    parser.add_argument("--tampered", type=int, default=1200, help="records tampered with")
    parser.add_argument("--mutations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        asyncio.run(_run(arguments, Path(folder)))


async def _run(arguments: argparse.Namespace, folder: Path) -> None:
    log = await write(folder / "long", arguments.records, arguments.every)
    say(f"{log.records} records in {log.seconds:.1f} s")
    cpu = await _cpu_of_check(log)
    small = await write(folder / "small", arguments.tampered, arguments.tampered // 10)
    began = time.monotonic()
    told = await tamper(small, arguments.mutations, arguments.seed)
    say(f"{told.done} ways of tampering in {time.monotonic() - began:.0f} s")
    for what, counts in (("NOT FOUND", told.not_found), ("not named", told.not_named)):
        for way, count in counts.items():
            say(f"{what}: {way}: {count}")
    finish(
        "audit",
        {
            "records": log.records,
            "records_per_cpu_second": round(log.records / log.cpu_seconds),
            "records_per_second": round(log.records / log.seconds),
            "checked_per_cpu_second": round(log.records * 1.1 / cpu),
            "mutations": told.done,
            "kinds_of_mutation": len(told.ways),
            "not_found": told.done - told.found,
            "wrong_record_named": _share(told.exactly_named, told.exact),
            "next_checkpoint_named": _share(told.mended_named, told.mended),
            "false_alarms": told.false_alarms,
        },
        {
            "records_per_cpu_second": {"least": LEAST_A_SECOND},
            "records_per_second": {"least": LEAST_A_SECOND},
            "mutations": {"least": float(arguments.mutations)},
            "not_found": {"most": 0.0},
            "wrong_record_named": {"least": 1.0},
            "next_checkpoint_named": {"least": 1.0},
            "false_alarms": {"most": 0.0},
        },
    )


async def _cpu_of_check(log: Written) -> float:
    async with checking(log) as check:
        spent = time.process_time()
        await check()
        return time.process_time() - spent


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


if __name__ == "__main__":
    main()
