"""What is kept of keys, and where: wrapped, by name and generation, in the store's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

LOOKUP: Final = "lookup"
"""The name of the key by which numbers are looked up; all others are names of scopes."""


class Purpose(Enum):
    """What a campaign's key is for. Each has a life of its own, and so a key of its own."""

    CONTACTS = "contacts"
    """Numbers, names and variables: destroyed within 30 days of the campaign's end."""
    EVIDENCE = "evidence"
    """Recordings, transcripts and what a CDR tells of a person: kept 6 months at least."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one key, in all its generations, is for. `campaign` is the campaign's name."""

    purpose: Purpose
    campaign: str

    @property
    def name(self) -> str:
        """Its name on the shelf and in messages, `contacts/card-renewal`."""
        return f"{self.purpose.value}/{self.campaign}"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ShelvedKey:
    """One key as it is kept: encrypted under a master key, or destroyed.

    `generation` counts from 1 within `name`. `master` is the id of the master key that opens it.
    A destroyed key is still on the shelf, with `wrapped` None: its name is never given again.
    """

    name: str
    generation: int
    master: str
    wrapped: bytes | None = field(repr=False)

    @property
    def is_destroyed(self) -> bool:
        return self.wrapped is None


class KeyShelf(Protocol):
    """Where wrapped keys are kept, within one transaction of the caller.

    What is done is there for all or for none, as that transaction ends. `tests/conformance/vault`
    says what each method must do, whatever the shelf is made of. Errors are the store's own.
    """

    def everything(self) -> Sequence[ShelvedKey]:
        """All keys, destroyed ones too, by name and generation."""
        ...

    def get(self, name: str) -> Sequence[ShelvedKey]:
        """The generations of `name`, destroyed ones too, the oldest first; empty if none."""
        ...

    def put(self, key: ShelvedKey) -> bool:
        """Keep a new key.

        False, and nothing is changed, where its name and generation exist, be it destroyed.
        """
        ...

    def replace(self, old: ShelvedKey, new: ShelvedKey) -> bool:
        """`new` instead of `old`, whose name and generation it has.

        False, and nothing is changed, where what is kept is not `old` any more.
        """
        ...

    def destroy(self, name: str) -> int:
        """Overwrite what is kept of every generation of `name`, and remember that it was there.

        Returns how many it destroyed; those destroyed before do not count.
        """
        ...
