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
