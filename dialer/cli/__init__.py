"""The command `dialer`. No logic: it reads arguments, calls, and shows."""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress
from typing import Annotated, Final

import typer

from dialer import __version__
from dialer.cli.groups import EXIT_CODES, LazyCommands
from dialer.errors import DialerError, InputError

__all__ = ["main"]

_OF_OUTPUT: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE}
"""Faults of a disk that is full, a terminal that is gone, a reader that has left."""

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
    # Little of what imports and models make is garbage; to look for some after every 700 objects
    # takes a tenth of a listing. A node sets it back (dialer.app.interpreter).
    gc.set_threshold(50_000)
    try:
        try:
            commands()
        finally:
            # Here, where it can be told in words: at the interpreter's end it would be a traceback.
            sys.stdout.flush()
            # The interpreter's end looks through all there is for garbage, and then drops it.
            gc.freeze()
    except DialerError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in _OF_OUTPUT or error.filename is not None:
            raise
        _tell_of_output(error)
        sys.exit(1)


def _tell(error: DialerError) -> None:
    # Help and completion do without it.
    from dialer.core.values.visible import visible  # noqa: PLC0415

    if isinstance(error, InputError):
        sys.stderr.writelines(f"{visible(str(fault))}\n" for fault in error.faults)
    else:
        sys.stderr.write(f"dialer: {visible(str(error))}\n")


def _tell_of_output(error: OSError) -> None:
    # What waits in the buffer would be tried once more at the interpreter's end.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        with suppress(OSError):
            sys.stderr.write(f"dialer: the output cannot be written: {error.strerror}\n")
