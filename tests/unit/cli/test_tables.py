"""Tables within the room there is."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dialer.cli import tables
from dialer.cli.tables import show, shown_as, table_lines
from dialer.cli.values import width

FIELDS = ("name", "state", "note", "extra")
ROWS = [
    {"name": "carrier-a", "state": "good", "note": "nothing to say " * 4, "extra": "1"},
    {"name": "运营商乙", "state": "demoted", "note": "", "extra": "12"},
]


@pytest.mark.parametrize("room", [20, 30, 40, 60, 80, 120])
def test_no_line_is_wider_than_the_room_and_no_heading_is_cut(room: int) -> None:
    lines = table_lines(FIELDS, ROWS, room)
    assert max(map(width, lines)) <= room
    assert set(lines[0].split()) <= set(FIELDS)
    assert lines[0].startswith("name")


def test_the_last_columns_go_first_but_for_those_that_are_kept() -> None:
    assert table_lines(FIELDS, ROWS, 30, kept={"extra"})[0].split() == ["name", "state", "extra"]
    assert table_lines(FIELDS, ROWS, 20)[0].split() == ["name", "state"]


def test_an_empty_column_goes_before_a_full_one() -> None:
    rows = [{"name": "a" * 12, "empty": "", "full": "b" * 12}]
    assert table_lines(("name", "empty", "full"), rows, 28)[0].split() == ["name", "full"]


def test_figures_stand_right_and_long_values_wrap_whole() -> None:
    lines = table_lines(FIELDS, ROWS, 60)
    assert lines[0].endswith("extra")
    assert lines[1].endswith("    1")
    words = " ".join(line[20:50] for line in lines[1:])
    assert words.count("nothing to say") >= 3 or words.count("nothing") == 4


def test_values_are_shown_by_their_unit() -> None:
    assert shown_as("post_dial_delay_s", 0.0038089369998033362) == "3.8 ms"
    assert shown_as("bytes", 9400) == "9.4 kB"
    assert shown_as("asr", 0.184) == "18.4 %"
    assert shown_as("cps", 0.5) == "0.5"
    assert shown_as("up", value=True) == "yes"
    instant = shown_as("started", "2026-11-23T18:00:05.123+08:00", utc=True)
    assert instant.replace("\u00a0", " ") == "2026-11-23 10:00:05 UTC"


def test_programs_get_figures_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"started": "2026-11-23T10:00:00.123+00:00", "talk_s": 0.0038089369998033362}
    show(tuple(row), [row], nothing="", as_json=True)
    assert json.loads(capsys.readouterr().out) == [row | {"talk": row["talk_s"]}]
    show(tuple(row), [row], nothing="", as_csv=True)
    assert capsys.readouterr().out.splitlines() == [
        "started,talk_s,talk",
        "2026-11-23T10:00:00.123+00:00,0.0038089369998033362,0.0038089369998033362",
    ]


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables.sys.stdout, "isatty", lambda: False, raising=False)
    assert tables.coloured("no", "red") == "no"
    monkeypatch.setattr(tables.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert tables.coloured("no", "red") == "\x1b[31mno\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert tables.coloured("no", "red") == "no"


def test_a_cell_is_one_line_of_text_whatever_somebody_wrote() -> None:
    assert shown_as("reason", "a\x1b[8mb\nc\u202ed") == "a<U+001B>[8mb\\nc<U+202E>d"
    assert shown_as("waiting", tables.Lines(("1 hours", "2 caps\n"))) == "1 hours\n2 caps\\n"


def test_commands_speak_through_what_shows_all_of_it() -> None:
    """`explain` colours its words and shows texts by itself; the root has none of others."""
    folder = Path(tables.__file__).parent
    spoken = {path.name for path in folder.glob("*.py") if "typer.echo(" in path.read_text("utf-8")}
    assert spoken == {"__init__.py", "said.py", "explain.py"}


@pytest.mark.parametrize(
    "cell",
    [
        "=HYPERLINK(A1)",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "+86(A1)",
        "-",
    ],
)
def test_no_cell_is_a_formula_to_a_spreadsheet(
    capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    show(("why",), [{"why": cell}], nothing="", as_csv=True)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row["why"] == f"'{cell}".replace("\r", "\n")


def test_no_cell_ends_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    show(("why",), [{"why": "kind words\r=1"}], nothing="", as_csv=True)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row["why"] == "kind words\n=1"


@pytest.mark.parametrize(
    "cell", ["+8613800138000", "+86138****8000", "-0.5", "+1.5e-7", "no =1", "", "a-b"]
)
def test_numbers_and_plain_texts_stay_as_they_are(
    capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    show(("why",), [{"why": cell}], nothing="", as_csv=True)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row["why"] == cell
