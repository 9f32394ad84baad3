"""What a trunk has done of late: ASR, NER, ACD and PDD over a window.

Seizures are counted in the order in which they were made, conversations as they end. Counts are
kept; spans are added up when they are asked for, so no sum drifts.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from dialer.core.values.outcome import Reason

REACHED: Final = frozenset(
    {Reason.BUSY, Reason.NO_ANSWER, Reason.DECLINED, Reason.UNWANTED, Reason.UNAVAILABLE}
)
"""Ends that show that the trunk did its work without an answer: user busy, ring no answer, terminal
rejection or unavailability (ITU-T E.425, NER). A number that does not exist is none of them."""


@dataclass(frozen=True, slots=True)
class JudgedSeizure:
    """One attempt on a trunk, as the trunk is judged by it. `at` is when it was placed."""

    at: float
    answered: bool
    reached: bool
    """Answered, or not answered for a reason that is the callee's."""
    post_dial_delay: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """An answered attempt that has ended. `at` is when it ended, `talk` its seconds.

    `speech` tells whether the callee was heard to speak; None where nobody listened.
    """

    at: float
    talk: float
    speech: bool | None


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """How far back a window looks: so many seizures, so many conversations, and seconds.

    Below `minimum` of either, ratios that rest on it are None. Raises ValueError where the window
    could never hold the minimum, or where the age is no span of seconds above 0.
    """

    length: int = 500
    age: float = 3600.0
    minimum: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.length:
            raise ValueError("minimum: at least 1, and no more than the length")
        if not (math.isfinite(self.age) and self.age > 0):
            raise ValueError("age: seconds above 0")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is in the window. Ratios are from 0 to 1, spans are seconds."""

    seizures: int
    answered: int
    reached: int
    conversations: int
    asr: float | None
    """Answer-seizure ratio, the connect rate: answered / seizures (ITU-T E.411)."""
    ner: float | None
    """Network effectiveness ratio: seizures that reached the callee / seizures (ITU-T E.425)."""
    acd: float | None
    """Average call duration: mean talk of the answered."""
    pdd: float | None
    """Mean post-dial delay of the seizures that had one."""
    hollow: float | None
    """Share of conversations in which the callee was not heard and that were soon over."""


class Window:
    """The latest seizures and conversations of one trunk.

    Give it seizures, and conversations, in the order of their `at`, and a `now` that is no earlier.
    Memory is bounded by the limits; a count is O(1) amortised, `figures` O(length).
    """

    def __init__(self, limits: WindowLimits, short: float) -> None:
        """A conversation of no more than `short` seconds without a word is hollow."""
        self._limits = limits
        self._short = short
        self._seizures: deque[JudgedSeizure] = deque()
        self._conversations: deque[Conversation] = deque()
        self._answered = 0
        self._reached = 0
        self._hollow = 0

    def count(self, seizure: JudgedSeizure) -> None:
        """One more attempt."""
        self._seizures.append(seizure)
        self._answered += seizure.answered
        self._reached += seizure.reached
        self._forget(seizure.at)

    def talked(self, conversation: Conversation) -> None:
        """One more conversation has ended."""
        self._conversations.append(conversation)
        self._hollow += self._is_hollow(conversation)
        self._forget(conversation.at)

    def asr(self, now: float) -> float | None:
        """The connect rate alone, in O(1) amortised."""
        self._forget(now)
        return self._ratio(self._answered, len(self._seizures))

    def hollow(self, now: float) -> float | None:
        """The share of hollow conversations alone, in O(1) amortised."""
        self._forget(now)
        return self._ratio(self._hollow, len(self._conversations))

    def figures(self, now: float) -> Figures:
        """Everything in the window."""
        self._forget(now)
        delays = [each.post_dial_delay for each in self._seizures]
        return Figures(
            seizures=len(self._seizures),
            answered=self._answered,
            reached=self._reached,
            conversations=len(self._conversations),
            asr=self._ratio(self._answered, len(self._seizures)),
            ner=self._ratio(self._reached, len(self._seizures)),
            acd=self._mean([each.talk for each in self._conversations]),
            pdd=self._mean([delay for delay in delays if delay is not None]),
            hollow=self._ratio(self._hollow, len(self._conversations)),
        )

    def _is_hollow(self, conversation: Conversation) -> bool:
        return conversation.speech is False and conversation.talk <= self._short

    def _forget(self, now: float) -> None:
        """Let go what is too old, or too much."""
        since = now - self._limits.age
        seizures, conversations = self._seizures, self._conversations
        while seizures and (seizures[0].at <= since or len(seizures) > self._limits.length):
            gone = seizures.popleft()
            self._answered -= gone.answered
            self._reached -= gone.reached
        while conversations and (
            conversations[0].at <= since or len(conversations) > self._limits.length
        ):
            self._hollow -= self._is_hollow(conversations.popleft())

    def _ratio(self, part: int, whole: int) -> float | None:
        return part / whole if whole >= self._limits.minimum else None

    def _mean(self, spans: list[float]) -> float | None:
        return math.fsum(spans) / len(spans) if len(spans) >= self._limits.minimum else None
