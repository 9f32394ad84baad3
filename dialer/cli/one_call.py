"""One call, whole: its record, its attempts, and the legs to the operator's own people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from dialer.cli.json_keys import with_old_names
from dialer.cli.said import echo
from dialer.cli.shown import attempt_shown, call_shown, inbound_shown, leg_shown, line_shown
from dialer.cli.tables import heading, plain, show
from dialer.office.calls import SeenCall, WholeCall

_TOO_WIDE: Final = {"attempt", "sip_call_id", "caller_id"}


def print_call(call: WholeCall, *, as_json: bool, utc: bool = False) -> None:
    """Show all of it."""
    found = call.record
    record = call_shown(found) if isinstance(found, SeenCall) else inbound_shown(found)
    tried = [attempt_shown(each) for each in call.attempts]
    handed_over = [leg_shown(each) for each in call.legs]
    said = [line_shown(each) for each in call.transcript]
    if as_json:
        whole = {**with_old_names(record), "attempts": tried, "legs": handed_over}
        echo(json.dumps(whole | {"transcript": said}, indent=1))
        return
    for field, value in record.items():
        if value not in {None, ""}:
            echo(f"{heading(field):18}{plain(field, value, utc=utc)}")
    _print("attempts", tried, utc=utc)
    _print("second legs", handed_over, utc=utc)
    _print("transcript", said, utc=utc)


def _print(title: str, rows: Sequence[dict[str, Any]], *, utc: bool) -> None:
    if rows:
        echo(f"\n{title}:")
        show(tuple(rows[0]), rows, nothing="", too_wide=_TOO_WIDE, utc=utc)
