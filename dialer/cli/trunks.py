"""`dialer trunks`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dialer import logs
from dialer.app.trunks import Probed, probe_trunks, rates_on_record
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Json, LogForm, LogFormat, Utc
from dialer.cli.said import echo
from dialer.cli.shown import told
from dialer.cli.tables import plain, print_table
from dialer.config import Config, load_config
from dialer.config.trunk import Trunk
from dialer.core.trunks.connect_rate import RateState
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.core.values.number import E164, BadNumberError, parse

if TYPE_CHECKING:
    from dialer.cli.probe_call import ProbeCall

_ONLY_JSON: Final = {"stand_why", "stand_since", "rests_until"}
"""Too wide for a table; `dialer trunks` says the reasons below it."""
_KEPT: Final = {"up", "healthy", "asr", "stand"}


def trunks(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Register with each, or ask by OPTIONS, and wait.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds that --probe waits.", min=0.1, max=60)] = 5.0,
    call: Annotated[
        str | None,
        typer.Option(
            "--call",
            metavar="NUMBER",
            help="With --probe, also call NUMBER over each trunk on loopback or in a lab's "
            "network. It leaves as +999 and its last 12 digits.",
        ),
    ] = None,
    json_output: Json = False,
    utc: Utc = False,
    log_format: LogFormat = LogForm.TEXT,
) -> None:
    """Show the trunks with their connect rates, or probe them.

    The rates are made from the attempts on record. With --probe the exit code is 1 where a trunk is
    not up, or does not answer the call.
    """
    if call is not None and not probe:
        raise typer.BadParameter("goes with --probe", param_hint="--call")
    number = None if call is None else _number(call)
    logs.set_up(as_json=log_format is LogForm.JSON)
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    rates = asyncio.run(rates_on_record(configuration, now))
    known: Mapping[str, Probed] = {}
    if probe:
        known = asyncio.run(probe_trunks(configuration, wait))
    calls: Mapping[str, ProbeCall] = {}
    if number is not None:
        # What places calls takes long to load.
        from dialer.cli.probe_call import probe_calls  # noqa: PLC0415

        calls = {each.trunk: each for each in probe_calls(configuration, number)}
    rows = [
        _row(trunk, known.get(trunk.name))
        | _of_rates(rates.reports[trunk.name], now)
        | {"rests_until": told(rates.rests.get(trunk.name))}
        | (calls[trunk.name].shown() if trunk.name in calls and json_output else {})
        for trunk in configuration.trunks
    ]
    if json_output:
        echo(json.dumps(rows, indent=1))
    else:
        _print(rows, configuration, utc=utc)
        for words in rates.words:
            echo(words)
        for placed in calls.values():
            echo(placed.words())
    if not all(each.answered for each in calls.values()):
        raise typer.Exit(1)
    if not all(found.state.up for found in known.values()):
        raise typer.Exit(1)


def _number(text: str) -> E164:
    try:
        return parse(text)
    except BadNumberError as fault:
        raise typer.BadParameter(str(fault), param_hint="--call") from None


def _row(trunk: Trunk, probed: Probed | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": trunk.name,
        "uri": str(trunk.uri),
        "transport": "tls" if trunk.secure else trunk.transport,
        "registers": trunk.registration is not None,
        "channels": trunk.channels,
        "cps": trunk.cps,
        "priority": trunk.priority,
        "weight": trunk.weight,
        "numbers": len(trunk.numbers),
    }
    if probed is not None:
        state = probed.state
        row |= {
            "up": state.up,
            "registered": state.registered,
            "healthy": state.healthy,
            "reason": state.reason,
            "since": probed.since.isoformat(timespec="milliseconds"),
        }
    return row


def _of_rates(report: TrunkReport, now: datetime) -> dict[str, Any]:
    """Ratios are from 0 to 1, spans seconds; None where too few attempts tell."""
    figures, standing = report.figures, report.standing
    suspicion = report.suspicion
    since = None if standing.since is None else now + timedelta(seconds=standing.since)
    return {
        "attempts": figures.seizures,
        "asr": _rounded(figures.asr),
        "ner": _rounded(figures.ner),
        "acd_seconds": _rounded(figures.acd),
        "pdd_seconds": _rounded(figures.pdd),
        "stand": standing.state.value,
        "stand_why": standing.why,
        "stand_since": None if since is None else since.isoformat(timespec="milliseconds"),
        "false_answers": suspicion is not None and suspicion.suspected,
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def _print(rows: list[dict[str, Any]], config: Config, *, utc: bool) -> None:
    print_table([name for name in rows[0] if name not in _ONLY_JSON], rows, utc=utc, kept=_KEPT)
    for row in rows:
        if row.get("up") is False:
            echo(f"{row['name']} is down: {row['reason']}")
        if row["rests_until"] is not None:
            until = plain("rests_until", row["rests_until"], utc=utc)
            echo(
                f"{row['name']} rests until {until}, as its 503 asked; a node that runs ends that "
                "when OPTIONS find it well"
            )
        if row["stand"] != RateState.GOOD.value:
            echo(f"{row['name']} is demoted: {row['stand_why']}")
    if not any("up" in row for row in rows):
        echo(f"{len(config.trunks)} configured; --probe asks each")
