"""Numbers as carriers want them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm, NumberStyle

BEIJING, PARIS = E164("+861065550100"), E164("+33142685300")
CODES = "*67 #31# *31# 0*31* *82 141 9141 1470 1831 184 1167 067"
HIDING = tuple(CODES.split())
CHINA = NumberForm(NumberStyle.NATIONAL, country="86")


@pytest.mark.parametrize(
    "form, number, written",
    [
        (NumberForm(), BEIJING, "+861065550100"),
        (NumberForm(NumberStyle.DIGITS), BEIJING, "861065550100"),
        (CHINA, BEIJING, "01065550100"),
        (CHINA, PARIS, "0033142685300"),
        (NumberForm(NumberStyle.NATIONAL, "1", "", "011"), E164("+12025550100"), "2025550100"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants(
    form: NumberForm, number: E164, written: str
) -> None:
    assert form.caller(number) == written
    assert form.callee(number) == written


def test_an_access_code_is_for_callees_only() -> None:
    form = NumberForm(NumberStyle.DIGITS, access="9")
    assert form.callee(PARIS) == "933142685300"
    assert form.caller(PARIS) == "33142685300"


@pytest.mark.parametrize(
    "parts",
    [
        {"access": "+9"},
        {"trunk_prefix": "a"},
        {"style": NumberStyle.NATIONAL},
        {"access": "1;x"},
        *({"access": code} for code in HIDING),
        *({"trunk_prefix": code} for code in HIDING),
        {"access": "1", "international_prefix": "41"},
        {"access": "01", "trunk_prefix": "831"},
    ],
)
def test_what_cannot_be_dialled_is_refused(parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"prefix|country"):
        NumberForm(**parts)  # type: ignore[arg-type]


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True).map(E164))
def test_no_two_numbers_are_written_alike(number: E164) -> None:
    written = CHINA.caller(number)
    back = written[2:] if written.startswith("00") else "86" + written[1:]
    # A national number that begins with 0 would look international; no plan has one.
    if not number.digits.startswith("860"):
        assert back == number.digits


@pytest.mark.parametrize(
    "style,number,written",
    [
        (NumberStyle.E164, "+861065550100", "+999861065550100"),
        (NumberStyle.E164, "+8613910001234", "+999613910001234"),
        (NumberStyle.E164, "+44207946", "+99944207946"),
        (NumberStyle.DIGITS, "+861065550100", "999861065550100"),
        (NumberStyle.NATIONAL, "+861065550100", "00999861065550100"),
        (NumberStyle.E164, "+9991005", "+9991005"),
        (NumberStyle.NATIONAL, "+8621556677", "021556677"),
    ],
)
def test_no_number_of_a_person_leaves_a_lab(style: NumberStyle, number: str, written: str) -> None:
    lab = NumberForm(style, country="86", held_to=("+999", "+8621"))
    assert lab.caller(E164(number)) == written
    assert lab.callee(E164(number)) == written
    assert lab.read(written) == lab.shown(E164(number))
