"""Lists, as commands show them: a table for people, JSON or comma-separated values for programs."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from shutil import get_terminal_size
from typing import Any, Final

import typer

from dialer.cli import values
from dialer.cli.json_keys import with_old_names
from dialer.cli.said import echo
from dialer.cli.values import moment, padded, width, wrapped
from dialer.core.values.visible import visible

Row = Mapping[str, Any]

PIPED: Final = 200
"""Columns where nobody's terminal says how many."""
_GAP: Final = 2
_TOGETHER: Final = "\u00a0"
"""A space that no line is broken at; it is shown as any other."""
_FIGURE: Final = re.compile(r"[\d.,]*( [a-z%µ]+)?|(\d+[dhms] ?)+", re.IGNORECASE)
_FORMULA: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What begins a formula in a spreadsheet (OWASP, CSV injection), in full width too."""
_NUMBER: Final = re.compile(r"[+-][0-9][0-9.,*]*([eE][+-]?[0-9]+)?", re.ASCII)
_LEAST: Final = 12
"""Columns below which no column is narrowed; rather a less important one is left out."""
_UNITS: Final = {
    "_s": values.span,
    "_seconds": values.span,
    "seconds": values.span,
    "bytes": values.size,
    "asr": values.share,
    "ner": values.share,
}
"""How a figure is shown, by the end of its field's name."""


def show(  # noqa: PLR0913 - every listing's options
    fields: Sequence[str],
    rows: Iterable[Row],
    *,
    nothing: str,
    as_json: bool = False,
    as_csv: bool = False,
    too_wide: Collection[str] = (),
    utc: bool = False,
    kept: Collection[str] = (),
) -> None:
    """Show `rows`, each with all of `fields`, on standard output, while they come.

    `nothing` is said for no rows, and `too_wide` are left out, where a person reads it. On a narrow
    terminal empty columns go first, then the last, but for those `kept`. JSON gets values as they
    are; elsewhere lists are words in a row, and truth is yes or no.
    """
    left = iter(rows)
    # Asked for before anything is written: what cannot be had at all is told alone.
    first = tuple(islice(left, 1))
    rows = chain(first, left)
    if as_json:
        _print_json(map(with_old_names, rows))
    elif as_csv:
        fields = list(with_old_names(dict.fromkeys(fields)))
        rows = map(with_old_names, rows)
        writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(
            {field: _no_formula(_cell(row[field], keep="\n\r\t")) for field in fields}
            for row in rows
        )
    elif first:
        print_table([field for field in fields if field not in too_wide], rows, utc=utc, kept=kept)
    else:
        echo(nothing)


def told(at: datetime | None) -> str | None:
    """An instant as JSON and comma-separated values have it; tables read it back."""
    return None if at is None else at.isoformat(timespec="seconds")


def columns() -> int:
    """How wide what is shown may be."""
    return get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else PIPED


def coloured(text: str, style: str) -> str:
    """`text` in a colour, where standard output is a terminal and NO_COLOR does not forbid it."""
    plain = os.environ.get("NO_COLOR") or not sys.stdout.isatty()
    return text if plain else typer.style(text, fg=style)


def print_table(
    fields: Sequence[str], rows: Iterable[Row], *, utc: bool = False, kept: Collection[str] = ()
) -> None:
    shown = [{field: shown_as(field, row[field], utc=utc) for field in fields} for row in rows]
    for line in table_lines(fields, shown, columns(), kept):
        echo(line)


def table_lines(
    fields: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    room: int,
    kept: Collection[str] = (),
) -> list[str]:
    """Headings and rows within `room` columns. Headings are never cut."""
    fields, widths = _fitted(list(fields), rows, room, kept)
    numeric = {field for field in fields if all(_FIGURE.fullmatch(row[field]) for row in rows)}

    def line(cells: Iterable[tuple[str, str]]) -> str:
        padding = (padded(cell, widths[field], right=field in numeric) for field, cell in cells)
        return (" " * _GAP).join(padding).replace(_TOGETHER, " ").rstrip()

    lines = [line((field, heading(field)) for field in fields)]
    for row in rows:
        cells = {field: wrapped(row[field], widths[field]) for field in fields}
        for at in range(max(map(len, cells.values()))):
            found = ((f, cells[f][at] if at < len(cells[f]) else "") for f in fields)
            lines.append(line(found))
    return lines


def heading(field: str) -> str:
    """The field's name without its unit, which each of its values has."""
    return field.removesuffix("_s").removesuffix("_seconds").replace("_", " ")


def shown_as(field: str, value: object, *, utc: bool = False) -> str:
    """A value as tables have it, by the unit that its field's name ends with."""
    if isinstance(value, bool):
        return _cell(value)
    if isinstance(value, int | float):
        unit = next((show for end, show in _UNITS.items() if field.endswith(end)), values.figure)
        return unit(value)
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T":
        with suppress(ValueError):
            return moment(datetime.fromisoformat(value), utc=utc).replace(" ", _TOGETHER)
    return _cell(value)


def plain(field: str, value: object, *, utc: bool = False) -> str:
    """The same on a line of its own."""
    return shown_as(field, value, utc=utc).replace(_TOGETHER, " ")


def _fitted(
    fields: list[str], rows: Sequence[Mapping[str, str]], room: int, kept: Collection[str]
) -> tuple[list[str], dict[str, int]]:
    """The columns there is room for, each with its width."""
    wanted = {
        field: max(
            width(heading(field)),
            *(width(part) for row in rows for part in row[field].split("\n")),
        )
        for field in fields
    }
    least = {
        field: max(width(heading(field)), min(wanted[field], max(_LEAST, _longest(field, rows))))
        for field in fields
    }

    def needed(widths: Mapping[str, int]) -> int:
        return sum(widths[field] for field in fields) + _GAP * (len(fields) - 1)

    while needed(least) > room and len(fields) > 1:
        spare = [field for field in fields[1:] if field not in kept]
        if not spare:
            break
        empty = [field for field in spare if not any(row[field] for row in rows)]
        fields.remove((empty or spare)[-1])
    widths = {field: wanted[field] for field in fields}
    while needed(widths) > room:
        able = [field for field in fields if widths[field] > min(_LEAST, least[field])]
        able = [field for field in able if widths[field] > width(heading(field))]
        if not able:
            break
        # First from what can give room without breaking a word.
        soft = [field for field in able if widths[field] > least[field]] or able
        widths[max(soft, key=widths.__getitem__)] -= 1
    return fields, widths


def _longest(field: str, rows: Sequence[Mapping[str, str]]) -> int:
    """The longest word, as far as it is worth its room."""
    words = (width(word) for row in rows for word in row[field].split(" "))
    return min(max(words, default=0), 2 * _LEAST)


def _print_json(rows: Iterable[Row]) -> None:
    """One array, written row by row: it may be longer than memory."""
    before = "["
    for row in rows:
        sys.stdout.write(f"{before}\n {json.dumps(row)}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


class Lines(tuple[str, ...]):
    """A value of several lines in one cell."""

    __slots__ = ()


def _no_formula(cell: str) -> str:
    """`cell` so that no spreadsheet runs it: an apostrophe is put before what is like a formula.

    A figure or a phone number, masked or not, stays as it is: digits call no function. A carriage
    return would end the row for a spreadsheet, and csv does not quote it.
    """
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell[:1] in _FORMULA and not _NUMBER.fullmatch(cell) else cell


def _cell(value: object, keep: str = "") -> str:
    if isinstance(value, Lines):
        return "\n".join(map(visible, value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return visible(" ".join(map(str, value)), keep)
    return visible(str(value), keep)
