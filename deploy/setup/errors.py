"""The one error of set-up."""

from __future__ import annotations

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


def describe(error: SetupError, tail_lines: int = 15) -> str:
    """The error as it is printed: the end of the log first, so that the message stands last."""
    parts: list[str] = []
    if error.log is not None:
        tail = _tail(error.log, tail_lines)
        if tail:
            parts.append(f"--- the end of {error.log}")
            parts.extend(f"  | {line}" for line in tail)
            parts.append("---")
    parts.append(f"set-up failed: {error.problem}")
    parts.append(f"  what to do: {error.advice}")
    if error.log is not None:
        parts.append(f"  log: {error.log}")
    return "\n".join(parts)


def _tail(log: Path, lines: int) -> list[str]:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]
