"""The command `dialer`. No logic: it reads arguments, calls, and shows."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dialer import __version__
from dialer.cli.groups import EXIT_CODES, LazyCommands
from dialer.cli.said import echo
from dialer.core.values.visible import visible
from dialer.errors import DialerError, InputError

__all__ = ["main"]

commands = typer.Typer(
    name="dialer",
    cls=LazyCommands,
    help="Veridial: an outbound dialer that cannot lie and cannot nag.",
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@commands.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Veridial: an outbound dialer that cannot lie and cannot nag."""
    if version:
        echo(f"dialer {__version__}")
    elif context.invoked_subcommand is None:
        echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Run the command; a DialerError becomes its message and its exit code."""
    # Nothing of ours is a plugin of pydantic, and to look for some reads every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        commands()
    except InputError as error:
        for fault in error.faults:
            echo(visible(str(fault)), err=True)
        sys.exit(error.exit_code)
    except DialerError as error:
        echo(f"dialer: {visible(str(error))}", err=True)
        sys.exit(error.exit_code)
