"""What the tick asks: each analyser gets all frames of all calls, once a tick, and acts on its own.

An analyser gives its commands to the bridge itself, before it tells of them: nothing stands between
a voice and the prompt that it stops. It runs on the tick thread, so it has a few milliseconds for
all calls together; what takes longer gets its frames through a queue, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audio.events import AudioEvent, BargeInPolicy
from audio.stats import TickStats

if TYPE_CHECKING:
    from audio._bridge import Bridge

Tell = Callable[[AudioEvent], None]
"""Hands an event on, unless its call is no longer watched."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What one collect has brought, a frame a place: the lists go together.

    Frames of one call come in their order. `rows` are int16 frames of `samples` samples as bytes,
    and good until the analyser returns; there may be more of them than frames.
    """

    turn: int
    """Counts the ticks."""
    rate: int
    """Hz."""
    samples: int
    handles: Sequence[int]
    peaks: list[int]
    """Each frame's largest magnitude, 0 to 32768; 0 where an analyser before has blanked it."""
    over: Sequence[int]
    """The bridge's number of the policy of what was being played; NOTHING where nothing was."""
    taken: Sequence[int]
    """When the frame came, in monotonic nanoseconds."""
    rows: Sequence[memoryview]


class Analyser(Protocol):
    """One opinion on what is heard."""

    def watch(self, handle: int, at_most: BargeInPolicy) -> None:
        """Analyse this call from its next frame on; `at_most` caps what speech may do to it."""
        ...

    def forget(self, handle: int) -> None:
        """Analyse it no more. Unknown handles are forgiven."""
        ...

    def analyse(self, frames: Frames) -> None:
        """Take the frames in, act, and tell.

        What one call raises must not cost the others their tick; what is raised here costs this
        analyser its turn, and no other analyser.
        """
        ...


MakeAnalyser = Callable[["Bridge", Tell, TickStats], Analyser]
