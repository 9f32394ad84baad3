"""Reading a million numbers: the answers of `dialer.core.values.number.parse`, remembered.

`parse` asks phonenumbers, 35 us a number. For a number of a country and length that was asked
before, the answer is the same unless the country's national-prefix pattern matches, or a zero or
the country code leads, for only there `parse` looks at the digits. Those are asked every time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

from dialer.core.values.number import E164, BadNumberError, calling_code, parse, plan_of
from dialer.files.cells import number_text

_COMPACT: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_FORGIVEN: Final = re.compile(r"[\s().\-]")


@dataclass(slots=True)
class _Plan:
    """What is known of one country code. `faults` maps a whole length to why it is refused."""

    code_length: int
    own_prefix: re.Pattern[str] | None
    faults: dict[int, str | None] = field(default_factory=dict)


class NumberReader:
    """`read` is `parse`, faster where many numbers share a country.

    With a `country`, an ISO 3166 code, its national numbers are read as well.
    """

    def __init__(self, country: str | None = None) -> None:
        self._plans: dict[str, _Plan | None] = {}
        self._country = country

    def read(self, cell: str) -> str:
        """The number in its E.164 form, as spreadsheets write it. Raises BadNumberError."""
        text = cell if _COMPACT.fullmatch(cell) else number_text(cell)
        if not text.startswith("+") and self._country is not None and text:
            text = _national(text, self._country)
        text = text if _COMPACT.fullmatch(text) else _FORGIVEN.sub("", text)
        if not _COMPACT.fullmatch(text):
            return parse(text).clear
        head = text[1:4]
        try:
            plan = self._plans[head]
        except KeyError:
            plan = self._plans[head] = _plan(head)
        if plan is None:
            return parse(text).clear
        national = text[1 + plan.code_length :]
        looked_at = national.startswith(("0", text[1 : 1 + plan.code_length]))
        if looked_at or (plan.own_prefix and plan.own_prefix.match(national)):
            return parse(text).clear
        try:
            fault = plan.faults[len(text)]
        except KeyError:
            fault = plan.faults[len(text)] = _fault(text)
        if fault is not None:
            raise BadNumberError(fault)
        return text


def _national(text: str, country: str) -> str:
    """The E.164 form of a number as it is dialled within `country`; doubt is refused."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    prefix = plan.national_prefix if plan is not None else None
    if (
        number is None
        or number.extension
        or not (
            phonenumbers.is_valid_number(number)
            # New ranges and numbers for tests are in no table; the prefix says that it is whole.
            or (
                phonenumbers.is_possible_number(number)
                and prefix
                and text.lstrip("( ").startswith(prefix)
            )
        )
    ):
        what = f"is no number of {country} as it is dialled there, with its area code"
        raise BadNumberError(f"{what}: write it with + and country code (E.164)")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _fault(text: str) -> str | None:
    try:
        parse(text)
    except BadNumberError as error:
        return str(error)
    return None


def _plan(head: str) -> _Plan | None:
    code = calling_code(E164(f"+{head}0000"))
    known = plan_of(code) if code else None
    if known is None:
        return None
    pattern = known.national_prefix_for_parsing
    return _Plan(len(code), re.compile(pattern) if pattern else None)
