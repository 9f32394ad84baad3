"""Where the wording of a call stands, as the gate is shown it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ApprovalState(Enum):
    """Where a version of a script stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one version and since when, aware.

    The state is None where its record is not one that can have come about.
    """

    state: ApprovalState | None
    since: datetime
    signed: bool = True
    """False for an approval without the signature of who gave it, or with one that is none."""
