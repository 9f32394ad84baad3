"""When who is calling was told on one call: measured from its RTP, and held to the law."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = "disclosure.identity"
"""The notice's key among a script's utterances."""

SPOKEN_BY: Final = 3.0
"""Seconds after the answer by which the callee has heard it."""

TELLING: Final = 0.25
"""Seconds that the word of its end may take to come here: one tick of the audio, and a busy loop.
The end itself is dated by the audio thread."""


class NoticeWatch:
    """Whether one call's callee was told in time who is calling.

    `within` is the seconds from the answer to the last packet of the notice, SPOKEN_BY at most.
    """

    def __init__(self, within: float = SPOKEN_BY) -> None:
        self._within = within
        self._answered_at: float | None = None
        self.spoken: float | None = None
        """Seconds from the answer to the last packet of the notice; None: not spoken whole."""
        self.deadline: float | None = None
        """The monotonic instant at which it is late for certain; None: nothing is awaited."""

    def answered(self, now: float) -> None:
        self._answered_at = now
        self.deadline = now + self._within + TELLING

    def is_over(self, now: float) -> bool:
        """Its last packet was sent at `now`; whether that was in time."""
        self.deadline = None
        if self._answered_at is None:
            return False
        self.spoken = max(0.0, now - self._answered_at)
        return self.spoken <= self._within

    def is_late(self, now: float) -> bool:
        """Whether it is not over though it should be."""
        return self.deadline is not None and now >= self.deadline

    def let_go(self) -> None:
        """Something else has ended it: the callee's refusal, the call's end."""
        self.deadline = None
