"""What a run shows: a live line on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, Protocol, Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from dialer.campaigns.run import Summary
from dialer.cli.json_keys import with_old_names
from dialer.core.calls.campaign import Snapshot
from dialer.core.values.retry import CALLED_AGAIN
from dialer.core.values.visible import visible

PLAIN_EVERY: Final = 5.0
"""Seconds between two plain lines."""


Say = Callable[[str], None]
"""Where plain lines go."""


def to_stderr(line: str) -> None:
    sys.stderr.write(f"{visible(line)}\n")
    sys.stderr.flush()


class RunView(Protocol):
    """Shown snapshots as they come; a context manager."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, snapshot: Snapshot) -> None:
        """Show where the run stands."""
        ...


class LiveLine:
    """One line with a bar, drawn anew in place."""

    def __init__(self, console: Console, name: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            console=console,
            refresh_per_second=5,
        )
        self._task = self._progress.add_task(visible(name), total=None, figures="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, snapshot: Snapshot) -> None:
        self._progress.update(
            self._task,
            total=snapshot.total,
            completed=snapshot.done,
            figures=_figures(snapshot),
        )


class PlainLines:
    """A line every few seconds, and the last state at the end."""

    def __init__(self, name: str, say: Say = to_stderr) -> None:
        self._name = name
        self._say = say
        self._last = 0.0
        self._unshown: Snapshot | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._unshown is not None:
            self._write(self._unshown)

    def show(self, snapshot: Snapshot) -> None:
        self._unshown = snapshot
        now = time.monotonic()
        if now - self._last >= PLAIN_EVERY:
            self._last = now
            self._write(snapshot)

    def _write(self, snapshot: Snapshot) -> None:
        self._unshown = None
        figures = _figures(snapshot)
        self._say(f"{self._name}: {snapshot.done}/{snapshot.total} done  {figures}")


def view_of(console: Console, name: str, say: Say = to_stderr) -> RunView:
    """A live line where `console` is a terminal, plain lines by `say` elsewhere."""
    return LiveLine(console, name) if console.is_terminal else PlainLines(name, say)


def _figures(snapshot: Snapshot) -> str:
    left = "-" if snapshot.time_left is None else _span(snapshot.time_left)
    denied = sum(snapshot.denied.values())
    words = [
        f"live {snapshot.live}",
        f"answered {snapshot.answered}",
        f"opted out {snapshot.refused}",
        f"denied {denied}",
        f"{snapshot.rate:.1f}/s",
        f"left {left}",
    ]
    words += [f"({wait})" for wait in snapshot.waits]
    if snapshot.stage.value == "draining" and snapshot.live:
        words.append("(finishing)")
    return "  ".join(words)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"


def as_json(summary: Summary) -> dict[str, Any]:
    """The summary for machines; docs/json.md says what its keys mean."""
    snapshot, progress = summary.snapshot, summary.progress
    return {
        "campaign": summary.campaign,
        "total": progress.total,
        "done": progress.done,
        "waiting": progress.waiting,
        "waiting_later": dict(progress.waiting_later),
        "drained": summary.drained,
        "cut_short_before": summary.cut_short,
        "seconds": round(summary.seconds, 3),
        "run": with_old_names(
            {
                "calls": sum(snapshot.outcomes.values()),
                "answered": snapshot.answered,
                "opted_out": snapshot.refused,
                "denied": dict(snapshot.denied),
                "outcomes": dict(snapshot.outcomes),
                "waits": [asdict(wait) for wait in snapshot.waits],
                "post_dial_delay_s": _percentiles(summary.figures.post_dial_delay),
                "answer_to_first_packet_s": _percentiles(summary.figures.first_packet),
                "answer_to_notice_s": _percentiles(summary.figures.notice),
                "barge_in_s": _percentiles(summary.figures.barge_in),
            }
        ),
        "outcomes": dict(progress.outcomes),
    }


def print_summary(console: Console, summary: Summary) -> None:
    """The summary for people."""
    snapshot, progress = summary.snapshot, summary.progress
    calls = sum(snapshot.outcomes.values())
    table = Table("outcome", "calls", "share", box=box.SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for outcome, count in sorted(snapshot.outcomes.items(), key=lambda item: -item[1]):
        table.add_row(outcome, str(count), f"{100 * count / calls:.1f} %")
    if calls:
        console.print(table)
    rate = calls / summary.seconds if summary.seconds else 0.0
    console.print(
        f"{calls} calls in {_span(summary.seconds)} ({rate:.1f}/s), "
        f"{snapshot.answered} answered, {snapshot.refused} opted out"
    )
    for label, values in (
        ("post-dial delay", summary.figures.post_dial_delay),
        ("answer to first packet", summary.figures.first_packet),
        ("answer to end of notice", summary.figures.notice),
        ("barge-in", summary.figures.barge_in),
    ):
        found = _percentiles(values)
        if found:
            console.print(
                f"{label}: p50 {1000 * found['p50']:.0f} ms, p99 {1000 * found['p99']:.0f} ms"
            )
    for wait in snapshot.waits:
        console.print(visible(str(wait)), markup=False)
    _print_rest(console, summary.progress.waiting_later, snapshot.denied)
    if summary.cut_short:
        console.print(
            f"{summary.cut_short} calls of an earlier run were found cut short and closed"
        )
    if summary.drained:
        console.print("stopped on request; run again to go on")
    console.print(f"{progress.done} of {progress.total} contacts done")


def _print_rest(
    console: Console, waiting_later: Mapping[str, int], denied: Mapping[str, int]
) -> None:
    for rule, count in sorted(waiting_later.items()):
        if rule in CALLED_AGAIN:
            continue  # said already
        console.print(f"{count} contacts wait for a later run, by the rule {rule}")
    for rule, count in sorted(denied.items()):
        if rule not in waiting_later:
            console.print(f"{count} calls were not allowed, by the rule {rule}")


def _percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p99 and max; empty where nothing was measured."""
    ordered = sorted(values)
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {
        name: round(ordered[round(share * last)], 6)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }
