"""Handing a callee over to the operator's own people: two legs, joined and parted.

The second leg is a call of its own (`dialer.core.call`), with its own limits and its own end. This
machine says what the two mean for one another; every step is in STEPS, under these rules.

1. The second INVITE is asked for only once it is committed, and only while the callee waits.
2. The legs are joined once, when the second has answered and the callee still waits.
3. Before they are joined, an end of the second leg is a failure that the callee's script hears of,
   exactly once; after it, the callee's call is over too.
4. Once the callee has gone, or has opted out, the second leg is ended, however far it has come.
5. A pair that the table does not hold raises UnexpectedStepError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Stage(Enum):
    """Where the handing over stands."""

    ASKED = "asked"
    """The second leg is being committed."""
    RINGING = "ringing"
    """Its INVITE is on its way, or rings."""
    JOINED = "joined"
    """Callee and operator talk."""
    WITHDRAWN = "withdrawn"
    """The callee no longer waits; the commit is still under way."""
    ENDING = "ending"
    """The second leg was told to end."""
    OVER = "over"


class Step(Enum):
    """What happened."""

    COMMITTED = "committed"
    REFUSED = "refused"
    """The gate did not allow it, or there was no room for it."""
    ANSWERED = "answered"
    LEG_ENDED = "leg ended"
    CALLEE_GONE = "callee gone"


class Do(Enum):
    """What to do about it."""

    NOTHING = "nothing"
    DIAL = "dial"
    """Send the second leg's INVITE."""
    DROP = "drop"
    """Close the committed leg: it is never dialled."""
    JOIN = "join"
    END_LEG = "end the leg"
    TELL_FAILURE = "tell the failure"
    END_CALLEE = "end the callee's call"


STEPS: Final[Mapping[Stage, Mapping[Step, tuple[Stage, Do]]]] = MappingProxyType(
    {
        Stage.ASKED: {
            Step.COMMITTED: (Stage.RINGING, Do.DIAL),
            Step.REFUSED: (Stage.OVER, Do.TELL_FAILURE),
            Step.CALLEE_GONE: (Stage.WITHDRAWN, Do.NOTHING),
        },
        Stage.RINGING: {
            Step.ANSWERED: (Stage.JOINED, Do.JOIN),
            Step.LEG_ENDED: (Stage.OVER, Do.TELL_FAILURE),
            Step.CALLEE_GONE: (Stage.ENDING, Do.END_LEG),
        },
        Stage.JOINED: {
            Step.LEG_ENDED: (Stage.OVER, Do.END_CALLEE),
            Step.CALLEE_GONE: (Stage.ENDING, Do.END_LEG),
        },
        Stage.WITHDRAWN: {
            Step.COMMITTED: (Stage.OVER, Do.DROP),
            Step.REFUSED: (Stage.OVER, Do.NOTHING),
            Step.CALLEE_GONE: (Stage.WITHDRAWN, Do.NOTHING),
        },
        Stage.ENDING: {
            Step.ANSWERED: (Stage.ENDING, Do.NOTHING),
            Step.LEG_ENDED: (Stage.OVER, Do.NOTHING),
            Step.CALLEE_GONE: (Stage.ENDING, Do.NOTHING),
        },
        Stage.OVER: {Step.CALLEE_GONE: (Stage.OVER, Do.NOTHING)},
    }
)


class UnexpectedStepError(Exception):
    """The step has no place at this stage: a fault of ours. Nothing changed."""

    def __init__(self, stage: Stage, step: Step) -> None:
        super().__init__(f"{step.value} has no place at stage {stage.value}")


class Handover:
    """One handing over, from the wish to its end."""

    def __init__(self) -> None:
        self._stage = Stage.ASKED

    @property
    def stage(self) -> Stage:
        return self._stage

    def take(self, step: Step) -> Do:
        """What to do now that `step` has happened. Raises UnexpectedStepError."""
        found = STEPS[self._stage].get(step)
        if found is None:
            raise UnexpectedStepError(self._stage, step)
        self._stage, do = found
        return do
