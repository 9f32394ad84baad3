"""What the gate answers: yes, or which rule says no, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Allow:
    """Every rule allowed the attempt."""


@dataclass(frozen=True, slots=True)
class Deny:
    """A rule denied it. `until` is the earliest instant that can be lawful; None means never.

    `again` says that nothing is known of that instant: for a doubt, or a fault of our own set-up,
    it is only when to ask again. `held` says that nothing stands against this contact: it keeps
    its turn, and the node waits until the rule allows.
    """

    rule: str
    why: str
    until: datetime | None = None
    again: bool = False
    held: bool = False


Verdict = Allow | Deny
