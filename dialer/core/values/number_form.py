"""How a carrier wants numbers written in the user part of a SIP URI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.values.number import E164, RESERVED, is_in_plan, read_loosely

_DIALLED: Final = re.compile(r"[0-9]{0,16}")
_CODES: Final = re.compile(
    r"""[09]?(
    1167 | 1182               # North America's *67 and *82, from a telephone with a dial
    | 14[12] | 1470           # United Kingdom, Ireland
    | 183[12]                 # Australia
    | 019[67]                 # New Zealand
    | 133 | 1357              # Hong Kong
    | 18[46]                  # Japan
    | 067                     # Spain
    | 3651                    # France
    )""",
    re.VERBOSE,
)
"""What exchanges take for an order to hide, or show, the caller's number, after a digit for a line
at most. All others that we know of hold a star or a hash."""
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
    before those, `international_prefix` what comes before all others: written in the national
    style only, understood in any. `access` comes before every callee's number, in any style, and
    before no caller's: it steers the carrier's switch and is no part of a number. Nothing may be
    dialled before a number that hides the caller's, or changes it.
    """

    style: NumberStyle = NumberStyle.E164
    country: str = ""
    trunk_prefix: str = "0"
    international_prefix: str = "00"
    access: str = ""
    held_to: tuple[str, ...] = ()
    """Of a lab's trunk: what numbers may begin with that leave it as they are. Any other leaves as
    a reserved one, `held`. Empty: of no lab's."""

    def __post_init__(self) -> None:
        for part in (self.trunk_prefix, self.international_prefix, self.access):
            if not _DIALLED.fullmatch(part):
                raise ValueError("a prefix holds up to 16 of 0-9")
            if hides(part) or hides(self.access + part):
                raise ValueError("a prefix may not order an exchange to hide or change our number")
        if self.style is NumberStyle.NATIONAL and not _COUNTRY.fullmatch(self.country):
            raise ValueError("the national style needs a country's calling code, such as 86")

    def caller(self, number: E164) -> str:
        """A caller ID's user part."""
        shown = self.shown(number)
        match self.style:
            case NumberStyle.E164:
                return shown.clear
            case NumberStyle.DIGITS:
                return shown.digits
            case NumberStyle.NATIONAL:
                return self._national(shown.digits)

    def shown(self, number: E164) -> E164:
        """The number that is dialled or shown in place of `number`: itself, but for a lab's."""
        if not self.held_to or number.clear.startswith(self.held_to):
            return number
        return held(number)

    def callee(self, number: E164) -> str:
        """A callee's user part."""
        return self.access + self.caller(number)

    @property
    def beginnings(self) -> frozenset[str]:
        """What stands before the digits of a callee's number, in any user part of `callee`."""
        match self.style:
            case NumberStyle.E164:
                return frozenset({f"{self.access}+"})
            case NumberStyle.DIGITS:
                return frozenset({self.access})
            case NumberStyle.NATIONAL:
                both = (self.trunk_prefix, self.international_prefix)
                return frozenset(self.access + prefix for prefix in both)

    def read(self, user: str) -> E164 | None:
        """The number that a user part of this trunk's stands for; None where it stands for none.

        What `caller` writes is read back as it was. Peers write in other ways too: any that the
        plan of `country` allows is understood, unless it may be two numbers.
        """
        text = user.translate(_VISUAL)
        if text.startswith("+"):
            return read_loosely(text)
        abroad = self.international_prefix
        if abroad and text.startswith(abroad):
            return read_loosely(f"+{text.removeprefix(abroad)}")
        whole = read_loosely(f"+{text}")
        home = read_loosely(f"+{self.country}{text.removeprefix(self.trunk_prefix)}")
        home = home if self.country else None
        first, second = (home, whole) if self.style is NumberStyle.NATIONAL else (whole, home)
        if first is None or second is None or first == second:
            return first or second
        if not is_in_plan(second):
            return first
        if not is_in_plan(first):
            return second
        return None if self.style is NumberStyle.E164 else first

    def _national(self, digits: str) -> str:
        # Calling codes are free of prefixes of one another, so this cannot hit another country;
        # what shares a code (1: North America) is dialled nationally within it.
        if digits.startswith(self.country):
            return self.trunk_prefix + digits[len(self.country) :]
        return self.international_prefix + digits


def held(number: E164) -> E164:
    """What stands for `number` where no real one may be dialled: `+999`, and its last 12 digits.

    No network leads it anywhere (`core.values.number.RESERVED`), and E.164 has room for 15 digits.
    """
    return E164(f"{RESERVED[0]}{number.digits[-12:]}")


def hides(prefix: str) -> bool:
    """Whether `prefix`, dialled before a number, orders an exchange to hide or show ours."""
    return not _DIALLED.fullmatch(prefix) or _CODES.match(prefix) is not None
