"""What `make soak` asks of Hypothesis: ten times the examples that each property asks for."""

from __future__ import annotations

from typing import Final

import hypothesis

PROFILE: Final = "soak"
_TIMES: Final = 10

hypothesis.settings.register_profile(PROFILE, max_examples=100 * _TIMES, deadline=None)


class _Longer(hypothesis.settings):
    def __init__(self, *, max_examples: int = 100, **others: object) -> None:
        super().__init__(max_examples=_TIMES * max_examples, **others)


def begin() -> None:
    """Before the tests are imported, whose settings are their own and not the profile's."""
    hypothesis.settings = _Longer
