"""Numbers as commands show them: masked, unless somebody who may look does so, on record.

Nothing else of the command line turns a number into text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from dialer.app.store import clerk
from dialer.cli.acting import acting
from dialer.config import Config
from dialer.core.office.access import Actor, Right
from dialer.core.office.looks import Look
from dialer.core.values.number import E164
from dialer.core.values.targets import parse_target
from dialer.logs import scrub
from dialer.store import SqlAccess

Clear = Annotated[
    bool, typer.Option("--clear", help="Numbers in clear: for who may see them, and on record.")
]
Why = Annotated[
    str | None, typer.Option("--why", help="Why you look, for the record.", metavar="TEXT")
]

_LONGEST_WHY: Final = 200
_NUMBER: Final = re.compile(r"\+?[0-9][0-9._-]{4,}[0-9]{2}")
"""Digits of an extension that is a whole number."""


def _masked(found: re.Match[str]) -> str:
    return f"*****{found[0][-4:]}"


class Eyes:
    """How numbers are shown to whoever called the command: masked, unless `looker` is set."""

    def __init__(self, looker: Actor | None = None, why: str | None = None) -> None:
        self._looker = looker
        self._why = why

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
        self, config: Config, at: datetime, what: str, rows: int, asked: Mapping[str, str | None]
    ) -> None:
        """Before anything is shown in clear: that it will be. Raises StoreError."""
        if self._looker is None:
            return
        given = {key: value for key, value in asked.items() if value is not None}
        look = Look(self._looker.name, at, what, rows, given, self._why)
        async with clerk(config) as store:
            await SqlAccess(store.channel).looked(look)


def eyes(config: Config, token_file: Path | None, why: str | None, *, clear: bool) -> Eyes:
    """Raises AccessError where numbers are asked for in clear by who may not see them."""
    if why is not None and (not clear or len(why) > _LONGEST_WHY):
        what = f"goes with --clear, and has {_LONGEST_WHY} characters at most"
        raise typer.BadParameter(what, param_hint="--why")
    if not clear:
        return Eyes()
    # Reasons are people's own words; the log is kept for good, and holds no number.
    return Eyes(acting(config, Right.SEE_NUMBERS, token_file), scrub(why) if why else None)
