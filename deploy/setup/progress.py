"""What a person sees: one line a step, with its state and how long it took.

On a terminal the line of the running step is rewritten twice a second. Elsewhere (a log of
continuous integration) a line is added every fifteen seconds, so that silence means trouble.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

REWRITE_SECONDS = 0.5
REPEAT_SECONDS = 15.0


def duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    return f"{whole // 60}m{whole % 60:02d}s"


class Step:
    """One running step; use it as a context manager."""

    def __init__(self, label: str, out: TextIO, clock: Callable[[], float]) -> None:
        self._label = label
        self._out = out
        self._clock = clock
        self._terminal = out.isatty()
        self._doing = ""
        self._done = "ok"
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._started = clock()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._ticker.join()
        with self._lock:
            self._line("failed" if error is not None else self._done, last=True)

    def doing(self, what: str) -> None:
        """Name the phase the step is in."""
        with self._lock:
            self._doing = what
            if self._terminal:
                self._line(what)

    def done(self, state: str) -> None:
        """Say how the step will have ended, if it ends well."""
        self._done = state

    def say(self, text: str) -> None:
        """Print a line of its own, to stay."""
        with self._lock:
            self._print(f"      {text}", last=True)

    def _tick(self) -> None:
        every = REWRITE_SECONDS if self._terminal else REPEAT_SECONDS
        while not self._stop.wait(every):
            with self._lock:
                self._line(self._doing or "working")

    def _line(self, state: str, *, last: bool = False) -> None:
        elapsed = duration(self._clock() - self._started)
        self._print(f"{self._label} ... {state} {elapsed}", last=last)

    def _print(self, text: str, *, last: bool) -> None:
        if not self._terminal:
            self._out.write(f"{text}\n")
        elif last:
            self._out.write(f"\r\x1b[K{text}\n")
        else:
            width = shutil.get_terminal_size().columns
            self._out.write(f"\r\x1b[K{text[: width - 1]}")
        self._out.flush()


class Steps:
    """Numbers the steps."""

    def __init__(
        self,
        total: int,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._out = sys.stdout if out is None else out
        self._clock = clock
        self._number = 0

    def step(self, title: str) -> Step:
        self._number += 1
        return Step(f"[{self._number}/{self._total}] {title}", self._out, self._clock)
