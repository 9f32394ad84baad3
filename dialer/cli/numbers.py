"""A telephone number as an argument. It may come by standard input, where no `ps` shows it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dialer.core.values.number import E164, BadNumberError, parse


def read_number(text: str) -> E164:
    """The number that `text` writes; for `-`, that on the first line of standard input."""
    try:
        return parse(sys.stdin.readline().strip() if text == "-" else text)
    except BadNumberError as error:
        raise typer.BadParameter(error.told) from None


Number = Annotated[
    E164,
    typer.Argument(
        parser=read_number, metavar="NUMBER", help="E.164; - reads it from standard input."
    ),
]
