"""What a command asks of the office: by the token that was given, and by the options of a look."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

from dialer.app.office import OpenedForEach
from dialer.cli.options import DEFAULT_CONFIG
from dialer.config import load_config
from dialer.credentials.tokens import VARIABLE, given_token
from dialer.errors import DialerError
from dialer.office import campaigns as office
from dialer.office.looking import View
from dialer.office.request import Request

TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="DIALER_TOKEN_FILE",
        help=f"Where your token is, if not in {VARIABLE}.",
    ),
]
Clear = Annotated[
    bool, typer.Option("--clear", help="Numbers in clear: for who may see them, and on record.")
]
Why = Annotated[
    str | None, typer.Option("--why", help="Why you look, for the record.", metavar="TEXT")
]


def asked(config: Path, token_file: Path | None = None) -> Request:
    """Asked by whoever has called the command, by DIALER_TOKEN or `token_file`."""
    configuration = load_config(config, now=datetime.now(UTC))
    units = OpenedForEach(configuration)
    return Request(
        # Taken from the environment once, and asked for at each step of one command.
        configuration,
        units,
        cache(partial(given_token, token_file)),
        partial(datetime.now, UTC),
    )


def campaign_names(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell completes a campaign's name with; nothing where the store cannot be read."""
    try:
        found = asyncio.run(office.standings(asked(context.params.get("config") or DEFAULT_CONFIG)))
    except DialerError:
        return []
    return [each.name for each in found if each.name.startswith(incomplete)]


def view(why: str | None, *, clear: bool) -> View:
    """How a command wants numbers shown."""
    try:
        return View(clear, why)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--why") from None
