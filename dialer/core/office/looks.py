"""A look at numbers in clear: what is put on record before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody is about to see `rows` numbers in clear. None of it is a number itself.

    `what` names the list, `asked` by which filters it was narrowed down, `why` the looker's reason.
    """

    by: str
    at: datetime
    what: str
    rows: int
    asked: Mapping[str, str] = field(default_factory=dict)
    why: str | None = None
