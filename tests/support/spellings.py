"""Numbers of every plan, and the ways in which people and machines write one."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from dialer.core.values.number import E164, calling_code, plan_of

CODES: Final = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def _examples() -> list[str]:
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    found = [
        phonenumbers.example_number_for_type(region, kind)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in kinds
    ]
    return [
        phonenumbers.format_number(each, PhoneNumberFormat.E164)
        for each in found
        if each is not None
    ]


NUMBERS: Final[st.SearchStrategy[E164]] = st.one_of(
    st.sampled_from(_examples()),
    st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"\+86(10|2[0-5])[68][0-9]{7}", fullmatch=True),
    st.from_regex(r"\+1(212|646|415|907)[2-9][0-9]{2}[0-9]{4}", fullmatch=True),
).map(E164)


def _set_apart(digits: str, marks: list[str]) -> str:
    return "".join(a + b for a, b in zip(digits, marks, strict=True))


def spellings(number: E164) -> st.SearchStrategy[str]:
    """Texts for `number`: punctuation, trunk prefixes, the country code twice, 00 for the plus."""
    code = calling_code(number)
    national = number.digits[len(code) :]
    plan = plan_of(code)
    assert plan is not None
    assert plan.general_desc is not None
    trunk = plan.national_prefix or "0"
    inserted = ["0", "00", trunk, trunk + trunk, code, f"00{code}", f"0{code}"]
    # What a plan has room for is another telephone's number.
    room = re.compile(plan.general_desc.national_number_pattern or "")
    between = ["", *(each for each in inserted if not room.fullmatch(each + national))]
    gaps = st.lists(
        st.sampled_from(["", "", "", " ", "-", ".", ")"]),
        min_size=len(national),
        max_size=len(national),
    )
    return st.builds(
        lambda before, middle, marks: f"{before}{code} ({middle}) {_set_apart(national, marks)}",
        st.sampled_from(["+", "00", "+00"]),
        st.sampled_from(between),
        gaps,
    )
