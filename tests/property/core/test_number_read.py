"""What a trunk writes for a number of ours, and for a caller, is read back as that number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm, NumberStyle

FORMS = (
    NumberForm(),
    NumberForm(NumberStyle.DIGITS),
    NumberForm(NumberStyle.NATIONAL, "86"),
    NumberForm(NumberStyle.NATIONAL, "44", international_prefix="011"),
    NumberForm(NumberStyle.NATIONAL, "1", trunk_prefix="", international_prefix="011"),
)
NUMBERS = st.one_of(
    st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"\+861065[0-9]{6}", fullmatch=True),
    st.from_regex(r"\+447700900[0-9]{3}", fullmatch=True),
    st.from_regex(r"\+1202555[0-9]{4}", fullmatch=True),
).map(E164)


@given(NUMBERS, st.sampled_from(FORMS))
def test_what_is_written_is_read_back(number: E164, form: NumberForm) -> None:
    assert form.read(form.caller(number)) == number
    assert form.read(number.clear) == number


@given(st.text(max_size=20), st.sampled_from(FORMS))
def test_whatever_stands_there_is_a_number_or_nobody(user: str, form: NumberForm) -> None:
    found = form.read(user)
    assert found is None or isinstance(found, E164)


@pytest.mark.parametrize(
    "user, read",
    [
        ("13912345678", "+8613912345678"),
        ("013912345678", "+8613912345678"),
        ("0044 7700900123".replace(" ", ""), "+447700900123"),
        ("+86-10-6555-0100", "+861065550100"),
        ("anonymous", None),
        ("", None),
        ("8000", None),
    ],
)
def test_what_chinese_carriers_write(user: str, read: str | None) -> None:
    form = NumberForm(NumberStyle.NATIONAL, "86")
    assert form.read(user) == (None if read is None else E164(read))


@pytest.mark.parametrize("style", [NumberStyle.E164, NumberStyle.DIGITS, NumberStyle.NATIONAL])
@pytest.mark.parametrize(
    "user, read",
    [
        ("01065550100", "+861065550100"),
        ("013910000101", "+8613910000101"),
        ("13910000101", "+8613910000101"),
        ("8613910000101", "+8613910000101"),
        ("008613910000101", "+8613910000101"),
        ("+86013910000101", "+8613910000101"),
        ("+8613910000101", "+8613910000101"),
        ("0033142685300", "+33142685300"),
        ("", None),
        ("anonymous", None),
        ("8000", None),
        ("*6713910000101", None),
    ],
)
def test_any_form_of_the_plan_is_read_whatever_the_style(
    style: NumberStyle, user: str, read: str | None
) -> None:
    assert NumberForm(style, "86").read(user) == (None if read is None else E164(read))


def test_what_may_be_two_numbers_is_nobody() -> None:
    # In Jamaica, and in Singapore.
    assert NumberForm(country="1").read("6582345678") is None
    assert NumberForm(NumberStyle.DIGITS, "1").read("6582345678") == E164("+6582345678")
    assert NumberForm(NumberStyle.NATIONAL, "1", "").read("6582345678") == E164("+16582345678")
