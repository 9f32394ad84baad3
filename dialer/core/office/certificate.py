"""A certificate of destruction: what was destroyed, how many, when, how, by whom, under what keys.

It says nothing of any person: whom it concerns is a keyed hash. What it proves is in
docs/retention.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from dialer.core.office.retention import Matter

_LABEL: Final = "veridial certificate of destruction 1"
_TEXTS: Final = ("id", "operator", "node", "subject", "why", "by", "master")
_LISTS: Final = ("how", "keys")
_INSTANTS: Final = ("begun_at", "done_at")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One destruction that has been finished. Instants are whole microseconds since 1970, UTC."""

    id: str
    operator: str
    """Whose data it was, in law."""
    node: str
    matter: Matter
    subject: str
    """The campaign's name; of a person's request the keyed hash of the number, in hex."""
    why: str
    counts: Mapping[str, int]
    """How many of what."""
    how: tuple[str, ...]
    """What was done, step by step, in words."""
    keys: tuple[str, ...]
    """The names of the keys that were destroyed."""
    master: str
    """The id of the master key that they were wrapped under: a backup can be opened with it."""
    by: str
    """Who had it done: a user's name, or the node's own hourly work."""
    begun_at: int
    done_at: int

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return json.dumps(
            [_LABEL, self.as_dict()], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hex: what the audit log holds of it."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            **{name: getattr(self, name) for name in _INSTANTS},
            **{name: list(getattr(self, name)) for name in _LISTS},
            "matter": self.matter.value,
            "counts": dict(self.counts),
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """What `as_dict` gave. Raises ValueError, KeyError or TypeError for anything else."""
        fields: dict[str, Any] = {name: _text(found[name]) for name in _TEXTS}
        fields |= {name: tuple(map(_text, found[name])) for name in _LISTS}
        fields |= {name: _whole(found[name]) for name in _INSTANTS}
        counts = {_text(what): _whole(many) for what, many in dict(found["counts"]).items()}
        made = cls(**fields, matter=Matter(found["matter"]), counts=counts)
        if made.as_dict() != dict(found):
            raise ValueError("it holds more than a certificate does")
        return made


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value
