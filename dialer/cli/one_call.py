"""One call, whole: its record, its attempts, and the legs to the operator's own people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

from dialer.app.store import reading
from dialer.cli.looking import Eyes
from dialer.cli.shown import attempt_shown, call_shown, inbound_shown, leg_shown
from dialer.cli.tables import show
from dialer.config import Config

_TOO_WIDE: Final = {"attempt", "sip_call_id", "caller_id"}


async def one_call(config: Config, call: str, seen_by: Eyes, *, as_json: bool) -> None:
    """Show the call of that id, placed by us or come in; exit code 1 where there is none."""
    async with reading(config) as store:
        ours = await store.calls(call=call)
        came_in = () if ours else await store.inbound_calls(call=call)
        attempts = await store.attempts(call=call)
        legs = await store.legs(call)
    if not ours and not came_in:
        typer.echo(f"dialer: there is no call {call}", err=True)
        raise typer.Exit(1)
    rows = len(ours) + len(came_in)
    await seen_by.put_on_record(config, datetime.now(UTC), "call", rows, {"call": call})
    record = call_shown(ours[0], seen_by) if ours else inbound_shown(came_in[0], seen_by)
    tried = [attempt_shown(each, seen_by) for each in attempts]
    handed_over = [leg_shown(each, seen_by) for each in legs]
    if as_json:
        typer.echo(json.dumps({**record, "attempts": tried, "legs": handed_over}, indent=1))
        return
    for field, value in record.items():
        if value not in {None, ""}:
            typer.echo(f"{field:16}{value}")
    _print("attempts", tried)
    _print("second legs", handed_over)


def _print(heading: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        typer.echo(f"\n{heading}:")
        show(tuple(rows[0]), rows, nothing="", too_wide=_TOO_WIDE)
