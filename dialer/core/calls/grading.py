"""How much came of a call: a grade from A to F, by rules of which the first that fits decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Grade(Enum):
    """What a follow-up list is sorted by. The docstrings tell what the shipped rules mean by it."""

    A = "A"
    """Wants to hear from us: talked with a person, or said so."""
    B = "B"
    """Answered a question of the script."""
    C = "C"
    """Was heard, and answered nothing that the script asks."""
    D = "D"
    """Listened and said nothing."""
    E = "E"
    """Hung up early."""
    F = "F"
    """Wants no calls."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the rules look at. `talk` is seconds from the answer to the end."""

    talk: float
    turns: int
    """How often the callee was heard: turns of speech, and keys."""
    intents: tuple[str, ...] = ()
    """The script's answers that were understood, in order."""
    nodes: tuple[str, ...] = ()
    """Nodes of the script that were visited."""
    joined: bool = False
    """Whether the callee talked with a person."""
    refused: bool = False
    """Whether the callee asked for no more calls."""


@dataclass(frozen=True, slots=True)
class GradeRule:
    """All of its conditions must hold; one that is None is none, and no condition fits always."""

    grade: Grade
    refused: bool | None = None
    joined: bool | None = None
    answered: bool | None = None
    """Whether any answer of the script was understood."""
    talk: float | None = None
    """Seconds, at least."""
    turns: int | None = None
    """At least."""
    intents: frozenset[str] | None = None
    """Any of them was understood."""
    nodes: frozenset[str] | None = None
    """Any of them was visited."""

    def fits(self, facts: CallFacts) -> bool:
        return (
            self.refused in {None, facts.refused}
            and self.joined in {None, facts.joined}
            and self.answered in {None, bool(facts.intents)}
            and (self.talk is None or facts.talk >= self.talk)
            and (self.turns is None or facts.turns >= self.turns)
            and (self.intents is None or not self.intents.isdisjoint(facts.intents))
            and (self.nodes is None or not self.nodes.isdisjoint(facts.nodes))
        )


LOWEST: Final = Grade.F


def grade(rules: Sequence[GradeRule], facts: CallFacts) -> Grade:
    """The grade of a call that was answered.

    Whoever refused is graded F, whatever the rules say: no list of people to be called again may
    hold them.
    """
    if facts.refused:
        return LOWEST
    return next((rule.grade for rule in rules if rule.fits(facts)), Grade.E)
