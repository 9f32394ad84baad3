"""The simulated year with one rule of the gate taken out: its checker misses it, and nothing else.

By this a year without a breach says something of every rule, and not only of those that are broken
most easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.support.legal_facts import Breach
from benchmarks.support.year import year_of
from benchmarks.support.year_desks import Kept
from benchmarks.support.year_office import gates
from benchmarks.support.year_people import OPERATORS, Operator
from benchmarks.support.year_without import NOT_JUDGED, Absence, absences
from dialer.app.gate import gate_rules
from dialer.config import Config
from dialer.core.gate.compliance import Rule
from dialer.testing import MemoryCampaigns, MemoryComplaints, MemoryStore


def in_memory(_folder: Path) -> Kept:
    """It is the checker that is tested here; the year of the real store is `test_legal_year.py`."""
    store = MemoryStore()
    return Kept(
        store,
        store.scripts,
        store.book,
        MemoryComplaints(store.book, store.calls_with),
        MemoryCampaigns(store),
    )


IN_SMALL = [
    absence
    for absence in absences()
    if ":" not in absence.name or absence.name.startswith(("consent:", "calling_hours:"))
]
"""Every rule, and the parts that the law has words for; the benchmark takes out all parts."""


@pytest.mark.parametrize("absence", IN_SMALL, ids=lambda absence: absence.name)
async def test_what_is_absent_is_missed(tmp_path: Path, absence: Absence) -> None:
    told = await year_of(
        absence.operator,
        tmp_path / "year",
        600,
        seed=2,
        rules_of=absence.rules_of,
        least_looks=25,
        at_once=12,
        keep=in_memory,
    )
    assert {found for _, found in told.breaches} == absence.breaches


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
async def test_the_whole_gate_breaks_nothing_in_that_year(
    tmp_path: Path, operator: Operator
) -> None:
    told = await year_of(
        operator, tmp_path / "year", 600, seed=2, least_looks=25, at_once=12, keep=in_memory
    )
    assert told.breaches == []
    assert len(told.log.dialled) > 200


def test_every_rule_is_taken_out_or_it_is_said_why_not(tmp_path: Path) -> None:
    asked: set[str] = set()

    def rules_of(config: Config) -> Sequence[Rule]:
        rules = gate_rules(config)
        asked.update(rule.name for rule in rules)
        return rules

    for operator in OPERATORS:
        gates(operator, tmp_path / operator.name, rules_of)
    taken_out = {absence.name for absence in absences() if ":" not in absence.name}
    assert taken_out == asked - NOT_JUDGED.keys()
    assert NOT_JUDGED.keys() <= asked


def test_every_breach_is_one_that_is_seen() -> None:
    assert set().union(*(absence.breaches for absence in absences())) == set(Breach)
