"""One telephone has one spelling: whatever way it is written, it has one key or is refused."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.values.number import E164, BadNumberError, parse, read_loosely
from tests.support.spellings import CODES, NUMBERS, spellings

TEXTS = st.one_of(
    NUMBERS.flatmap(spellings),
    st.builds(
        lambda code, prefix, rest: f"+{code}{prefix}{rest}",
        st.sampled_from(CODES),
        st.sampled_from(["", "0", "00", "1", "8", "06", "15", "44", "17951", "86"]),
        st.text("0123456789", max_size=12),
    ),
    st.text("+0123456789 ().-", max_size=20),
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_every_spelling_of_a_number_is_that_number_or_a_fault_that_shows_it(
    data: st.DataObject,
) -> None:
    number = data.draw(NUMBERS)
    text = data.draw(spellings(number))
    try:
        found, fault = parse(text), None
    except BadNumberError as error:
        found, fault = error.right, error
    assert found in {number, None}
    assert parse(number.clear) == number
    if fault is not None:
        assert number.digits[-7:] not in str(fault)
        assert found is None or number.clear in fault.told
    else:
        assert found == number


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_nothing_accepted_is_not_canonical(text: str) -> None:
    number = read_loosely(text)
    if number is None:
        return
    assert parse(number.clear) == number
    parsed = phonenumbers.parse(number.clear)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    assert written == number.clear


@pytest.mark.parametrize(
    "text, right",
    [
        ("+86013800138000", "+8613800138000"),
        ("+86 (0)138 0013 8000", "+8613800138000"),
        ("+86 (0)139 1000 0101", "+8613910000101"),
        ("+8686 138 0013 8000", "+8613800138000"),
        ("+86 86 10 6555 0100", "+861065550100"),
        ("+86 00 10 6555 0100", "+861065550100"),
        ("0086 138 0013 8000", "+8613800138000"),
        ("+1 1 212 555 0123", "+12125550123"),
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("+7 8 916 123 45 67", "+79161234567"),
    ],
)
def test_the_fault_shows_the_right_form(text: str, right: str) -> None:
    with pytest.raises(BadNumberError) as refused:
        parse(text)
    assert refused.value.right == E164(right)
    assert refused.value.told.endswith(f"write {right}")
    assert read_loosely(text) == E164(right)


@pytest.mark.parametrize("text", ["+390612345678", "+2250102030405"])
def test_a_zero_of_the_number_s_own_is_kept(text: str) -> None:
    assert parse(text).clear == text


@pytest.mark.parametrize("text", ["+10212555010", "+8600138001380", "+861211065550100"])
def test_a_zero_that_leads_nowhere_is_refused_without_a_guess(text: str) -> None:
    with pytest.raises(BadNumberError) as refused:
        parse(text)
    assert refused.value.right is None
