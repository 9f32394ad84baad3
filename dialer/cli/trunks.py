"""`dialer trunks`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dialer import app, logs
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from dialer.config import Config, load_config
from dialer.config_trunk import Trunk


def trunks(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Register with each, or ask by OPTIONS, and wait.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds that --probe waits.", min=0.1, max=60)] = 5.0,
    json_output: Json = False,
) -> None:
    """Show the trunks of the configuration. With --probe exit code 1 where one is not up."""
    logs.set_up(verbose=0)
    configuration = load_config(config, now=datetime.now(UTC))
    known: Mapping[str, app.Probed] = {}
    if probe:
        known = asyncio.run(app.probe_trunks(configuration, wait))
    rows = [_row(trunk, known.get(trunk.name)) for trunk in configuration.trunks]
    if json_output:
        typer.echo(json.dumps(rows, indent=1))
    else:
        _print(rows, configuration)
    if not all(found.state.up for found in known.values()):
        raise typer.Exit(1)


def _row(trunk: Trunk, probed: app.Probed | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": trunk.name,
        "uri": str(trunk.uri),
        "transport": trunk.transport,
        "registers": trunk.registration is not None,
        "channels": trunk.channels,
        "cps": trunk.cps,
        "priority": trunk.priority,
        "weight": trunk.weight,
        "numbers": len(trunk.numbers),
    }
    if probed is not None:
        state = probed.state
        row |= {
            "up": state.up,
            "registered": state.registered,
            "healthy": state.healthy,
            "reason": state.reason,
            "since": probed.since.isoformat(timespec="milliseconds"),
        }
    return row


def _print(rows: list[dict[str, Any]], config: Config) -> None:
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else _shown(cell) for cell in row.values()))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if not any("up" in row for row in rows):
        typer.echo(f"{len(config.trunks)} configured; --probe asks each")


def _shown(cell: object) -> str:
    return {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)
