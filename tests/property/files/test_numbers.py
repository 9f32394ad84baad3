"""The fast reader of numbers says what `dialer.core.values.number.parse` says, of any number."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.values.number import BadNumberError, parse
from dialer.files.numbers import NumberReader

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = st.text("0123456789", max_size=13)
NUMBERS = st.one_of(
    st.builds(lambda code, rest: f"+{code}{rest}", st.sampled_from(CODES), DIGITS),
    # National prefixes, where phonenumbers looks at the digits themselves.
    st.builds(
        lambda code, prefix, rest: f"+{code}{prefix}{rest}",
        st.sampled_from(CODES),
        st.sampled_from(["0", "1", "8", "00", "06", "15", "44", "179", "12", "80"]),
        DIGITS,
    ),
    st.text("+0123456789 ().-", max_size=20),
)
MARKED = st.one_of(
    st.text(max_size=12), st.text("+0123456789 ().-,='\"eE/\u200b\uff10\u2013", max_size=20)
)
READER = NumberReader()


def answer(text: str, *, fast: bool) -> str:
    try:
        return READER.read(text) if fast else parse(text).clear
    except BadNumberError as error:
        return str(error)


@settings(max_examples=500, deadline=None)
@given(NUMBERS)
def test_it_says_what_parse_says(text: str) -> None:
    assert answer(text, fast=True) == answer(text, fast=False)


@settings(max_examples=500, deadline=None)
@given(MARKED)
def test_what_it_reads_of_a_spreadsheet_is_a_number_and_what_parse_reads_is_the_same(
    text: str,
) -> None:
    try:
        read = READER.read(text)
    except BadNumberError:
        read = None
    if read is not None:
        assert parse(read).clear == read
    try:
        plain = parse(text).clear
    except BadNumberError:
        return
    # `8.0` is a number that a spreadsheet has counted with, and no number that ends in 0.
    assert read == plain or "." in text


def test_every_country_at_every_length() -> None:
    for code in CODES:
        for length in range(1, 14):
            for first in "01358":
                text = f"+{code}{first * length}"
                assert answer(text, fast=True) == answer(text, fast=False)
