"""What metrics say."""

from __future__ import annotations

from dialer.metrics.node import Metrics


def counted(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """A metric's series above 0, by the values of their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == name and sample.value
    }
