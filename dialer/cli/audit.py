"""`dialer audit`: the log of what was decided and done, checked, shown, and taken along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.audit import SignedCheckpoint, public_key, read_bundle
from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.reconcile import reconcile
from dialer.cli.said import echo
from dialer.cli.tables import show
from dialer.cli.waiting import waiting
from dialer.core.office.audit_chain import AuditRecord
from dialer.core.office.audit_kinds import KINDS
from dialer.errors import AuditError
from dialer.office import audit as office
from dialer.ports.audit import AuditReport

audit = typer.Typer(
    help="The audit log: verify it, list it, export a call's evidence.", no_args_is_help=True
)

audit.command()(reconcile)

TrustedKeys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A public key to trust, in hex; more than once: all of them."),
]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS: Final = ("at", "kind", "call", "chain", "sequence", "body")


@audit.command()
def verify(
    bundle: Annotated[
        Path | None, typer.Argument(help="A bundle of evidence; without it: the whole log.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    key: TrustedKeys = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="Checkpoints kept outside, one a line, as published over MQTT."),
    ] = None,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Verify the whole log, or a BUNDLE, which needs nothing but itself and the --key to trust.

    The log is held to its chains, and to every checkpoint that was signed; the tables are held to
    the log. Ends with 1 where anything was changed, removed, reordered or cut off, and says which
    record or row.
    """
    trusted = _trusted(key)
    if bundle is not None:
        _verify_bundle(bundle, trusted, as_json=json_output)
        return
    given = [] if checkpoints is None else _given(checkpoints)
    with waiting("verifying the audit log"):
        report = asyncio.run(office.check(asked(config, token_file), trusted, given))
    if json_output:
        echo(json.dumps(_report(report), indent=1))
    else:
        for chain, count in report.chains.items():
            echo(f"{chain}: {count} records")
        for finding in report.findings:
            echo(f"{finding.node}: record {finding.sequence} {finding.what}")
        for each in report.differences:
            says = "" if each.chain is None else f" ({each.chain}, record {each.sequence})"
            echo(f"{each.what} {each.key} {each.how}{says}")
        if report.differences_in_all > len(report.differences):
            echo(f"and {report.differences_in_all - len(report.differences)} more rows")
        if report.from_before:
            echo(
                f"{report.from_before} rows are from before the tables were held to the log: they "
                "are what they were at the upgrade"
            )
        many = len(report.findings) + report.differences_in_all
        wrong = "nothing is wrong" if report.holds else f"{many} FINDINGS"
        echo(f"held to {report.checkpoints} signed checkpoints: {wrong}")
    if not report.holds:
        raise typer.Exit(1)


@audit.command()
def overrule(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    why: Annotated[str, typer.Option(help="The reason, for whoever reads the log later.")],
    token_file: TokenFile = None,
) -> None:
    """Let the node start once although an anchor remembers what its log does not hold.

    For compliance only, and on record with each thing that was overruled.
    """
    # Only this command asks anchors, and a broker among them.
    from dialer.app.anchors import anchors_of  # noqa: PLC0415

    request = asked(config, token_file)
    with waiting("asking the anchors"):
        found = asyncio.run(office.overrule(request, anchors_of(request.config), why))
    for each in found:
        echo(f"overruled, for the next start of the node: {each.why}")


@audit.command()
def export(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    call: Annotated[str, typer.Option(help="The call, by its id.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The bundle to write; CALL.zip if absent.")
    ] = None,
    token_file: TokenFile = None,
) -> None:
    """Write one call's evidence into a zip that `dialer audit verify BUNDLE` checks offline.

    It holds the number in clear, so it is on record who exported it.
    """
    path = output or Path(f"{call}.zip")
    with waiting("writing the bundle"):
        signer = asyncio.run(office.export(asked(config, token_file), call, path))
    echo(f"{path} is written; check it with: dialer audit verify {path} --key {signer}")


@audit.command("list")
def list_records(  # noqa: PLR0913 - a command has as many options as it needs
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    call: Annotated[str | None, typer.Option(help="Only records of this call.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only records of this kind.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, latest first; 0: all.", min=0)] = 50,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Show records of the log, the latest first. Numbers in it are keyed hashes."""
    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"is one of {', '.join(sorted(KINDS))}", param_hint="--kind")
    found = asyncio.run(office.records(asked(config, token_file), call, kind, limit or None))
    show(
        _FIELDS,
        [_shown(each, whole=json_output) for each in found],
        nothing="no records",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )


@audit.command("key")
def show_key(config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False) -> None:
    """Show the public key that checkpoints are signed with, for those who are to trust it."""
    public = office.public_key(asked(config).config)
    echo(json.dumps({"key": public}) if json_output else public)


def _verify_bundle(bundle: Path, trusted: Sequence[str], *, as_json: bool) -> None:
    with waiting("verifying the bundle"):
        report = read_bundle(bundle, trusted[0] if trusted else None)
    if as_json:
        shown = {
            "records": len(report.records),
            "files": report.files,
            "proven": report.proven,
            "signer": report.signer,
            "approved_by": report.approved_by,
            "faults": report.faults,
        }
        echo(json.dumps(shown, indent=1))
    else:
        echo(f"{len(report.records)} records, signed by {report.signer}")
        for name in report.files:
            how = "proven by the log" if name in report.proven else "in the bundle's manifest only"
            echo(f"{name}: {how}")
        if report.approved_by:
            echo(f"what was said was approved by {report.approved_by}")
        for fault in report.faults:
            echo(f"FAULT: {fault}")
        echo("the bundle does not hold" if report.faults else "the bundle holds")
    if report.faults:
        raise typer.Exit(1)


def _trusted(keys: Sequence[str] | None) -> list[str]:
    for key in keys or ():
        try:
            public_key(key)
        except ValueError:
            raise typer.BadParameter(
                "is no public key: 64 hexadecimal digits, as `dialer audit key` shows it",
                param_hint="--key",
            ) from None
    return [key.lower() for key in keys or ()]


def _given(path: Path) -> list[SignedCheckpoint]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"{path} cannot be read: {error}") from None
    given = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                given.append(SignedCheckpoint.from_json(line))
            except AuditError as error:
                raise AuditError(f"{path}:{number}: {error}") from None
    return given


def _report(report: AuditReport) -> dict[str, Any]:
    return {
        "chains": dict(report.chains),
        "checkpoints": report.checkpoints,
        "findings": [
            {"chain": each.node, "sequence": each.sequence, "what": each.what}
            for each in report.findings
        ],
        "differences": [
            {
                "what": each.what,
                "key": each.key,
                "how": each.how,
                "chain": each.chain,
                "sequence": each.sequence,
            }
            for each in report.differences
        ],
        "differences_in_all": report.differences_in_all,
        "from_before": report.from_before,
    }


def _shown(record: AuditRecord, *, whole: bool) -> dict[str, Any]:
    at = _EPOCH + timedelta(microseconds=record.at)
    body = dict(record.body)
    return {
        "at": at.isoformat(timespec="milliseconds"),
        "kind": record.kind,
        "call": body.get("call"),
        "chain": record.node,
        "sequence": record.sequence,
        "body": body if whole else json.dumps(body, ensure_ascii=False),
    }
