"""The spellings of a number that versions before schema 23 took for numbers of their own."""

from __future__ import annotations

from functools import cache
from typing import Final

from dialer.core.values.number import E164, BadNumberError, calling_code, plan_of

MOST: Final = 3


def older_spellings(number: E164) -> tuple[E164, ...]:
    """At most `MOST`: with the national prefix before the national number, or the code again.

    What is too long for E.164 was no number then, either.
    """
    code = calling_code(number)
    national = number.digits[len(code) :]
    prefix = _national_prefix(code)
    before = (code, prefix, prefix * 2) if prefix else (code,)
    return tuple(each for each in (_number(f"+{code}{part}{national}") for part in before) if each)


@cache
def _national_prefix(code: str) -> str:
    plan = plan_of(code) if code else None
    return (plan.national_prefix if plan else None) or ""


def _number(text: str) -> E164 | None:
    try:
        return E164(text)
    except BadNumberError:
        return None
