"""Reading a million numbers: the answers of `dialer.core.values.number.parse`, remembered.

`parse` asks phonenumbers, 35 us a number. For a number of a country and length that was asked
before, the answer is the same unless the country's national-prefix pattern matches or a zero
leads, for only there phonenumbers looks at the digits. Those are asked every time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

from dialer.core.values.number import BadNumberError, parse

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
        # The numbering plans of today make of a zero what they make of any digit, so that no test
        # can miss the zero here; those of tomorrow may not.
        if national[0] == "0" or (plan.own_prefix and plan.own_prefix.match(national)):
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
    for length in (1, 2, 3):
        code = int(head[:length])
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code)
        if regions is None:
            continue
        if regions[0] == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
            metadata = phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code, None)
        else:
            metadata = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None)
        if metadata is None:
            return None
        pattern = metadata.national_prefix_for_parsing
        return _Plan(length, re.compile(pattern) if pattern else None)
    return None
