"""`dialer calls`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer.app.store import reading
from dialer.cli.acting import TokenFile
from dialer.cli.looking import Clear, Eyes, Why, eyes
from dialer.cli.one_call import one_call
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json
from dialer.cli.shown import CALL_FIELDS, INBOUND_FIELDS, call_shown, inbound_shown
from dialer.cli.tables import show
from dialer.config import Config, load_config

_TOO_WIDE: Final = {"call", "sip_code", "attempts"}


def calls(  # noqa: PLR0913 - a command has as many options as it needs
    call: Annotated[
        str | None, typer.Argument(help="One call: all that is known of it.", metavar="[CALL]")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    campaign: Annotated[str | None, typer.Option(help="Only calls of this campaign.")] = None,
    inbound: Annotated[bool, typer.Option("--inbound", help="Calls that came in.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, newest first; 0: all.", min=0)] = 50,
    clear: Clear = False,
    why: Why = None,
    json_output: Json = False,
    csv_output: Csv = False,
    token_file: TokenFile = None,
) -> None:
    """Show the calls of the store, newest first; or one CALL with its attempts and second legs.

    Numbers are masked. With --clear they are not: that takes a token whose role may see them, and
    each look is put on record before anything is shown.
    """
    if (call is not None or inbound) and campaign is not None:
        raise typer.BadParameter("goes with lists of calls we placed", param_hint="--campaign")
    if call is not None and (inbound or csv_output):
        raise typer.BadParameter("goes with lists only", param_hint="--inbound, --csv")
    configuration = load_config(config, now=datetime.now(UTC))
    seen_by = eyes(configuration, token_file, why, clear=clear)
    if call is not None:
        asyncio.run(one_call(configuration, call, seen_by, as_json=json_output))
        return
    listing = (
        _inbound(configuration, limit or None, seen_by)
        if inbound
        else _outbound(configuration, campaign, limit or None, seen_by)
    )
    show(
        INBOUND_FIELDS if inbound else CALL_FIELDS,
        asyncio.run(listing),
        nothing="no calls",
        as_json=json_output,
        as_csv=csv_output,
        too_wide=_TOO_WIDE,
    )


async def _outbound(
    config: Config, campaign: str | None, limit: int | None, seen_by: Eyes
) -> Sequence[dict[str, Any]]:
    async with reading(config) as store:
        rows = await store.calls(campaign, limit)
    asked = {"campaign": campaign, "limit": str(limit or "all")}
    await seen_by.put_on_record(config, datetime.now(UTC), "calls", len(rows), asked)
    return [call_shown(row, seen_by) for row in rows]


async def _inbound(config: Config, limit: int | None, seen_by: Eyes) -> Sequence[dict[str, Any]]:
    async with reading(config) as store:
        rows = await store.inbound_calls(limit)
    asked = {"limit": str(limit or "all")}
    await seen_by.put_on_record(config, datetime.now(UTC), "inbound calls", len(rows), asked)
    return [inbound_shown(row, seen_by) for row in rows]
