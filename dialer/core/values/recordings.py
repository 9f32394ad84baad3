"""Recordings of calls as records tell of them. Times are aware UTC, spans seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class RecordingState(Enum):
    """What there is of one call's recording. The docstrings are what `dialer recordings` says."""

    RECORDING = "recording"
    """The call is being recorded."""
    WHOLE = "whole"
    """All of it was kept, from its notice to the end of the call."""
    INCOMPLETE = "incomplete"
    """Parts are missing: the disk or the processor could not follow, and the call went on."""
    CUT = "cut"
    """The process died during the call; what was sealed until then can be heard."""
    ERASING = "erasing"
    """The callee does not want it; it is being erased."""
    ERASED = "erased"
    """The callee did not want it: the file and its key are gone."""
    FAILED = "failed"
    """Nothing was kept."""


ENDED = frozenset(
    {
        RecordingState.WHOLE,
        RecordingState.INCOMPLETE,
        RecordingState.ERASED,
        RecordingState.FAILED,
    }
)
"""How a recording that was seen to its end can have ended."""

HEARABLE = frozenset({RecordingState.WHOLE, RecordingState.INCOMPLETE, RecordingState.CUT})
"""The states in which there is something to be heard."""


@dataclass(frozen=True, slots=True)
class RecordingEnd:
    """How one call's recording ended. `sha256` is of the sealed file, in hex; None without one.

    `lost` are seconds that could not be kept.
    """

    call: str
    state: RecordingState
    ended_at: datetime
    seconds: float = 0.0
    lost: float = 0.0
    sealed_bytes: int = 0
    sha256: str | None = None

    def __post_init__(self) -> None:
        if self.state not in ENDED:
            raise ValueError(f"a recording does not end {self.state.value}")


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One call's recording as the store tells of it."""

    call: str
    campaign: str
    node: str
    state: RecordingState
    started_at: datetime
    ended_at: datetime | None = None
    seconds: float | None = None
    lost: float | None = None
    sealed_bytes: int | None = None
    sha256: str | None = None
