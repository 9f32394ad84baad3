"""One call, whole: its record, its attempts, and the legs to the operator's own people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import typer

from dialer.cli.shown import attempt_shown, call_shown, inbound_shown, leg_shown
from dialer.cli.tables import show
from dialer.office.calls import SeenCall, WholeCall

_TOO_WIDE: Final = {"attempt", "sip_call_id", "caller_id"}


def print_call(call: WholeCall, *, as_json: bool) -> None:
    """Show all of it."""
    found = call.record
    record = call_shown(found) if isinstance(found, SeenCall) else inbound_shown(found)
    tried = [attempt_shown(each) for each in call.attempts]
    handed_over = [leg_shown(each) for each in call.legs]
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
