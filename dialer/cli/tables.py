"""Lists, as commands show them: a table for people, JSON or comma-separated values for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]


def show(
    fields: Sequence[str],
    rows: Iterable[Row],
    *,
    nothing: str,
    as_json: bool = False,
    as_csv: bool = False,
    too_wide: Collection[str] = (),
) -> None:
    """Show `rows`, each with all of `fields`, on standard output, while they come.

    `nothing` is said for no rows, and `too_wide` are left out, where a person reads it. JSON gets
    values as they are; elsewhere lists are words in a row, and truth is yes or no.
    """
    left = iter(rows)
    # Asked for before anything is written: what cannot be had at all is told alone.
    first = tuple(islice(left, 1))
    rows = chain(first, left)
    if as_json:
        _print_json(rows)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({field: _cell(row[field]) for field in fields} for row in rows)
    elif first:
        _print_table([field for field in fields if field not in too_wide], rows)
    else:
        typer.echo(nothing)


def told(at: datetime | None) -> str | None:
    """An instant as lists show it."""
    return None if at is None else at.isoformat(timespec="seconds")


def _print_json(rows: Iterable[Row]) -> None:
    """One array, written row by row: it may be longer than memory."""
    before = "["
    for row in rows:
        sys.stdout.write(f"{before}\n {json.dumps(row)}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def _print_table(fields: Sequence[str], rows: Iterable[Row]) -> None:
    table = Table(*fields, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_cell(row[field])) for field in fields))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
