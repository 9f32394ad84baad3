"""What the tick counts. One thread writes, any thread reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

LATENESS_BOUNDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 1.0)
"""Seconds. Below 5 ms is the scheduler's noise; 1 s is what the bridge holds."""
BARGE_IN_BOUNDS: Final = (0.02, 0.04, 0.06, 0.08, 0.1, 0.2, 0.22, 0.24, 0.26, 0.3, 0.38, 0.5, 1.0)
"""Seconds; decisions come in whole frames."""


class Histogram:
    """Counts by upper bound (inclusive), one more for what is above the last, and a sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class TickStats:
    """Totals since the tick was made; times in seconds."""

    ticks: int = 0
    frames: int = 0
    late: int = 0
    """Ticks that began more than one frame after their newest frame was there."""
    analyser_failures: int = 0
    """Calls no longer analysed because their analysis raised, and turns that an analyser missed."""
    sink_failures: int = 0
    ducked: int = 0
    interrupted: int = 0
    false_alarms: int = 0
    doubted: int = 0
    """Second opinions asked for."""
    lateness: Histogram = field(default_factory=lambda: Histogram(LATENESS_BOUNDS))
    """From the audio thread's tick to ours."""
    duck_latency: Histogram = field(default_factory=lambda: Histogram(BARGE_IN_BOUNDS))
    """From the first voiced frame over the prompt to the command that ducked it."""
    stop_latency: Histogram = field(default_factory=lambda: Histogram(BARGE_IN_BOUNDS))
    """From the first voiced frame over the prompt to the command that stopped it."""
