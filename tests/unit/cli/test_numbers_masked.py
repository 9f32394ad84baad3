"""One file of the office shows a number as text; commands and use cases get it masked."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dialer.cli
import dialer.office

FILES = [
    file
    for room in (dialer.cli, dialer.office)
    for file in sorted(Path(str(room.__file__)).parent.glob("*.py"))
]
WHOLE = {"clear", "digits"}
"""What of `dialer.core.values.number.E164` shows all of it."""


def shows_a_number(file: Path) -> list[int]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in WHOLE
    ]


WRITES = {"looking", "starting", "probe_call"}
"""`looking` shows numbers; `starting` and `probe_call` write the one that was just typed into a
file of its owner's, the latter for as long as the call takes."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.stem}.{file.stem}")
def test_no_command_shows_a_number_by_itself(file: Path) -> None:
    assert (shows_a_number(file) != []) is (file.stem in WRITES)
