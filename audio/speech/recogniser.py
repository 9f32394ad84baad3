"""Speech recognition, as the media path sees it: turns go in, words come out, nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Came(Enum):
    """What came of a turn."""

    WORDS = "words"
    NOTHING = "nothing"
    """The recogniser has heard no words in it."""
    LATE = "late"
    """Its answer took too long, or the turn waited too long for its turn."""
    FULL = "full"
    """Too many turns were waiting."""
    FAILED = "failed"
    """The recogniser is away, or answers what cannot be understood."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listened for on one call: a language tag, and the phrases that are answers there."""

    language: str
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """A result: `text` is empty but for words. `final`: the last of its turn.

    `confidence` is from 0 to 1; None where the recogniser has none.
    """

    text: str
    came: Came
    final: bool = True
    confidence: float | None = None


TellUnderstood = Callable[[Understood], None]
"""Called on any thread; it never waits."""


class SpeechStream(Protocol):
    """One turn of one callee's, from before its first sound. No method waits."""

    def feed(self, samples: bytes) -> None:
        """More of it: int16, one channel, at the rate that it was opened with."""
        ...

    def end(self) -> None:
        """The callee has fallen silent: one final result follows, whatever happens."""
        ...

    def drop(self) -> None:
        """Nobody wants to know any more: no result follows."""
        ...


@dataclass(slots=True)
class SpeechFigures:
    """What has come of turns since the start."""

    turns: dict[Came, int] = field(default_factory=lambda: dict.fromkeys(Came, 0))
    seconds: float = 0.0
    """From ends of turns to their results, those that were late included."""

    def count(self, came: Came, seconds: float) -> None:
        self.turns[came] += 1
        self.seconds += seconds


class Recogniser(Protocol):
    """Turns voices into words, outside the tick: in threads, a process, or another machine."""

    figures: SpeechFigures

    def open(self, wanted: Wanted, rate: int, tell: TellUnderstood) -> SpeechStream:
        """Begin a turn; `rate` is in Hz. Never waits, never fails: a turn may come to nothing."""
        ...

    def close(self) -> None:
        """Answer nothing more. Waits until what is under way is over."""
        ...


def joined(phrases: Sequence[str], most: int) -> str:
    """The phrases as one text of at most so many characters, whole ones only."""
    text = ""
    for phrase in phrases:
        longer = f"{text}, {phrase}" if text else phrase
        if len(longer) > most:
            break
        text = longer
    return text
