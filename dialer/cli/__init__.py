"""The command `dialer`. No logic: it reads arguments, calls, and shows."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dialer import __version__
from dialer.cli.groups import EXIT_CODES, LazyCommands
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
        typer.echo(f"dialer {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Run the command; a DialerError becomes its message and its exit code."""
    # Nothing of ours is a plugin of pydantic, and to look for some reads every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        commands()
    except DialerError as error:
        _tell(error)
        sys.exit(error.exit_code)


def _tell(error: DialerError) -> None:
    # Help and completion do without it.
    from dialer.core.values.visible import visible  # noqa: PLC0415

    if isinstance(error, InputError):
        sys.stderr.writelines(f"{visible(str(fault))}\n" for fault in error.faults)
    else:
        sys.stderr.write(f"dialer: {visible(str(error))}\n")
