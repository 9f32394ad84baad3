"""The one error of set-up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class SetupError(Exception):
    """What went wrong, and what the user should do about it.

    `log` is the file that holds the details; its end is shown with the message.
    """

    def __init__(self, problem: str, advice: str, log: Path | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.log = log


# How compilers, make, CMake, pip and apt begin the line that says what is wrong.
_TROUBLE = re.compile(r"(^|\s)(fatal )?error:|^E: |\*\*\* |CMake Error", re.IGNORECASE)


def describe(error: SetupError, lines: int = 15) -> str:
    """The error as it is printed: a part of the log first, so that the message stands last."""
    parts: list[str] = []
    if error.log is not None:
        shown = _telling(error.log, lines)
        if shown:
            parts.append("--- from the log")
            parts.extend(f"  | {line}" for line in shown)
            parts.append("---")
    parts.append(f"set-up failed: {error.problem}")
    parts.append(f"  what to do: {error.advice}")
    if error.log is not None:
        parts.append(f"  log: {error.log}")
    return "\n".join(parts)


def _telling(log: Path, lines: int) -> list[str]:
    """The lines from the first that tells of trouble on, or else the last ones.

    The first, because what follows an error is mostly its echo from program to program.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    written = [line.rstrip() for line in text.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(written) if _TROUBLE.search(line)), len(written))
    start = max(0, min(first - 2, len(written) - lines))
    return written[start : start + lines]
