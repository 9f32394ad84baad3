"""The simulated year in small, and whether its checker sees what a broken gate lets through.

That it misses each rule by itself is shown in `test_year_without_a_rule.py`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.support import lawbook, legal_facts, wall_clocks, year_node
from benchmarks.support.lawbook import Lawbook
from benchmarks.support.legal_facts import (
    Approval,
    Breach,
    Campaign,
    Dialled,
    Listed,
    Paper,
    Year,
)
from benchmarks.support.wall_clocks import DAY, HOUR, midnight
from benchmarks.support.year import Told, year_of
from benchmarks.support.year_people import OPERATORS, Operator
from dialer.app.gate import gate_rules
from dialer.config import Config
from dialer.core.gate.compliance import Rule
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.verdict import Deny, Verdict

Rules = Sequence[Rule]
CHINA, AMERICA = OPERATORS


@pytest.fixture(autouse=True)
def commits_wait_for_no_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small year has few calls at once, and would mostly wait for commits to be shared."""
    monkeypatch.setattr("dialer.store.writer._PATIENCE", 0.0)


async def small_year(
    folder: Path,
    rules: Callable[[Config], Rules],
    operator: Operator = CHINA,
    at_once: int | None = None,
) -> Told:
    return await year_of(
        operator, folder / "year", 400, seed=3, rules_of=rules, least_looks=150, at_once=at_once
    )


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
async def test_the_gate_lets_nothing_through_and_forgets_nobody(
    tmp_path: Path, operator: Operator
) -> None:
    told = await small_year(tmp_path, gate_rules, operator)
    assert told.breaches == []
    assert told.starved == []
    assert told.on_record == len(told.log.dialled) > 200
    assert sum(map(len, told.log.looked.values())) > 50, "the node was never idle: nothing is shown"


def shifted(minutes: int) -> Callable[[Config], Rules]:
    """The rule of hours by a clock that is wrong."""

    def rules(config: Config) -> Rules:
        def late(rule: Rule) -> Rule:
            def judge(order: AttemptOrder, history: History) -> Verdict:
                other = replace(order, at=order.at + timedelta(minutes=minutes))
                return rule.judge(other, history)

            return Rule(rule.name, judge) if rule.name == "calling_hours" else rule

        return [late(rule) for rule in gate_rules(config)]

    return rules


def test_the_checker_counts_calls_that_rang() -> None:
    begins = midnight(date(2026, 3, 3)) + HOUR
    listed = Listed(1, 1, "+8613812345678", None, "p", "s", "r", begins - DAY)
    late = (0, HOUR - 1, HOUR, 2 * HOUR, DAY - 1, DAY + 2 * HOUR)
    dialled = [Dialled("c", begins + each, 1, "a", "+1", rang=True, words="w") for each in late]
    silent = Dialled("c", begins + 1, 1, "a", "+1", rang=False, words="w")
    paper = Paper(0, date(2027, 1, 1), trunk="a", caller_id="+1")
    campaign = Campaign("p", "+1", (), (Approval("w", 0),))
    year = Year(CHINA.law, {1: campaign}, [listed], [*dialled, silent], [], [paper], [paper])
    found = {
        (each.at - begins, breach)
        for each, breach in Lawbook(year).breaches()
        if breach is not Breach.HOURS
    }
    assert found == {
        (1, Breach.HOUR),
        (HOUR - 1, Breach.HOUR),
        (HOUR, Breach.HOUR),
        (2 * HOUR, Breach.DAY),
        (DAY - 1, Breach.DAY),
    }


@pytest.mark.parametrize("minutes", [1, -1])
async def test_the_checker_sees_a_clock_that_is_a_minute_off(tmp_path: Path, minutes: int) -> None:
    told = await small_year(tmp_path, shifted(minutes), at_once=3)
    assert {found for _, found in told.breaches} == {Breach.HOURS}


async def test_the_checker_sees_who_is_left_to_wait(tmp_path: Path) -> None:
    def rules(config: Config) -> Rules:
        def forgetful(rule: Rule) -> Rule:
            def judge(order: AttemptOrder, history: History) -> Verdict:
                verdict = rule.judge(order, history)
                return replace(verdict, until=None) if isinstance(verdict, Deny) else verdict

            return Rule(rule.name, judge) if rule.name == "calling_hours" else rule

        return [forgetful(rule) for rule in gate_rules(config)]

    told = await small_year(tmp_path, rules)
    assert len(told.starved) > 50


async def test_the_checker_sees_who_was_not_reached_and_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(year_node, "wait_after", lambda _faults: None)
    told = await small_year(tmp_path, gate_rules)
    assert told.breaches == []
    called = {each.contact for each in told.log.dialled}
    assert told.starved
    assert {listed.contact for listed, _ in told.starved} <= called


@pytest.mark.parametrize(
    "module",
    [lawbook, legal_facts, wall_clocks],
    ids=["lawbook", "legal_facts", "wall_clocks"],
)
def test_the_checker_shares_no_code_with_the_gate(module: object) -> None:
    """The standard library and itself, and of that no library of zones."""
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}"]
        else:
            continue
        for name in names:
            assert (
                name in {".legal_facts", ".wall_clocks"}
                or name.partition(".")[0] in sys.stdlib_module_names
            )
            assert name != "zoneinfo"
