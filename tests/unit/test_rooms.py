"""What import-linter cannot say: the core's imports, by name, and no clock read in passing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CORE = sorted((REPOSITORY / "dialer" / "core").rglob("*.py"))

# Data, text and arithmetic; nothing that waits, asks the machine, or throws dice.
ALLOWED = {
    *("abc", "bisect", "calendar", "collections", "contextlib", "copy", "dataclasses", "datetime"),
    *("decimal", "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "math"),
    *("operator", "re", "statistics", "string", "types", "typing", "unicodedata", "zoneinfo"),
    *("__future__", "audio.events", "holidays", "json", "phonenumbers"),
}
CLOCKS = {"now", "utcnow", "today"}


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.stem)
def test_the_core_imports_only_what_is_pure(file: Path) -> None:
    strange = {
        name
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
        if not name.startswith("dialer.core")
        and name not in ALLOWED
        and name.partition(".")[0] not in ALLOWED
    }
    assert strange == set()


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.stem)
def test_the_core_reads_no_clock(file: Path) -> None:
    calls = [
        node.func
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    read = [
        ast.unparse(call)
        for call in calls
        if isinstance(call, ast.Attribute)
        and call.attr in CLOCKS
        and ast.unparse(call.value).rpartition(".")[2] in {"datetime", "date"}
    ]
    assert read == []


def test_there_is_a_core() -> None:
    assert len(CORE) > 5


def test_a_class_of_the_core_has_a_name_of_its_own() -> None:
    names = Counter(
        node.name
        for file in CORE
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in names.items() if times > 1] == []
