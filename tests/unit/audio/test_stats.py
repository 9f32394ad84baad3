from __future__ import annotations

import pytest

from audio.stats import BARGE_IN_BOUNDS, LATENESS_BOUNDS, Histogram


def test_the_bounds_are_seconds_and_tell_what_is_asked_of_them() -> None:
    assert LATENESS_BOUNDS == (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 1.0)
    frames = (1, 2, 3, 4, 5, 10, 11, 12, 13, 15, 19, 25, 50)
    assert pytest.approx([0.02 * each for each in frames]) == BARGE_IN_BOUNDS


def test_a_bound_is_inclusive_and_what_is_above_the_last_is_kept() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        histogram.add(value)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == pytest.approx(14.0)
