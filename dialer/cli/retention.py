"""`dialer retention`: what is destroyed when, and the certificates of what was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.audit import SignedCertificate
from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo, echo_json
from dialer.cli.tables import show as show_rows
from dialer.cli.tables import told
from dialer.cli.waiting import waiting
from dialer.core.office.retention import Term
from dialer.office import retention as office
from dialer.reading.text import decode, read_bytes

retention = typer.Typer(
    help="Destroy data that is past its term, and show the certificates.", no_args_is_help=True
)

_TERM: Final = ("campaign", "matter", "due", "latest", "state", "waits_for")
_LARGEST: Final = 1_000_000
"""Bytes of a certificate's file."""
_CERTIFICATE: Final = ("id", "matter", "subject", "counts", "begun", "done", "by", "master")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the date as 2026-11-23") from None


@retention.command()
def run(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what is due when, and what waits for what.")
    ] = False,
    today: Annotated[
        date | None,
        typer.Option(
            parser=_day,
            metavar="DATE",
            help="Today's date: says that a clock far ahead of the last record is right.",
        ),
    ] = None,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Destroy what is past its term, as a running node does every hour, and certify it."""
    request = asked(config, token_file)
    if dry_run:
        now = datetime.now(UTC)
        show_rows(
            _TERM,
            (_term_shown(term, now) for term in asyncio.run(office.plan(request))),
            nothing="nothing is left to be destroyed",
            as_json=json_output,
            as_csv=csv_output,
            utc=utc,
        )
        return
    with waiting("destroying what is past its term"):
        made = asyncio.run(office.run(request, today))
    _show_certificates(made, "nothing was due", as_json=json_output, as_csv=csv_output, utc=utc)


@retention.command()
def certificates(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show the certificates of everything that was destroyed, the latest first."""
    found = asyncio.run(office.certificates(asked(config)))
    _show_certificates(
        found, "nothing was destroyed yet", as_json=json_output, as_csv=csv_output, utc=utc
    )


@retention.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of the certificate.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Show one certificate as it is signed: what `verify` takes."""
    echo_json(asyncio.run(office.certificate(asked(config), id_)).as_json())


@retention.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A certificate, as `show` writes it.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    key: Annotated[
        str | None, typer.Option(help="The public key to trust, in hex; this node's if absent.")
    ] = None,
) -> None:
    """Check a certificate's signature. Exit 1 where it does not hold. With --key, anywhere."""
    text = decode(read_bytes(file, str(file), _LARGEST), str(file))
    # A listing asks nothing of the log.
    from dialer.office.audit import public_key  # noqa: PLC0415

    signed = office.verified(text, key or public_key(asked(config).config))
    done = signed.certificate
    echo(f"certificate {done.id} is signed by {signed.signer}; its digest is {done.digest()}")


def _show_certificates(
    made: Sequence[SignedCertificate], nothing: str, *, as_json: bool, as_csv: bool, utc: bool
) -> None:
    if as_json:
        echo(json.dumps([json.loads(each.as_json()) for each in made], indent=1))
        return
    shown = (_certificate_shown(each) for each in made)
    show_rows(
        _CERTIFICATE,
        shown,
        nothing=nothing,
        as_csv=as_csv,
        utc=utc,
        too_wide=("begun", "master"),
    )


def _term_shown(term: Term, now: datetime) -> dict[str, Any]:
    state = "due" if term.is_due(now) else "late" if term.is_late(now) else "kept"
    return {
        "campaign": term.name,
        "matter": term.matter.value,
        "due": told(term.due),
        "latest": told(term.latest),
        "state": state,
        "waits_for": term.waits_for,
    }


def _certificate_shown(signed: SignedCertificate) -> dict[str, Any]:
    done = signed.certificate
    return {
        "id": done.id,
        "matter": done.matter.value,
        "subject": done.subject,
        "counts": ", ".join(f"{many} {what}" for what, many in sorted(done.counts.items())),
        "begun": _told(done.begun_at),
        "done": _told(done.done_at),
        "by": done.by,
        "master": done.master,
    }


def _told(micros: int) -> str | None:
    return told(datetime.fromtimestamp(micros // 1_000_000, UTC))
