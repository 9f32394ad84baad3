"""Values as people read them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from dialer.cli.values import cut, figure, moment, share, size, span, width, wrapped


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 ms"),
        (0.0038089369998033362, "3.8 ms"),
        (0.042, "42 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (1.5, "1.5 s"),
        (42.4, "42 s"),
        (59.6, "1m 00s"),
        (72, "1m 12s"),
        (7500, "2h 05m"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
        (-72, "-1m 12s"),
    ],
)
def test_a_span_has_its_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_sizes_shares_and_figures_are_rounded() -> None:
    assert [size(n) for n in (0, 812, 9_400, 41_000_000)] == ["0 B", "812 B", "9.4 kB", "41 MB"]
    assert share(0.1837) == "18.4 %"
    assert [figure(n) for n in (3, 2.0, 0.25, 1 / 3)] == ["3", "2", "0.25", "0.333"]


def test_a_moment_is_in_local_time_with_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        assert moment(at) == "2026-11-23 18:00:05 CST"
        assert moment(at, utc=True) == "2026-11-23 10:00:05 UTC"
    time.tzset()


def test_words_are_cut_with_a_mark_and_wrapped_between_words() -> None:
    assert cut("short", 5) == "short"
    assert cut("a longer one", 6) == "a lon…"
    assert width("银行ab") == 6
    assert cut("银行银行", 5) == "银行…"
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrapped("a\nb", 3) == ["a", "b"]
