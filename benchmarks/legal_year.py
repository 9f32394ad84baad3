"""A year of calls to hostile lists: no call unlawful, no lawful contact left to wait in vain.

    python benchmarks/legal_year.py --contacts 1000000
    python benchmarks/legal_year.py --contacts 20000

The gate with its configured rules decides inside the store's transactions (SQLite, on disk), by a
clock that is simulated to the microsecond. What it let through is then judged by
`support/lawbook.py`, which shares no code with it. The same seed gives the same year.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' scripts serve here too

from support.report import finish, say
from support.year import Told, year_of
from support.year_people import OPERATORS


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the database is kept while it runs")
    arguments = parser.parse_args()
    if arguments.contacts < 1000:
        parser.error("--contacts is at least 1000")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="year-", dir=arguments.folder) as folder:
        told = [
            asyncio.run(
                year_of(
                    operator,
                    Path(folder) / operator.name,
                    round(arguments.contacts * operator.share),
                    arguments.seed,
                    say=say,
                )
            )
            for operator in OPERATORS
        ]
    figures = _figures(told) | {"minutes": round((time.monotonic() - began) / 60, 1)}
    finish(
        "legal_year",
        figures,
        {
            "contacts": {"least": float(arguments.contacts) * 0.99},
            "unlawful_attempts": {"most": 0.0},
            "starved_contacts": {"most": 0.0},
            "attempts_not_on_record": {"most": 0.0},
        },
    )


def _figures(years: Sequence[Told]) -> dict[str, object]:
    logs = [told.log for told in years]
    broken = [each for told in years for each in told.breaches]
    return {
        "contacts": sum(told.contacts for told in years),
        "decisions": sum(log.decisions for log in logs),
        "attempts": sum(len(log.dialled) for log in logs),
        "attempts_not_on_record": sum(
            abs(told.on_record - len(told.log.dialled)) for told in years
        ),
        "contacts_called": sum(len({each.contact for each in log.dialled}) for log in logs),
        "unlawful_attempts": len({id(dialled) for dialled, _ in broken}),
        "breaches": dict(Counter(breach.name.lower() for _, breach in broken)),
        "starved_contacts": sum(len(told.starved) for told in years),
        "refusals": sum(not said.for_good for log in logs for said in log.said),
        "never_again": sum(said.for_good for log in logs for said in log.said),
        "denied": dict(sum((log.denied for log in logs), Counter())),
        "idle_looks": sum(len(looked) for log in logs for looked in log.looked.values()),
        "killed": sum(log.killed for log in logs),
    }


if __name__ == "__main__":
    main()
