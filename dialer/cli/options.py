"""Options that several commands share."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

DEFAULT_CONFIG: Final = Path("dialer.yaml")

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]
Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated values.")]
Utc = Annotated[bool, typer.Option("--utc", help="Show times in UTC, not in local time.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Tell more; -vv: libraries too.")
]


class LogForm(Enum):
    """What a line of the log is."""

    TEXT = "text"
    JSON = "json"


LogFormat = Annotated[
    LogForm,
    typer.Option(
        "--log-format",
        envvar="DIALER_LOG_FORMAT",
        help="Lines of text, or one JSON object a line: also what is said of progress.",
    ),
]


LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file", help="Where the log goes; it may be renamed while it is written to."
    ),
]


def instant(text: str) -> datetime:
    """An instant with its offset; without one it would be guessed whose time it is."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.utcoffset() is None:
        raise typer.BadParameter("write an instant with its offset, 2026-11-23T10:00:00+08:00")
    return instant


LabClock = Annotated[
    datetime | None,
    typer.Option(
        "--lab-clock",
        parser=instant,
        metavar="TIME",
        envvar="DIALER_LAB_CLOCK",
        help="What the clock of trunks marked `lab` shows now, for their hours of calling.",
    ),
]


def _country(text: str) -> str:
    # Listings take no country, and do without the plans of all countries' numbers.
    from dialer.reading.fields import country  # noqa: PLC0415

    try:
        return country(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _encoding(text: str) -> str:
    if text not in {"utf-8", "gb18030"}:
        raise typer.BadParameter("write utf-8 or gb18030")
    return text


Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        parser=_country,
        metavar="CODE",
        help="Read national numbers of this country, such as CN, as well.",
    ),
]
Encoding = Annotated[
    str,
    typer.Option(parser=_encoding, metavar="NAME", help="Of a list: utf-8, or gb18030."),
]
