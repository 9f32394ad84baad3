"""`dialer audit reconcile`: a carrier's call records against our log."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Encoding, Json
from dialer.cli.said import echo
from dialer.cli.waiting import waiting
from dialer.core.office.reconciling import CarrierCall, Dialled, Reconciled, Tolerance
from dialer.office import reconciling as office

# The other commands of `audit` read no file.
_COLUMNS = ("number", "time", "duration")


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError):
        raise typer.BadParameter("write a time zone as Asia/Shanghai") from None


def _column(text: str) -> tuple[str, str]:
    name, equals, theirs = text.partition("=")
    if name not in _COLUMNS or not equals or not theirs:
        raise typer.BadParameter(
            f"write NAME=COLUMN, with NAME one of {', '.join(_COLUMNS)}", param_hint="--columns"
        )
    return name, theirs


def reconcile(  # noqa: PLR0913 - the options of a command
    file: Annotated[Path, typer.Argument(help="The carrier's call records, as CSV.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    trunk: Annotated[
        list[str] | None,
        typer.Option(help="A trunk to this carrier; more than once. All if absent."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="What the file calls number, time or duration."),
    ] = None,
    timezone: Annotated[
        ZoneInfo | None,
        typer.Option(parser=_zone, metavar="ZONE", help="Of times that name none."),
    ] = None,
    within: Annotated[
        float, typer.Option(help="Seconds by which the two clocks may differ.", min=0, max=3600)
    ] = 30.0,
    within_duration: Annotated[
        float, typer.Option(help="Seconds by which durations may differ.", min=0, max=3600)
    ] = 3.0,
    encoding: Encoding = "utf-8",
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Hold a carrier's call records against the audit log, and list what only one side has.

    Matched by number, time and duration. Ends with 1 where anything differs.
    """
    # As above: it reads whatever a spreadsheet wrote.
    from dialer.files.carrier_calls import read_carrier_calls  # noqa: PLC0415

    request = asked(config, token_file)
    lines = read_carrier_calls(
        file, columns=dict(map(_column, columns or ())), zone=timezone, encoding=encoding
    )
    tolerance = Tolerance(timedelta(seconds=within), within_duration)
    with waiting("reading the audit log"):
        done = asyncio.run(office.with_carrier(request, lines, trunk or (), tolerance))
    if json_output:
        echo(json.dumps(_shown(done), indent=1))
    else:
        _tell(done)
    if not done.agrees:
        raise typer.Exit(1)


def _tell(done: Reconciled) -> None:
    for their in done.theirs_only:
        echo(f"only the carrier has line {their.line}: {their.masked} at {their.at.isoformat()}")
    for our in done.ours_only:
        echo(f"only our log has {our.call}, {our.attempt}: {our.trunk} at {our.at.isoformat()}")
    for their, our in done.durations:
        echo(
            f"line {their.line} lasted {their.seconds:g} s for the carrier, and {our.seconds:g} s "
            f"for us: {our.call}"
        )
    many = len(done.theirs_only) + len(done.ours_only) + len(done.durations)
    echo(f"{done.matched} calls on both sides; {many or 'no'} differences")


def _shown(done: Reconciled) -> dict[str, Any]:
    return {
        "matched": done.matched,
        "carrier_only": [_their(each) for each in done.theirs_only],
        "log_only": [_our(each) for each in done.ours_only],
        "durations": [{"carrier": _their(one), "log": _our(two)} for one, two in done.durations],
    }


def _their(each: CarrierCall) -> dict[str, Any]:
    return {
        "line": each.line,
        "number": each.masked,
        "at": each.at.isoformat(),
        "duration_s": each.seconds,
    }


def _our(each: Dialled) -> dict[str, Any]:
    return {
        "call": each.call,
        "attempt": each.attempt,
        "trunk": each.trunk,
        "at": each.at.isoformat(),
        "duration_s": each.seconds,
    }
