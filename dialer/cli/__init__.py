"""The command `dialer`. No logic: it reads arguments, calls, and shows."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dialer import __version__
from dialer.cli.groups import LazyCommands
from dialer.errors import DialerError, InputError

__all__ = ["main"]

commands = typer.Typer(
    name="dialer",
    cls=LazyCommands,
    help="Veridial: an outbound dialer that cannot lie and cannot nag.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@commands.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Tell the version and end.")] = False,
) -> None:
    """Veridial: an outbound dialer that cannot lie and cannot nag."""
    if version:
        typer.echo(f"dialer {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Run the command; a DialerError becomes its message and its exit code."""
    try:
        commands()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except DialerError as error:
        sys.stderr.write(f"dialer: {error}\n")
        sys.exit(error.exit_code)
