"""That something was not done, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, and this is why."""

    why: str
