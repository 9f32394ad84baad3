"""`dialer check`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from dialer.cli.check_wording import wording_of
from dialer.cli.checking import counted_rows
from dialer.cli.options import Country, Encoding, Json
from dialer.cli.said import echo
from dialer.core.gate.jurisdiction import Effective
from dialer.errors import Fault, InputError
from dialer.files import ListForm, check_files


def check(
    files: Annotated[list[Path], typer.Argument(help="Config, campaign, script or contacts.")],
    *,
    country: Country = None,
    encoding: Encoding = "utf-8",
    json_output: Json = False,
) -> None:
    """Check input files, and show every fault at once.

    Each is checked by what it is: configuration, campaign, script or contacts. The exit code is 2
    where one has a fault.
    """
    try:
        with counted_rows(Console(stderr=True)) as at_row:
            form = ListForm(encoding, country)
            found = check_files(files, now=datetime.now(UTC), at_row=at_row, form=form)
    except InputError as error:
        if not json_output:
            raise
        echo(json.dumps({"ok": False, "faults": _as_json(error.faults)}))
        raise typer.Exit(error.exit_code) from None
    wording = asyncio.run(wording_of(found))
    if json_output:
        kinds = {str(checked.path): checked.kind for checked in found}
        notices = [notice for checked in found for notice in checked.notices]
        figures = {
            str(checked.path): [figure.as_body() for figure in checked.figures]
            for checked in found
            if checked.figures
        }
        told = {"ok": True, "files": kinds, "notices": _as_json(notices), "figures": figures}
        said = {str(path): each.as_json() for path, each in wording.items()}
        echo(json.dumps(told | {"wording": said}))
        return
    for checked in found:
        echo(f"{checked.path}: {checked.kind}, no faults")
        for notice in checked.notices:
            echo(f"notice: {notice}")
        if checked.path in wording:
            for line in wording[checked.path].lines():
                echo(f"wording: {line}")
    for checked in found:
        if checked.figures:
            Console().print(_table(checked.figures))


def _table(figures: Iterable[Effective]) -> Table:
    """What calls are held to under this configuration."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("figure", "value", "said by"):
        table.add_column(column, no_wrap=column == "figure")
    table.add_column("by law")
    for figure in figures:
        table.add_row(figure.key, figure.value, figure.said_by, figure.source)
    return table


def _as_json(faults: Iterable[Fault]) -> list[dict[str, object]]:
    return [
        {"file": fault.file, "line": fault.line, "key": fault.key, "what": fault.what}
        for fault in faults
    ]
