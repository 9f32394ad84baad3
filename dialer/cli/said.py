"""Standard output and standard error, for text that may hold what others wrote."""

from __future__ import annotations

import typer

from dialer.core.values.visible import visible, visible_json


def echo(text: str, *, err: bool = False) -> None:
    """Say `text`, which may have several lines."""
    typer.echo(visible(text, keep="\n"), err=err)


def echo_json(text: str) -> None:
    """Say JSON that holds more than ASCII."""
    typer.echo(visible_json(text))
