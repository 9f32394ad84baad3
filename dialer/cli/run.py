"""`dialer run`, and what the demo shares with it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from dialer import logs
from dialer.app import freed_memory
from dialer.app.node import prompt_book, running_node
from dialer.campaigns.run import CampaignRun, Summary
from dialer.cli.asking import TokenFile, asked
from dialer.cli.checking import counted_rows
from dialer.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    Country,
    Json,
    LabClock,
    LogFile,
    LogForm,
    LogFormat,
    Verbose,
)
from dialer.cli.said import echo
from dialer.cli.signals import Signals
from dialer.cli.view import RunView, Say, as_json, print_summary, to_stderr, view_of
from dialer.config import Config
from dialer.files import LoadedCampaign, load_run
from dialer.prompts.book import PromptBook

_log = logging.getLogger(__name__)

SHOW_EVERY: Final = 0.2
"""Seconds between two looks at a run's accounts."""


def run(  # noqa: PLR0913 - the options of a command
    campaign: Annotated[Path, typer.Argument(help="The campaign's YAML file.")],
    config: ConfigFile = DEFAULT_CONFIG,
    lab_clock: LabClock = None,
    *,
    country: Country = None,
    token_file: TokenFile = None,
    json_output: Json = False,
    verbose: Verbose = 0,
    log_format: LogFormat = LogForm.TEXT,
    log_file: LogFile = None,
) -> None:
    """Dial one campaign to its end.

    The audit log names who started it: by your token, if you show one, and by your account.

    On SIGTERM, SIGHUP or Ctrl-C no new call is placed, and live calls finish. A second SIGTERM or
    Ctrl-C ends them at once, as SIGQUIT does.
    """
    as_json_lines = log_format is LogForm.JSON
    try:
        logs.set_up(verbose=verbose, as_json=as_json_lines, file=log_file)
    except OSError as error:
        what = f"{log_file} cannot be opened: {error.strerror}"
        raise typer.BadParameter(what, param_hint="--log-file") from None
    # A program reads the log, and all that stands on standard error must be one of its lines.
    console = Console(stderr=True, force_terminal=False if as_json_lines else None)
    show = Show(console, _log.info if as_json_lines else to_stderr)
    with counted_rows(show.console, show.say) as at_row:
        configuration, loaded = load_run(
            campaign, config, now=datetime.now(UTC), at_row=at_row, country=country
        )
    for notice in loaded.contacts.skipped:
        _log.info("%s", notice)
    if not all(trunk.lab for trunk in configuration.trunks):
        for doubt in freed_memory.doubts():
            _log.warning("%s", doubt)
    who = asyncio.run(asked(config, token_file).whose())
    started_by = None if who is None else who.name
    summary = asyncio.run(
        dial(configuration, loaded, lab_clock=lab_clock, show=show, started_by=started_by)
    )
    if json_output:
        echo(json.dumps(as_json(summary)))
    else:
        print_summary(Console(), summary)


@dataclass(frozen=True, slots=True)
class Show:
    """Where a run is shown: on `console`, or by `say` where that is no terminal."""

    console: Console = field(default_factory=lambda: Console(stderr=True))
    say: Say = to_stderr


async def dial(
    config: Config,
    loaded: LoadedCampaign,
    book: PromptBook | None = None,
    at_the_end: Callable[[], Awaitable[None]] | None = None,
    *,
    lab_clock: datetime | None = None,
    show: Show | None = None,
    started_by: str | None = None,
) -> Summary:
    """Bring a node up, dial, show where it stands on standard error, and bring it down."""
    show = show or Show()
    own_book = book is None
    book = book or prompt_book(config, loaded)
    try:
        if own_book:
            with show.console.status("making prompts") as status:
                await book.make(lambda made, of: status.update(f"making prompts {made}/{of}"))
        async with running_node(config, lab_clock=lab_clock, started_by=started_by) as node:
            running = await node.campaign(loaded, book)
            view = view_of(show.console, loaded.record.name, show.say)
            with Signals(running), view:
                summary = await _shown(running, view)
            if at_the_end is not None:
                await at_the_end()
            return summary
    finally:
        if own_book:
            book.close()


async def _shown(running: CampaignRun, view: RunView) -> Summary:
    """Run, and show the accounts as they change."""
    task = asyncio.ensure_future(running.run())
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=SHOW_EVERY)
            snapshot = running.snapshot()
            if snapshot is not None:
                view.show(snapshot)
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    return task.result()
