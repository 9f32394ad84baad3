"""`dialer scripts`: wording is submitted, inspected and approved before it is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.play import play
from dialer.cli.rehearse import draw, hold, try_
from dialer.cli.said import echo
from dialer.cli.signing import SignedFile, SignKey, StatementFile, signed_by
from dialer.cli.tables import print_table
from dialer.cli.tables import show as show_rows
from dialer.cli.wording_view import (
    LISTED,
    diff_lines,
    finding_in_words,
    listed,
    short,
    state_of,
    steps_rows,
    titled,
    version_as_json,
    words_rows,
)
from dialer.config import Config
from dialer.core.dialog.approval import Version
from dialer.core.dialog.wording import WordingFinding
from dialer.errors import ApprovalError
from dialer.office import scripts as office

if TYPE_CHECKING:
    from dialer.files.said import Said

Result = TypeVar("Result")

scripts = typer.Typer(
    help="Scripts: submit, inspect, approve and reject them.", no_args_is_help=True
)

VersionName = Annotated[
    str, typer.Argument(metavar="VERSION", help="A version, by its first digits.")
]
VersionNames = Annotated[
    list[str], typer.Argument(metavar="VERSION", help="A version, by its first digits.")
]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept.")]
NeededWhy = Annotated[str, typer.Option("--why", help="The reason, for the author to read.")]


@scripts.command()
def submit(
    file: Annotated[
        Path, typer.Argument(help="A campaign; a script, with --purpose; or dialer.yaml.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    purpose: Annotated[
        str | None, typer.Option(help="What a script is said for, as its campaigns will say.")
    ] = None,
    industry: Annotated[
        str | None, typer.Option(help="A script's industry, as its campaigns will say.")
    ] = None,
    why: Why = "",
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Submit what a campaign says for approval, and show what stands in its way."""
    request = asked(config, token_file)
    done = _run(office.submit(request, lambda: _said(file, request.config, purpose, industry), why))
    version = done.version
    if json_output:
        back = done.callback
        told = None if back is None else version_as_json(back.version, back.findings)
        echo(json.dumps(version_as_json(version, done.findings) | {"callback": told}))
        return
    for each in (done, done.callback):
        if each is not None:
            _print_submitted(each.version, each.findings)


def _print_submitted(version: Version, findings: Sequence[WordingFinding]) -> None:
    echo(f"{titled(version)}: version {short(version.hash)} is submitted")
    _print_findings(findings)
    if not findings:
        echo(
            f"someone else hears and approves it: dialer scripts play {short(version.hash)}, then "
            f"dialer scripts approve {short(version.hash)}"
        )


@scripts.command()
def approve(  # noqa: PLR0913 - the options of a command
    versions: VersionNames,
    config: ConfigFile = DEFAULT_CONFIG,
    why: Why = "",
    token_file: TokenFile = None,
    *,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
    json_output: Json = False,
) -> None:
    """Approve versions that someone else wrote, by your own signature.

    Each is inspected again; findings forbid it. Of several, those before one that may not be
    approved are approved.
    """
    if len(versions) > 1 and (signed is not None or statement is not None or json_output):
        raise typer.BadParameter(
            "goes with one VERSION", param_hint="--signed, --statement, --json"
        )
    request = asked(config, token_file)
    for version in versions:
        wanted = _run(office.to_approve(request, version, why))
        by_hand = signed_by(request, wanted, sign_key, signed, statement, token_file)
        _decided(office.approve(request, version, why, by_hand), json_output=json_output)


@scripts.command()
def reject(
    version: VersionName,
    why: NeededWhy,
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Reject a version that waits for approval."""
    _decided(office.reject(asked(config, token_file), version, why), json_output=json_output)


@scripts.command()
def withdraw(
    version: VersionName,
    why: NeededWhy,
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Take an approval back: from its next call on, no node says these words any more."""
    _decided(office.withdraw(asked(config, token_file), version, why), json_output=json_output)


@scripts.command()
def recall(
    version: VersionName,
    config: ConfigFile = DEFAULT_CONFIG,
    why: Why = "",
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Take back a version that you submitted, before it is decided."""
    _decided(office.recall(asked(config, token_file), version, why), json_output=json_output)


scripts.command()(play)
scripts.command("try")(try_)
scripts.command("test")(hold)
scripts.command()(draw)


@scripts.command("list")
def list_(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show every version and where it stands, the latest first."""
    found = _run(office.versions(asked(config)))
    shown = version_as_json if json_output or csv_output else listed
    show_rows(
        LISTED,
        [shown(version) for version in found],
        nothing="no version was submitted yet: dialer scripts submit CAMPAIGN",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )


@scripts.command()
def show(
    version: VersionName,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    utc: Utc = False,
    json_output: Json = False,
) -> None:
    """Show a version: every word of it, the findings, and what was done to it."""
    found = _run(office.whole(asked(config), version))
    kept, findings = found.kept, found.findings
    if json_output:
        told = version_as_json(kept.version, findings)
        echo(json.dumps(told | {"content": json.loads(kept.content)}))
        return
    echo(f"{titled(kept.version)}: version {kept.version.hash}, {state_of(kept.version)}")
    print_table(("where", "as", "words"), words_rows(kept.read()), kept={"words"})
    _print_findings(findings)
    print_table(("step", "who", "when", "why"), steps_rows(kept.version), utc=utc)


@scripts.command("diff")
def diff_(
    before: Annotated[str, typer.Argument(metavar="A", help="The one version.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
) -> None:
    """Show what differs between two versions."""
    found = _run(office.compare(asked(config), before, after))
    if json_output:
        echo(json.dumps(asdict(found)))
        return
    for line in diff_lines(found) if found else ["nothing differs"]:
        echo(line)


def _run(asking: Coroutine[None, None, Result]) -> Result:
    try:
        return asyncio.run(asking)
    except office.VersionUnclearError as error:
        raise typer.BadParameter(str(error), param_hint="VERSION") from None


def _decided(asking: Coroutine[None, None, office.Decided], *, json_output: bool) -> None:
    done = _run(asking)
    if json_output:
        told = version_as_json(done.versions[-1], done.findings)
        echo(json.dumps(told))
    elif done.findings:
        _print_findings(done.findings)
    else:
        for version in done.versions:
            echo(f"{titled(version)}: version {short(version.hash)} is {state_of(version)}")
    if done.findings:
        raise typer.Exit(ApprovalError.exit_code)


def _said(file: Path, config: Config, purpose: str | None, industry: str | None) -> Said | None:
    """What the file says; None for a configuration, which says what people hear who call back."""
    # A listing does without the readers of files.
    from dialer.files.check import kind_of  # noqa: PLC0415
    from dialer.files.said import said_by_campaign, said_by_script  # noqa: PLC0415

    kind = kind_of(file)
    if kind == "script":
        if not purpose:
            raise typer.BadParameter("say what the script is for", param_hint="--purpose")
        return said_by_script(file, config, purpose, industry)
    if kind == "config":
        return None
    if kind != "campaign":
        raise typer.BadParameter(f"is a {kind}; name a campaign or a script", param_hint="FILE")
    if purpose or industry:
        raise typer.BadParameter("a campaign's file says it", param_hint="--purpose, --industry")
    return said_by_campaign(file, config)


def _print_findings(findings: Sequence[WordingFinding]) -> None:
    if not findings:
        return
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    echo(f"{count}; it cannot be approved before they are mended:")
    for finding in findings:
        echo(f"  {finding.node or 'script'}: {finding_in_words(finding)}")
