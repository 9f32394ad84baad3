"""Prompts: read from WAV, or spoken once by espeak-ng and kept."""

from __future__ import annotations

from dataclasses import dataclass

from audio.format import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """Speech ready to be played. `samples` is read-only int16 [n] at `rate` Hz."""

    name: str
    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate
