"""`dialer demo`."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from dialer import logs
from dialer.app.node import prompt_book
from dialer.app.office import OpenedForEach
from dialer.app.store import open_reader
from dialer.cli.options import Json, Verbose
from dialer.cli.run import dial
from dialer.cli.said import echo
from dialer.core.dialog.approval import Action, ApprovalStep
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import canonical
from dialer.core.values.records import AttemptRow, CallRow
from dialer.demo.files import LAB_CLOCK
from dialer.demo.run import Report, play
from dialer.demo.stage import Stage
from dialer.errors import ApprovalError
from dialer.files import load_run
from dialer.prompts.inspection import inspect_said


def demo(
    contacts: Annotated[int, typer.Option(help="How many people to call.", min=11, max=500)] = 60,
    keep: Annotated[
        Path | None, typer.Option(help="Keep files, records and traces in this new folder.")
    ] = None,
    *,
    json_output: Json = False,
    verbose: Verbose = 0,
) -> None:
    """Dial simulated carriers on this machine, and verify what was on the wire.

    The carriers are SIPp on loopback. The exit code is 1 where a check failed.
    """
    logs.set_up(verbose=verbose)
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="veridial-demo-") as folder:
            report = asyncio.run(play(Path(folder), contacts, _Dialler))
    else:
        try:
            keep.mkdir(parents=True)
        except OSError as error:
            what = f"{keep}: {error.strerror}; name a folder that can be made"
            raise typer.BadParameter(what, param_hint="--keep") from None
        report = asyncio.run(play(keep.resolve(), contacts, _Dialler))
    if json_output:
        checks = [
            {"check": check.name, "ok": check.ok, "found": check.found} for check in report.checks
        ]
        echo(json.dumps({"ok": report.ok, "calls": report.calls, "checks": checks}))
    else:
        _print(report)
    raise typer.Exit(0 if report.ok else 1)


class _Dialler:
    """What `dialer run` does, on the demo's stage; implements `dialer.demo.run.Dialler`."""

    def __init__(self, stage: Stage) -> None:
        self._config, self._loaded = load_run(stage.campaign, stage.config, now=datetime.now(UTC))
        self._book = prompt_book(self._config, self._loaded)

    async def approve(self) -> KeptVersion:
        await self._book.make()
        found = await inspect_said(self._config, self._loaded.said)
        async with OpenedForEach(self._config).writing() as desks:
            desk = desks.scripts
            wrote = ApprovalStep(
                Action.SUBMIT, "demo.author", datetime.now(UTC), "the demo's script"
            )
            made = await desk.submit(canonical(found.content), found.seconds, wrote, found.sounds)
            read = ApprovalStep(
                Action.APPROVE, "demo.compliance", datetime.now(UTC), "as inspected"
            )
            await desk.decide(made.hash, read, found.inspection)
            kept = await desk.kept(made.hash)
        if kept is None:
            raise ApprovalError("the demo's wording was not kept")
        return kept

    async def dial(self, at_the_end: Callable[[], Awaitable[None]]) -> None:
        await dial(self._config, self._loaded, self._book, at_the_end, lab_clock=LAB_CLOCK)
        self._book.close()

    async def records(self) -> tuple[Sequence[CallRow], Sequence[AttemptRow]]:
        store = open_reader(self._config)
        await store.open()
        try:
            return await store.calls(), await store.attempts()
        finally:
            await store.close()


def _print(report: Report) -> None:
    table = Table("", "verified, as the wire saw it", "found", box=box.SIMPLE_HEAD)
    for check in report.checks:
        table.add_row("[green]ok[/]" if check.ok else "[red]NO[/]", check.name, check.found)
    Console().print(table)
    passed = sum(check.ok for check in report.checks)
    echo(f"{report.calls} calls, {passed} of {len(report.checks)} checks passed")
