"""The scenarios' table and the scenarios' files say the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "sipp_scenarios"
FILES = sorted(FOLDER.glob("*.xml"))
TABLE = re.findall(r"^\| ([a-z0-9-]+) \|", (FOLDER / "README.md").read_text(), re.MULTILINE)


def test_the_table_names_every_scenario_once() -> None:
    named = [name for name in TABLE if "-" in name and not name[0].isdigit()]
    assert sorted(named) == [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_is_named_like_its_file_and_says_what_it_does(file: Path) -> None:
    text = file.read_text()
    assert ET.fromstring(text).get("name") == file.stem
    assert "<!-- " in text


TOLD_OTHERWISE = {
    "callee-answers-on-hold": "test_a_notice_that_is_held_up_ends_the_call_without_a_word",
    "carrier-mixed-callees": "sipp_carriers",  # the conformance tests of the line
    "carrier-options-503": "test_a_trunk_is_as_healthy_as_it_says_to_options",
    "carrier-people-at-rtp-ports": "test_events_metrics_records_and_logs_tell_one_story",
    "load-carrier-503": "measure",  # benchmarks/dead_carrier.py
    "registrar-503-retry-after": "test_a_registrar_that_says_when_to_come_again_is_heeded",
}
"""Who plays what without asking SIPp for its verdict: the line, or the wire, tells there."""


def players(code: str) -> Iterator[tuple[str, str, bool]]:
    """Each scenario that a function names, the function, and whether it asserts what SIPp says."""
    for each in ast.walk(ast.parse(code)):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            asserted = {
                inner.attr
                for statement in ast.walk(each)
                if isinstance(statement, ast.Assert)
                for inner in ast.walk(statement)
                if isinstance(inner, ast.Attribute)
            }
            for inner in ast.walk(each):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    told = bool(asserted & {"verdict", "received", "exit_code"})
                    yield inner.value.removesuffix(".xml"), each.name, told


def test_every_scenario_is_played_and_its_verdict_asserted() -> None:
    verdicts: set[str] = set()
    played: set[tuple[str, str]] = set()
    for room in ("tests", "benchmarks", "sipp_scenarios"):
        for file in (FOLDER.parent / room).rglob("*.py"):
            for scenario, player, told in players(file.read_text(encoding="utf-8")):
                played.add((scenario, player))
                if told and player.startswith("test_"):
                    verdicts.add(scenario)
    names = {file.stem for file in FILES}
    assert names - verdicts == {*TOLD_OTHERWISE, "load-carrier-busy-hour"}
    assert ("busy-hour", "test_busy_hour") in played, "the name of its shape"
    assert set(TOLD_OTHERWISE.items()) <= played


def test_a_name_in_a_comment_or_within_another_is_no_test_of_it() -> None:
    said = '''
def test_it():
    """callee-busy is not played here."""
    play("callee-busy-as-cancel-arrives")  # callee-busy
    assert play("callee-busy-2.xml").verdict == "passed"
'''
    found = {scenario for scenario, player, told in players(said) if told}
    assert "callee-busy" not in found
    assert {"callee-busy-as-cancel-arrives", "callee-busy-2"} <= found
