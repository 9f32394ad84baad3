"""`dialer calls`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer

from dialer.cli.asking import Clear, TokenFile, Why, asked, campaign_names, view
from dialer.cli.one_call import print_call
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.shown import CALL_FIELDS, INBOUND_FIELDS, call_shown, inbound_shown
from dialer.cli.tables import show
from dialer.office import calls as office

_TOO_WIDE: Final = {"call", "sip_code", "attempts", "intents", "grade", "digits_unheard"}


def calls(  # noqa: PLR0913 - a command has as many options as it needs
    call: Annotated[
        str | None, typer.Argument(help="One call: all that is known of it.", metavar="[CALL]")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    campaign: Annotated[
        str | None, typer.Option(help="Only calls of this campaign.", autocompletion=campaign_names)
    ] = None,
    inbound: Annotated[bool, typer.Option("--inbound", help="Calls that came in.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, newest first; 0: all.", min=0)] = 50,
    clear: Clear = False,
    why: Why = None,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Show calls, the newest first, or one call with its attempts and second legs.

    Numbers are masked. With --clear they are not: that takes a token whose role may see them, and
    each look is put on record before anything is shown.
    """
    if (call is not None or inbound) and campaign is not None:
        raise typer.BadParameter("goes with lists of calls we placed", param_hint="--campaign")
    if call is not None and (inbound or csv_output):
        raise typer.BadParameter("goes with lists only", param_hint="--inbound, --csv")
    request, seen = asked(config, token_file), view(why, clear=clear)
    if call is not None:
        found = asyncio.run(office.one(request, call, seen))
        if found is None:
            echo(f"dialer: there is no call {call}", err=True)
            raise typer.Exit(1)
        print_call(found, as_json=json_output, utc=utc)
        return
    if inbound:
        came_in = asyncio.run(office.came_in(request, limit or None, seen))
        rows = [inbound_shown(each) for each in came_in]
    else:
        placed = asyncio.run(office.placed(request, campaign, limit or None, seen))
        rows = [call_shown(each) for each in placed]
    show(
        INBOUND_FIELDS if inbound else CALL_FIELDS,
        rows,
        nothing="no calls",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
        too_wide=_TOO_WIDE,
    )
