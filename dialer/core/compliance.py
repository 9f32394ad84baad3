"""The gate: a list of rules, each of which allows or denies. Any doubt is a denial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Allow:
    """Every rule allowed the attempt."""


@dataclass(frozen=True, slots=True)
class Deny:
    """A rule denied it. `until` is the earliest instant that can be lawful; None means never."""

    rule: str
    why: str
    until: datetime | None = None


Verdict = Allow | Deny
