from __future__ import annotations

import pytest

from audio.stats import Histogram


def test_a_bound_is_inclusive_and_what_is_above_the_last_is_kept() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        histogram.add(value)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == pytest.approx(14.0)
