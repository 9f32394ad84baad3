"""The scenarios' table and the scenarios' files say the same."""

from __future__ import annotations

import re
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


def test_every_scenario_is_asserted_by_a_test_or_a_benchmark() -> None:
    rooms = ("tests", "benchmarks", "sipp_scenarios")
    files = (file for room in rooms for file in (FOLDER.parent / room).rglob("*.py"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [file.stem for file in FILES if file.stem not in text] == []
