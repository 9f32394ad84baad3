"""Numbers as they leave the office: masked, unless somebody who may look does so, on record.

Nothing above the core turns a number into text but this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from dialer.core.office.access import Actor, Right
from dialer.core.office.looks import Look
from dialer.core.values.number import E164
from dialer.core.values.targets import parse_target
from dialer.logs import scrub
from dialer.office.request import Request

_LONGEST_WHY: Final = 200
_NUMBER: Final = re.compile(r"\+?[0-9][0-9._-]{4,}[0-9]{2}")
"""Digits of an extension that is a whole number."""


@dataclass(frozen=True, slots=True)
class View:
    """How numbers are asked for: masked, or in clear and why. Raises ValueError for another."""

    in_clear: bool = False
    why: str | None = None

    def __post_init__(self) -> None:
        if self.why is not None and (not self.in_clear or len(self.why) > _LONGEST_WHY):
            raise ValueError(f"goes with --clear, and has {_LONGEST_WHY} characters at most")


MASKED: Final = View()


def _masked(found: re.Match[str]) -> str:
    return f"*****{found[0][-4:]}"


class Eyes:
    """How numbers are shown to whoever asks: masked, unless `looker` is set."""

    def __init__(self, looker: Actor | None = None, why: str | None = None) -> None:
        self._looker = looker
        self._why = why

    @property
    def in_clear(self) -> bool:
        """Whether what people said is shown as well."""
        return self._looker is not None

    def number(self, number: E164 | None) -> str | None:
        """None for one that was withheld, or destroyed."""
        if number is None:
            return None
        return number.masked if self._looker is None else number.clear

    def target(self, written: str) -> str:
        """Where a call was handed over to; a number there is a person's as well."""
        if self._looker is not None:
            return written
        target = parse_target(written)
        if isinstance(target, E164):
            return target.masked
        return str(replace(target, user=_NUMBER.sub(_masked, target.user)))

    async def put_on_record(
        self, request: Request, what: str, rows: int, asked: Mapping[str, str | None]
    ) -> None:
        """Before anything is told in clear: that it will be. Raises StoreError."""
        if self._looker is None:
            return
        given = {key: value for key, value in asked.items() if value is not None}
        look = Look(self._looker.name, request.utc(), what, rows, given, self._why)
        async with request.store.writing() as desks:
            await desks.access.looked(look)


async def eyes(request: Request, view: View) -> Eyes:
    """Raises AccessError where numbers are asked for in clear by who may not see them."""
    if not view.in_clear:
        return Eyes()
    # Reasons are people's own words; the log is kept for good, and holds no number.
    why = scrub(view.why) if view.why else None
    return Eyes(await request.acting(Right.SEE_NUMBERS), why)
