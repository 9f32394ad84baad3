"""How a metric is declared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The type that Prometheus knows a metric by."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric. `why` says why its buckets are what they are; `buckets` leaves out +Inf."""

    name: str
    kind: Kind
    unit: str
    means: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    why: str = ""
