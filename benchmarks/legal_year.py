"""A year of calls to hostile lists: no call unlawful, no lawful contact left to wait in vain.

    python benchmarks/legal_year.py --contacts 1000000
    python benchmarks/legal_year.py --contacts 20000
    python benchmarks/legal_year.py --without-each --contacts 2000

The gate with its configured rules decides inside the store's transactions (SQLite, on disk), by a
clock that is simulated to the microsecond. What it let through is then judged by
`support/lawbook.py`, which shares no code with it. The same seed gives the same year.

`--without-each` asks the checker instead: in a year of so many contacts for each rule, which is
dialled without that rule, it must find the breaches that belong to the rule, and no others.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' scripts serve here too

from support.legal_facts import Breach
from support.report import finish, say
from support.year import Told, year_of
from support.year_people import OPERATORS
from support.year_without import NOT_JUDGED, absences


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the database is kept while it runs")
    parser.add_argument("--without-each", action="store_true", help="each rule taken out by turns")
    arguments = parser.parse_args()
    if arguments.contacts < 1000:
        parser.error("--contacts is at least 1000")
    with tempfile.TemporaryDirectory(prefix="year-", dir=arguments.folder) as folder:
        if arguments.without_each:
            _without_each(Path(folder), arguments.contacts, arguments.seed)
        else:
            _whole(Path(folder), arguments.contacts, arguments.seed)


def _whole(folder: Path, contacts: int, seed: int) -> None:
    """The gate as it is."""
    began = time.monotonic()
    told = [
        asyncio.run(
            year_of(
                operator, folder / operator.name, round(contacts * operator.share), seed, say=say
            )
        )
        for operator in OPERATORS
    ]
    figures = _figures(told) | {"minutes": round((time.monotonic() - began) / 60, 1)}
    finish(
        "legal_year",
        figures,
        {
            "contacts": {"least": float(contacts) * 0.99},
            "unlawful_attempts": {"most": 0.0},
            "starved_contacts": {"most": 0.0},
            "attempts_not_on_record": {"most": 0.0},
        },
    )


def _without_each(folder: Path, contacts: int, seed: int) -> None:
    """The gate without each of its rules, and without each part of those that have several."""
    found: dict[str, Mapping[str, int]] = {}
    missed, others = [], []
    for place, absence in enumerate(absences()):
        # Few people at once: there is somebody left to call on every day of the year.
        told = asyncio.run(
            year_of(
                absence.operator,
                folder / str(place),
                contacts,
                seed,
                rules_of=absence.rules_of,
                least_looks=100,
                at_once=12,
            )
        )
        kinds = Counter(breach for _, breach in told.breaches)
        found[absence.name] = {breach.name.lower(): calls for breach, calls in kinds.items()}
        missed += sorted(breach.name.lower() for breach in absence.breaches - kinds.keys())
        others += sorted(breach.name.lower() for breach in kinds.keys() - absence.breaches)
        say(f"without {absence.name}: {found[absence.name]}")
    finish(
        "legal_year --without-each",
        {
            "contacts": contacts,
            "absences": len(found),
            "unlawful_attempts": found,
            "breaches_missed": missed,
            "missed": len(missed),
            "breaches_of_others": others,
            "of_others": len(others),
            "not_judged": dict(NOT_JUDGED),
        },
        {"missed": {"most": 0.0}, "of_others": {"most": 0.0}},
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
        "refusals": sum(said.what is Breach.REFUSED for log in logs for said in log.said),
        "never_again": sum(said.what is Breach.NEVER_AGAIN for log in logs for said in log.said),
        "denied": dict(sum((log.denied for log in logs), Counter())),
        "idle_looks": sum(len(looked) for log in logs for looked in log.looked.values()),
        "killed": sum(log.killed for log in logs),
    }


if __name__ == "__main__":
    main()
