from __future__ import annotations

import pytest

from dialer.reading.durations import Months, months, seconds, show


@pytest.mark.parametrize(
    "text,span",
    [
        ("500ms", 0.5),
        ("4s", 4.0),
        ("1.5 s", 1.5),
        ("10m", 600.0),
        ("2h", 7200.0),
        ("30d", 2_592_000.0),
        (" 0s ", 0.0),
    ],
)
def test_a_duration_is_seconds(text: str, span: float) -> None:
    assert seconds(text) == span


@pytest.mark.parametrize(
    "text", ["", "4", "s", "-4s", "4 sec", "4S", "1e3s", "inf s", "4s 3ms", "٤s"]
)
def test_anything_else_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write a duration with its unit"):
        seconds(text)


def test_months_stay_months() -> None:
    assert [str(months("6 months")), str(months("1 month"))] == ["6 months", "1 month"]
    assert months("12months") == Months(12)


@pytest.mark.parametrize("text", ["6", "0 months", "1201 months", "6 weeks", "half a month"])
def test_what_is_no_number_of_months(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        months(text)


@pytest.mark.parametrize(
    "span,text",
    [(0.5, "500ms"), (90.0, "90s"), (60.0, "1m"), (3600.0, "1h"), (86400.0, "1d"), (0, "0ms")],
)
def test_a_span_is_shown_in_its_largest_whole_unit(span: float, text: str) -> None:
    assert show(span) == text
