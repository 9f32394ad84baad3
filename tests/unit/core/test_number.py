from __future__ import annotations

import pytest

from dialer.core.values.number import E164, BadNumberError, parse


@pytest.mark.parametrize("text", ["+442079460000", "+44 20 7946 0000", "+44(20)7946-0000"])
def test_how_people_write_a_number(text: str) -> None:
    assert parse(text) == E164("+442079460000")


@pytest.mark.parametrize(
    "text,what",
    [
        ("02079460000", "country code"),
        ("+0442079460000", "E.164"),
        ("+44", "E.164"),
        ("+442079460000123456", "E.164"),
        ("+2101234567", "no country"),
        ("+4420794600001234", "E.164"),
        ("+86106555", "too long or too short"),
        ("+15550100", "too long or too short"),  # local only
        ("+44207946\u0661000", "E.164"),
        ("", "country code"),
    ],
)
def test_what_is_refused_and_why(text: str, what: str) -> None:
    with pytest.raises(BadNumberError, match=what) as refused:
        parse(text)
    assert "7946" not in str(refused.value)


def test_a_number_shows_itself_only_when_asked() -> None:
    number = E164("+442079460000")
    assert "7946" not in f"{number} {number!r} {[number]}"
    assert number.clear == "+442079460000"
    assert number.digits == "442079460000"
