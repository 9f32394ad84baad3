"""Reading a million numbers: the answers of `dialer.core.values.number.parse`, remembered.

`parse` asks phonenumbers, 35 us a number. For a number of a country and length that was asked
before, the answer is the same unless the country's national-prefix pattern matches, or a zero or
the country code leads, for only there `parse` looks at the digits. Those are asked every time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from dialer.core.values.number import E164, BadNumberError, calling_code, parse, plan_of

_COMPACT: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_FORGIVEN: Final = re.compile(r"[\s().\-]")


def compact(text: str) -> str:
    """`text` without the spaces, dots, dashes and brackets that `parse` forgives."""
    return text if _COMPACT.fullmatch(text) else _FORGIVEN.sub("", text)


@dataclass(slots=True)
class _Plan:
    """What is known of one country code. `faults` maps a whole length to why it is refused."""

    code_length: int
    own_prefix: re.Pattern[str] | None
    faults: dict[int, str | None] = field(default_factory=dict)


class NumberReader:
    """`read` is `parse`, faster where many numbers share a country."""

    def __init__(self) -> None:
        self._plans: dict[str, _Plan | None] = {}

    def read(self, text: str) -> str:
        """The number in its E.164 form. Raises BadNumberError, exactly where `parse` does."""
        text = compact(text)
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
