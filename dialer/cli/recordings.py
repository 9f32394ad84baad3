"""`dialer recordings`: what there is of calls' sound, and taking one out to be heard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked, campaign_names
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.tables import show
from dialer.cli.waiting import waiting
from dialer.core.values.recordings import RecordingRow
from dialer.errors import RecordingError
from dialer.office import recordings as office

recordings = typer.Typer(help="Recordings of calls: list them, export one.", no_args_is_help=True)

_FIELDS: Final = ("started", "campaign", "state", "seconds", "lost_s", "bytes", "call")


@recordings.command("list")
def list_recordings(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    campaign: Annotated[
        str | None, typer.Option(help="Only of this campaign.", autocompletion=campaign_names)
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first; 0: all.", min=0)] = 50,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show which calls were recorded and what there is of it, newest first. No token is needed."""
    rows = asyncio.run(office.rows(asked(config), campaign, limit or None))
    show(
        _FIELDS,
        [_shown(row) for row in rows],
        nothing="no recordings",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )


@recordings.command()
def export(
    call: Annotated[str, typer.Argument(help="The call's id, as `dialer calls` shows it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The WAV file to write; not there yet.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    why: Annotated[str | None, typer.Option(help="The reason, for the record.")] = None,
    token_file: TokenFile = None,
) -> None:
    """Write a call's recording as a WAV file: the callee left, our side right.

    A token that may export evidence is needed; who took it out is in the audit log first.
    """
    with waiting("opening the recording"):
        sound = asyncio.run(office.export(asked(config, token_file), call, why))
    try:
        with out.open("xb") as file:
            file.write(sound)
    except FileExistsError:
        raise RecordingError(f"{out} is there already; name another file") from None
    except OSError as error:
        # What is half there would be taken for the whole; what is no file is not ours to remove.
        if out.is_file():
            out.unlink(missing_ok=True)
        raise RecordingError(f"{out}: cannot be written: {error.strerror}") from None
    echo(f"{out}: {len(sound)} bytes; it holds a person's voice: remove it after use")


def _shown(row: RecordingRow) -> dict[str, Any]:
    return {
        "started": row.started_at.isoformat(timespec="milliseconds"),
        "campaign": row.campaign,
        "state": row.state.value,
        "seconds": None if row.seconds is None else round(row.seconds, 2),
        "lost_s": None if row.lost is None else round(row.lost, 2),
        "bytes": row.sealed_bytes,
        "call": row.call,
    }
