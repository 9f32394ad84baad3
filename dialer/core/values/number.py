"""E.164 numbers as a value type that cannot leak into a log line by accident."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

from dialer.core.values.remembered import remembered

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_INTERNATIONAL: Final = re.compile(r"\+?00")
"""What most countries dial before a country code."""


RESERVED: Final = ("+999",)
"""What no country has (ITU-T E.164.1: reserved), and no network leads anywhere."""


class BadNumberError(ValueError):
    """The text is not a diallable E.164 number; the message says what is wrong, not the number.

    `right` is how the number is written, where the text leaves no doubt of it.
    """

    def __init__(self, what: str, right: E164 | None = None) -> None:
        super().__init__(what)
        self.right = right

    @property
    def told(self) -> str:
        """What is wrong and the right form, in the clear: for whoever holds the text, no log."""
        return f"{self}: write {self.right.clear}" if self.right is not None else str(self)


@dataclass(frozen=True, slots=True, order=True)
class E164:
    """A telephone number in E.164 form, e.g. ``+861065550100``.

    `str()` and `repr()` are masked; only `.digits` (no plus) and `.clear` show it whole.
    """

    clear: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.clear):
            msg = "not an E.164 number: + and 7 to 15 digits, the first not 0 (ITU-T E.164)"
            raise BadNumberError(msg)

    @property
    def digits(self) -> str:
        """The number without its plus sign, as most trunks want it in a SIP URI."""
        return self.clear[1:]

    @property
    def masked(self) -> str:
        """The number with all but the country's first digits and the last four hidden."""
        return f"{self.clear[:3]}*****{self.clear[-4:]}"

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"E164({self.masked!r})"


def parse(text: str) -> E164:
    """The number that `text` writes; spaces, dots, dashes and brackets are forgiven.

    One telephone has one spelling: country code and national number (ITU-T E.164 6.2), without the
    prefix that is dialled before it at home. Any other is refused, as is a number that is too long
    or short for its country (by phonenumbers' metadata). Nothing is guessed: a number without
    country code is refused. Raises BadNumberError.
    """
    compact = re.sub(r"[\s().\-]", "", text)
    if _INTERNATIONAL.match(compact):
        what = "write + and the country code, without the 00 that is dialled before it (E.164)"
        raise BadNumberError(what, read_loosely(f"+{_INTERNATIONAL.sub('', compact, count=1)}"))
    if not compact.startswith("+"):
        msg = "write it with + and country code (E.164)"
        raise BadNumberError(msg)
    number = E164(compact)
    if is_reserved(number):
        return number
    try:
        canonical, parsed = _canonical(number)
    except phonenumbers.NumberParseException:
        msg = "no country has this code"
        raise BadNumberError(msg) from None
    if canonical != number:
        what = "not how E.164 writes it: only the national number follows the country code"
        raise BadNumberError(what, canonical if _is_certain(number, canonical) else None)
    if not _is_possible(parsed):
        msg = "too long or too short for its country"
        raise BadNumberError(msg)
    return number


def is_reserved(number: E164) -> bool:
    """Whether no network leads it to anybody: a number for labs."""
    return number.clear.startswith(RESERVED)


def read_loosely(text: str) -> E164 | None:
    """The number that an international `text` means, in the one right spelling, if it means any.

    For what peers send, who cannot be asked to write it better; not for what people type.
    """
    try:
        return parse(text)
    except BadNumberError as error:
        return error.right


@remembered
def by_plan(number: E164) -> PhoneNumber:
    """`number` as phonenumbers takes it apart: country code and the rest. Not to be changed."""
    return phonenumbers.parse(number.clear)


def calling_code(number: E164) -> str:
    """The country code that `number` begins with; empty where no country has it."""
    for length in (1, 2, 3):
        if int(number.digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return number.digits[:length]
    return ""


def prefix_of(number: E164) -> str:
    """Country code and area or operator, about: the first five digits, such as 86106 or 86138."""
    return number.digits[:5]


def is_in_plan(number: E164) -> bool:
    """Whether a range of its country's plan holds `number`, as far as the plan is known."""
    return bool(phonenumbers.is_valid_number(phonenumbers.parse(number.clear)))


def _is_possible(parsed: PhoneNumber) -> bool:
    # A length possible only within one area is not diallable from elsewhere.
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return bool(reason == ValidationResult.IS_POSSIBLE)


def _is_certain(number: E164, canonical: E164) -> bool:
    """Whether whoever wrote `number` can only have meant `canonical`."""
    code = calling_code(canonical)
    national = canonical.digits[len(code) :]
    if national.startswith("0"):
        return False  # of several zeros, some may have been the number's own
    plan = plan_of(code)
    prefix = (plan.national_prefix if plan else None) or ""
    if number.digits == f"{code}{prefix}{national}":
        return _is_possible(phonenumbers.parse(canonical.clear))
    return is_in_plan(canonical)


def _canonical(number: E164) -> tuple[E164, PhoneNumber]:
    """`number` without what does not belong between country code and national number.

    Raises phonenumbers.NumberParseException where no country has its code.
    """
    while True:
        # It takes the national prefix off, where the plan leaves no doubt that it is one.
        parsed = phonenumbers.parse(number.clear)
        better = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        code = str(parsed.country_code)
        national = better[1 + len(code) :]
        if national.startswith("0") and not _may_begin(code, national):
            better = f"+{code}{national[1:]}"
        elif national.startswith(code) and not phonenumbers.is_valid_number(parsed):
            better = _once(f"+{national}") or better
        # What is left after the zeros may be no number any more; then it never was one.
        if better == number.clear or not _E164.fullmatch(better):
            return number, parsed
        number = E164(better)


def _once(text: str) -> str | None:
    """`text`, if a plan holds it: then the country code before it was written twice."""
    try:
        return text if is_in_plan(_canonical(E164(text))[0]) else None
    except (BadNumberError, phonenumbers.NumberParseException):
        return None


def _may_begin(code: str, national: str) -> bool:
    """Whether the zero that `national` begins with is its own, as in Italy, and no trunk prefix."""
    pattern = _national_pattern(code)
    return pattern is not None and pattern.fullmatch(national) is not None


@cache
def _national_pattern(code: str) -> re.Pattern[str] | None:
    plan = plan_of(code)
    written = plan.general_desc.national_number_pattern if plan and plan.general_desc else None
    return re.compile(written) if written else None


@cache
def plan_of(code: str) -> PhoneMetadata | None:
    """What phonenumbers knows of the numbers behind a country code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None:
        return None
    if regions[0] == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return PhoneMetadata.metadata_for_nongeo_region(int(code), None)
    return PhoneMetadata.metadata_for_region(regions[0], None)
