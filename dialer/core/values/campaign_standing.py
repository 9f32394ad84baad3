"""Where campaigns and their contacts stand, for reports: who waits, for what, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dialer.core.values.number import E164
from dialer.core.values.records import Progress


class CampaignState(StrEnum):
    """What a campaign would do next. Whether a node works on it now is the node's to say."""

    IN_HAND = "in hand"
    """Contacts are held by a node, to be called, or are being called."""
    DUE = "due"
    """Somebody may be called now, as far as is known."""
    WAITING = "waiting"
    """Nobody may be called before some instant."""
    DONE = "done"
    """Every contact is done with."""
    ENDED = "ended"
    """It was ended, and calls nobody any more."""


@dataclass(frozen=True, slots=True)
class CampaignStanding:
    """A campaign of the store. `ended_by` is a user's name."""

    name: str
    purpose: str
    progress: Progress
    first_due: Mapping[str, datetime] = field(default_factory=dict)
    """By the rule that put them off, when the first of its contacts can be lawful.

    An instant that is past says that the time has come for somebody.
    """
    ended_at: datetime | None = None
    ended_by: str | None = None

    def state(self, now: datetime) -> CampaignState:
        progress = self.progress
        if self.ended_at is not None:
            return CampaignState.ENDED
        if progress.claimed:
            return CampaignState.IN_HAND
        if progress.done == progress.total:
            return CampaignState.DONE
        if progress.waiting or any(due <= now for due in self.first_due.values()):
            return CampaignState.DUE
        return CampaignState.WAITING


class ContactState(StrEnum):
    """Where a contact stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    CALLING = "calling"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ContactStanding:
    """A contact of the store, whose ids go up with the rows of the file that a campaign came from.

    `row` is its line there, the header being 1. `number` is None once it was destroyed. `rule` put
    it off until `due`, or was done with it.
    """

    id: int
    row: int
    number: E164 | None
    state: ContactState
    rule: str | None = None
    due: datetime | None = None
    faults: int = 0
    late_commits: int = 0
