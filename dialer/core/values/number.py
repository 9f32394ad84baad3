"""E.164 numbers as a value type that cannot leak into a log line by accident."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult

from dialer.core.values.remembered import remembered

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class BadNumberError(ValueError):
    """The text is not a diallable E.164 number; the message says what is wrong, not the number."""


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

    Raises BadNumberError where it is not international, or too long or short for its country
    (by phonenumbers' metadata). Nothing is guessed: a number without country code is refused.
    """
    compact = re.sub(r"[\s().\-]", "", text)
    if not compact.startswith("+"):
        msg = "write it with + and country code (E.164)"
        raise BadNumberError(msg)
    number = E164(compact)
    try:
        parsed = phonenumbers.parse(compact, None)
    except phonenumbers.NumberParseException:
        msg = "no country has this code"
        raise BadNumberError(msg) from None
    # A length possible only within one area is not diallable from elsewhere.
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        msg = "too long or too short for its country"
        raise BadNumberError(msg)
    return number


@remembered
def by_plan(number: E164) -> PhoneNumber:
    """`number` as phonenumbers takes it apart: country code and the rest. Not to be changed."""
    return phonenumbers.parse(number.clear)


def prefix_of(number: E164) -> str:
    """Country code and area or operator, about: the first five digits, such as 86106 or 86138."""
    return number.digits[:5]
