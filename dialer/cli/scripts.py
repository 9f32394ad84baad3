"""`dialer scripts`: wording is submitted, inspected and approved before it is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from dialer.app.store import clerk, open_reader, reading, script_desk
from dialer.cli.acting import TokenFile, acting
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json
from dialer.cli.tables import show as show_rows
from dialer.cli.wording_view import (
    LISTED,
    diff_lines,
    finding_in_words,
    listed,
    short,
    state_of,
    steps_table,
    titled,
    version_as_json,
    words_table,
)
from dialer.config import Config, load_config
from dialer.core.dialog.approval import Action, Step, Version
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import canonical, diff
from dialer.core.dialog.wording import Finding
from dialer.core.office.access import Right
from dialer.errors import ApprovalError
from dialer.files.check import kind_of
from dialer.files.said import Said, said_by_campaign, said_by_script
from dialer.ports.desks import ScriptDesk
from dialer.prompts.inspection import inspect_kept, inspect_said

_FEWEST_DIGITS: Final = 6

scripts = typer.Typer(help="Wording: submit, inspect and approve it.", no_args_is_help=True)

VersionName = Annotated[
    str, typer.Argument(metavar="VERSION", help="A version, by its first digits.")
]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept.")]
NeededWhy = Annotated[str, typer.Option("--why", help="The reason, for the author to read.")]


@scripts.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A campaign; or a script, with --purpose.")],
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
    configuration = _config(config)
    who = acting(configuration, Right.SUBMIT_SCRIPTS, token_file)
    said = _said(file, configuration, purpose, industry)

    async def work() -> tuple[Version, Sequence[Finding]]:
        found = await inspect_said(configuration, said)
        async with clerk(configuration) as store:
            step = Step(Action.SUBMIT, who.name, datetime.now(UTC), why)
            content = canonical(found.content)
            done = await script_desk(store).submit(content, found.seconds, step)
        return done, found.inspection.findings

    version, findings = asyncio.run(work())
    if json_output:
        typer.echo(json.dumps(version_as_json(version, findings)))
        return
    typer.echo(f"{titled(version)}: version {short(version.hash)} is submitted")
    _print_findings(findings)
    if not findings:
        typer.echo(f"someone else approves it: dialer scripts approve {short(version.hash)}")


@scripts.command()
def approve(
    version: VersionName,
    config: ConfigFile = DEFAULT_CONFIG,
    why: Why = "",
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Approve a version that someone else wrote. It is inspected anew, and must be clean."""
    configuration = _config(config)
    who = acting(configuration, Right.APPROVE_SCRIPTS, token_file)

    async def work() -> tuple[Sequence[Version], Sequence[Finding]]:
        async with clerk(configuration) as store:
            desk = script_desk(store)
            kept = await _kept(desk, version)
            try:
                inspection = await inspect_kept(configuration, kept)
            except ValueError as error:
                raise ApprovalError(f"it cannot be inspected: {error}; submit it anew") from None
            if inspection.findings:
                return (kept.version,), inspection.findings
            step = Step(Action.APPROVE, who.name, datetime.now(UTC), why)
            return await desk.decide(kept.version.hash, step, inspection), ()

    changed, findings = asyncio.run(work())
    if json_output:
        typer.echo(json.dumps(version_as_json(changed[-1], findings)))
    elif findings:
        _print_findings(findings)
    else:
        _print_states(changed)
    if findings:
        raise typer.Exit(ApprovalError.exit_code)


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
    _decide(_Decision(config, version, Action.REJECT, why, token_file), json_output=json_output)


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
    _decide(_Decision(config, version, Action.WITHDRAW, why, token_file), json_output=json_output)


@scripts.command()
def recall(
    version: VersionName,
    config: ConfigFile = DEFAULT_CONFIG,
    why: Why = "",
    token_file: TokenFile = None,
    *,
    json_output: Json = False,
) -> None:
    """Take back what one has submitted, before it is decided."""
    _decide(_Decision(config, version, Action.RECALL, why, token_file), json_output=json_output)


@scripts.command("list")
def list_(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, csv_output: Csv = False
) -> None:
    """Every version and where it stands, the last one first."""
    found = asyncio.run(_versions(_config(config)))
    shown = version_as_json if json_output or csv_output else listed
    show_rows(
        LISTED,
        [shown(version) for version in found],
        nothing="no version was submitted yet: dialer scripts submit CAMPAIGN",
        as_json=json_output,
        as_csv=csv_output,
    )


