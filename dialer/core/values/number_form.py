"""How a carrier wants numbers written in the user part of a SIP URI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.values.number import E164, BadNumberError, parse

_DIALLED: Final = re.compile(r"[0-9*#]{0,16}")
_VISUAL: Final = str.maketrans("", "", "-.()")
"""RFC 3966 5.1.1."""
_COUNTRY: Final = re.compile(r"[1-9][0-9]{0,2}")


class NumberStyle(Enum):
    """The three ways."""

    E164 = "e164"
    """`+861065550100`, RFC 3261 19.1.6."""
    DIGITS = "digits"
    """`861065550100`, without the plus that some carriers refuse."""
    NATIONAL = "national"
    """As dialled within one country: `01065550100`, and `00` before numbers of others."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """One trunk's way. Raises ValueError for a part that cannot be dialled.

    `country` is the calling code whose numbers are written nationally, `trunk_prefix` what comes
    before those, `international_prefix` what comes before all others; they count in the national
    style only. `access` comes before every callee's number, in any style, and before no caller's:
    it steers the carrier's switch and is no part of a number.
    """

    style: NumberStyle = NumberStyle.E164
    country: str = ""
    trunk_prefix: str = "0"
    international_prefix: str = "00"
    access: str = ""

    def __post_init__(self) -> None:
        for part in (self.trunk_prefix, self.international_prefix, self.access):
            if not _DIALLED.fullmatch(part):
                raise ValueError("a prefix holds up to 16 of 0-9, * and #")
        if self.style is NumberStyle.NATIONAL and not _COUNTRY.fullmatch(self.country):
            raise ValueError("the national style needs a country's calling code, such as 86")

    def caller(self, number: E164) -> str:
        """A caller ID's user part."""
        match self.style:
            case NumberStyle.E164:
                return number.clear
            case NumberStyle.DIGITS:
                return number.digits
            case NumberStyle.NATIONAL:
                return self._national(number.digits)

    def callee(self, number: E164) -> str:
        """A callee's user part. `#` is escaped, as RFC 3261 25.1 has it."""
        return (self.access + self.caller(number)).replace("#", "%23")

    def read(self, user: str) -> E164 | None:
        """The number that a user part of this trunk's stands for; None where it stands for none.

        A plus is understood in any style. What `caller` writes is read back as it was.
        """
        text = user.translate(_VISUAL)
        if not text.startswith("+"):
            text = f"+{self._international(text)}"
        try:
            return parse(text)
        except BadNumberError:
            return None

    def _international(self, text: str) -> str:
        if self.style is not NumberStyle.NATIONAL:
            return text
        if self.international_prefix and text.startswith(self.international_prefix):
            return text.removeprefix(self.international_prefix)
        return self.country + text.removeprefix(self.trunk_prefix)

    def _national(self, digits: str) -> str:
        # Calling codes are free of prefixes of one another, so this cannot hit another country;
        # what shares a code (1: North America) is dialled nationally within it.
        if digits.startswith(self.country):
            return self.trunk_prefix + digits[len(self.country) :]
        return self.international_prefix + digits
