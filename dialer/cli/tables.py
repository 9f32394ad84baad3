"""Lists, as commands show them: a table for people, JSON or comma-separated values for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

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

    `nothing` is said for no rows, and `too_wide` are left out, where a person reads it.
    """
    if as_json:
        _print_json(rows)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print_table([field for field in fields if field not in too_wide], rows, nothing)


def _print_json(rows: Iterable[Row]) -> None:
    """One array, written row by row: it may be longer than memory."""
    left = iter(rows)
    first = next(left, None)
    if first is None:
        typer.echo("[]")
        return
    before = "[\n"
    for row in chain((first,), left):
        sys.stdout.write(f"{before} {json.dumps(row)}")
        before = ",\n"
    sys.stdout.write("\n]\n")


def _print_table(fields: Sequence[str], rows: Iterable[Row], nothing: str) -> None:
    table = Table(*fields, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if row[field] is None else str(row[field]) for field in fields))
    if not table.row_count:
        typer.echo(nothing)
        return
    Console(width=None if sys.stdout.isatty() else 200).print(table)
