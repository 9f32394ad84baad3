"""`dialer calls`."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dialer import app
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from dialer.config import Config, load_config
from dialer.core.records import CallRow


def calls(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    campaign: Annotated[str | None, typer.Option(help="Only calls of this campaign.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first; 0: all.", min=0)] = 50,
    json_output: Json = False,
    csv_output: Annotated[bool, typer.Option("--csv", help="Comma-separated values.")] = False,
) -> None:
    """Show the calls of the store, newest first. Numbers are masked."""
    configuration = load_config(config, now=datetime.now(UTC))
    rows = [_shown(row) for row in asyncio.run(_read(configuration, campaign, limit or None))]
    if json_output:
        typer.echo(json.dumps(rows, indent=1))
    elif csv_output:
        writer = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print(rows)


FIELDS = (
    "started",
    "campaign",
    "number",
    "outcome",
    "sip_code",
    "trunk",
    "attempts",
    "post_dial_delay",
    "notice_spoken",
    "talk",
    "barge_ins",
    "keys",
    "path",
    "call",
)


async def _read(config: Config, campaign: str | None, limit: int | None) -> Sequence[CallRow]:
    store = app.open_reader(config)
    await store.open()
    try:
        return await store.calls(campaign, limit)
    finally:
        await store.close()


def _shown(row: CallRow) -> dict[str, object]:
    talk = (row.ended_at - row.answered_at) if row.ended_at and row.answered_at else None
    return {
        "started": row.started_at.isoformat(timespec="milliseconds"),
        "campaign": row.campaign,
        "number": row.number.masked,
        "outcome": str(row.outcome) if row.outcome else None,
        "sip_code": row.outcome.sip_code if row.outcome else None,
        "trunk": row.trunk,
        "attempts": row.attempts,
        "post_dial_delay": row.post_dial_delay,
        "notice_spoken": row.notice_spoken,
        "talk": round(talk.total_seconds(), 3) if talk is not None else None,
        "barge_ins": row.barge_ins,
        "keys": row.keys,
        "path": " ".join(row.path),
        "call": row.call,
    }


def _print(rows: Sequence[dict[str, object]]) -> None:
    if not rows:
        typer.echo("no calls")
        return
    narrow = [field for field in FIELDS if field not in {"call", "sip_code", "attempts"}]
    table = Table(*narrow, box=None, pad_edge=False)
    for row in rows:
        cells = (row[field] for field in narrow)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
