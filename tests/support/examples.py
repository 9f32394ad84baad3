"""How Hypothesis goes about its examples, and what `make soak` asks of it: ten times as many."""

from __future__ import annotations

from typing import Final

import hypothesis

SOAK: Final = "soak"
_TIMES: Final = 10

# How long an example takes says more of what else the machine does than of the example.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")
hypothesis.settings.register_profile(SOAK, max_examples=100 * _TIMES)


class _Longer(hypothesis.settings):
    def __init__(self, *, max_examples: int = 100, **others: object) -> None:
        super().__init__(max_examples=_TIMES * max_examples, **others)


def soak() -> None:
    """Before the tests are imported: where they say how many examples, no profile is asked."""
    hypothesis.settings = _Longer
