"""False answer supervision (FAS): a carrier that answers, and bills, for nobody.

Its marks are a connect rate too good to be true and conversations in which nobody speaks and that
are soon over. It is reported, and not acted upon: a list of people who listen in silence looks the
same, so a person has to look into the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialer.core.trunks.trunk_stats import Window


@dataclass(frozen=True, slots=True)
class FalseAnswerMarks:
    """When to suspect a trunk. Raises ValueError unless shares are ordered within 0..1."""

    asr: float = 0.36
    """Connect rate from which it is high: twice the usual floor."""
    short: float = 30.0
    """Seconds within which a conversation without a word of the callee's is hollow."""
    hollow: float = 0.6
    """Share of hollow conversations from which, with a high connect rate, there is suspicion."""
    hollow_no_more: float = 0.4
    """Share below which the suspicion ends; so it does when the connect rate is not high."""

    def __post_init__(self) -> None:
        if not (0 <= self.asr <= 1 and 0 <= self.hollow_no_more <= self.hollow <= 1):
            raise ValueError("shares: from 0 to 1, hollow_no_more at most hollow")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Whether a trunk is suspected, why, and since when; None: from the start."""

    suspected: bool
    why: str
    since: float | None = None


class FalseAnswers:
    """The suspicion against one trunk."""

    def __init__(self, marks: FalseAnswerMarks) -> None:
        self._marks = marks
        self._suspicion = Suspicion(suspected=False, why="no sign of false answers")

    @property
    def suspicion(self) -> Suspicion:
        return self._suspicion

    def look(self, window: Window, now: float) -> bool:
        """Judge by the window as it is; True where the suspicion begins or ends."""
        asr, hollow = window.asr(now), window.hollow(now)
        if asr is None or hollow is None:
            return False
        marks = self._marks
        from_share = marks.hollow_no_more if self._suspicion.suspected else marks.hollow
        suspected = asr >= marks.asr and hollow >= from_share
        if suspected is self._suspicion.suspected:
            return False
        why = f"connect rate {asr:.0%}; of the answered, {hollow:.0%} short and without a word"
        self._suspicion = Suspicion(suspected, why, now)
        return True