@scripts.command()
def show(
    version: VersionName, config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False
) -> None:
    """A version: every word of it, what was found in it, and what was done to it."""
    configuration = _config(config)

    async def work() -> tuple[KeptVersion, Sequence[Finding]]:
        kept = await _read_kept(configuration, version)
        return kept, (await inspect_kept(configuration, kept)).findings

    kept, findings = asyncio.run(work())
    if json_output:
        told = version_as_json(kept.version, findings)
        typer.echo(json.dumps(told | {"content": json.loads(kept.content)}))
        return
    typer.echo(f"{titled(kept.version)}: version {kept.version.hash}, {state_of(kept.version)}")
    console = Console()
    console.print(words_table(kept.read()))
    _print_findings(findings)
    console.print(steps_table(kept.version))


@scripts.command("diff")
def diff_(
    before: Annotated[str, typer.Argument(metavar="A", help="The one version.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
) -> None:
    """What differs between two versions."""
    configuration = _config(config)

    async def work() -> tuple[KeptVersion, KeptVersion]:
        return await _read_kept(configuration, before), await _read_kept(configuration, after)

    old, new = asyncio.run(work())
    found = diff(old.content, new.content)
    if json_output:
        typer.echo(json.dumps(asdict(found)))
        return
    for line in diff_lines(found) if found else ["nothing differs"]:
        typer.echo(line)


@dataclass(frozen=True, slots=True)
class _Decision:
    """One step, as the command line asked for it."""

    config: Path
    version: str
    action: Action
    why: str
    token_file: Path | None


def _decide(asked: _Decision, *, json_output: bool) -> None:
    config = _config(asked.config)
    recalls = asked.action is Action.RECALL
    right = Right.SUBMIT_SCRIPTS if recalls else Right.APPROVE_SCRIPTS
    who = acting(config, right, asked.token_file)

    async def work() -> Sequence[Version]:
        async with clerk(config) as store:
            desk = script_desk(store)
            kept = await _kept(desk, asked.version)
            step = Step(asked.action, who.name, datetime.now(UTC), asked.why)
            return await desk.decide(kept.version.hash, step)

    changed = asyncio.run(work())
    if json_output:
        typer.echo(json.dumps(version_as_json(changed[-1])))
    else:
        _print_states(changed)


def _config(path: Path) -> Config:
    return load_config(path, now=datetime.now(UTC))


def _said(file: Path, config: Config, purpose: str | None, industry: str | None) -> Said:
    kind = kind_of(file)
    if kind == "script":
        if not purpose:
            raise typer.BadParameter("say what the script is for", param_hint="--purpose")
        return said_by_script(file, config, purpose, industry)
    if kind != "campaign":
        raise typer.BadParameter(f"is a {kind}; name a campaign or a script", param_hint="FILE")
    if purpose or industry:
        raise typer.BadParameter("a campaign's file says it", param_hint="--purpose, --industry")
    return said_by_campaign(file, config)


async def _versions(config: Config) -> Sequence[Version]:
    if not open_reader(config).exists:
        return ()
    async with reading(config) as store:
        return await script_desk(store).versions()


async def _read_kept(config: Config, named: str) -> KeptVersion:
    async with reading(config) as store:
        return await _kept(script_desk(store), named)


async def _kept(desk: ScriptDesk, named: str) -> KeptVersion:
    """The version whose name begins with what was typed."""
    found = [each.hash for each in await desk.versions() if each.hash.startswith(named.lower())]
    if len(named) < _FEWEST_DIGITS or len(found) > 1:
        raise typer.BadParameter(f"{named}: give more digits of it", param_hint="VERSION")
    kept = await desk.kept(found[0]) if found else None
    if kept is None:
        raise ApprovalError(f"no version begins with {named}; `dialer scripts list` shows them all")
    return kept


def _print_states(changed: Sequence[Version]) -> None:
    for version in changed:
        typer.echo(f"{titled(version)}: version {short(version.hash)} is {state_of(version)}")


def _print_findings(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    typer.echo(f"{count}; it cannot be approved before they are mended:")
    for finding in findings:
        typer.echo(f"  {finding.node or 'script'}: {finding_in_words(finding)}")
