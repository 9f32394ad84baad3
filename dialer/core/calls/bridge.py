"""Handing a callee over to the operator's own people: two legs, joined and parted.

The second leg is a call of its own (`core.calls.call`), with its own limits and its own end. This
machine says what the two mean for one another; every step is in STEPS, under these rules.

1. The second INVITE is asked for only once it is committed, and only while the callee waits.
2. The legs are joined once, when the second has answered and the callee still waits.
3. Before they are joined, an end of the second leg is a failure that the callee's script hears of,
   exactly once; after it, the callee's call is over too.
4. Once the callee has gone, or has opted out, the second leg is ended, however far it has come.
5. A person who is joined may ask us, by REFER, to hand the callee on. The next leg is placed while
   the two go on talking, and takes the person's place when it answers. If it does not, the person
   is told so and nothing has changed; who has left meanwhile ends the callee's call by that.
6. A pair that the table does not hold raises UnexpectedStepError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class HandoverStage(Enum):
    """Where the handing over stands."""

    ASKED = "asked"
    """The second leg is being committed."""
    RINGING = "ringing"
    """Its INVITE is on its way, or rings."""
    JOINED = "joined"
    """Callee and operator talk."""
    MOVING = "moving"
    """The person asked us to hand the callee on: the next leg is being placed."""
    WAITING = "waiting"
    """The same, and the person has left: the callee waits for the next one."""
    WITHDRAWN = "withdrawn"
    """The callee no longer waits; the commit is still under way."""
    ENDING = "ending"
    """The second leg was told to end."""
    OVER = "over"


class HandoverStep(Enum):
    """What happened."""

    COMMITTED = "committed"
    REFUSED = "refused"
    """The gate did not allow it, or there was no room for it."""
    ANSWERED = "answered"
    LEG_ENDED = "leg ended"
    CALLEE_GONE = "callee gone"
    REFERRED = "referred"
    """The person asked for the callee to be handed on."""
    NEXT_ANSWERED = "next answered"
    NEXT_FAILED = "next failed"
    """The next leg was refused, or has ended."""


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
    PLACE_NEXT = "place the next leg"
    SWAP = "swap"
    """Join the callee with the next leg, tell the person that it is done, and end that leg."""
    TELL_REFERRER = "tell the referrer"
    """The person hears that it failed."""
    LET_RING = "let ring"
    """The callee hears the ringing tone again."""
    JOIN_NEXT = "join the next"
    END_NEXT = "end the next leg"
    END_BOTH = "end both legs"


STEPS: Final[Mapping[HandoverStage, Mapping[HandoverStep, tuple[HandoverStage, Do]]]] = (
    MappingProxyType(
        {
            HandoverStage.ASKED: {
                HandoverStep.COMMITTED: (HandoverStage.RINGING, Do.DIAL),
                HandoverStep.REFUSED: (HandoverStage.OVER, Do.TELL_FAILURE),
                HandoverStep.CALLEE_GONE: (HandoverStage.WITHDRAWN, Do.NOTHING),
            },
            HandoverStage.RINGING: {
                HandoverStep.ANSWERED: (HandoverStage.JOINED, Do.JOIN),
                HandoverStep.LEG_ENDED: (HandoverStage.OVER, Do.TELL_FAILURE),
                HandoverStep.CALLEE_GONE: (HandoverStage.ENDING, Do.END_LEG),
            },
            HandoverStage.JOINED: {
                HandoverStep.LEG_ENDED: (HandoverStage.OVER, Do.END_CALLEE),
                HandoverStep.CALLEE_GONE: (HandoverStage.ENDING, Do.END_LEG),
                HandoverStep.REFERRED: (HandoverStage.MOVING, Do.PLACE_NEXT),
            },
            HandoverStage.MOVING: {
                HandoverStep.NEXT_ANSWERED: (HandoverStage.JOINED, Do.SWAP),
                HandoverStep.NEXT_FAILED: (HandoverStage.JOINED, Do.TELL_REFERRER),
                HandoverStep.LEG_ENDED: (HandoverStage.WAITING, Do.LET_RING),
                HandoverStep.CALLEE_GONE: (HandoverStage.ENDING, Do.END_BOTH),
                HandoverStep.REFERRED: (HandoverStage.MOVING, Do.NOTHING),
            },
            HandoverStage.WAITING: {
                HandoverStep.NEXT_ANSWERED: (HandoverStage.JOINED, Do.JOIN_NEXT),
                HandoverStep.NEXT_FAILED: (HandoverStage.OVER, Do.END_CALLEE),
                HandoverStep.CALLEE_GONE: (HandoverStage.ENDING, Do.END_NEXT),
            },
            HandoverStage.WITHDRAWN: {
                HandoverStep.COMMITTED: (HandoverStage.OVER, Do.DROP),
                HandoverStep.REFUSED: (HandoverStage.OVER, Do.NOTHING),
                HandoverStep.CALLEE_GONE: (HandoverStage.WITHDRAWN, Do.NOTHING),
            },
            HandoverStage.ENDING: {
                HandoverStep.ANSWERED: (HandoverStage.ENDING, Do.NOTHING),
                HandoverStep.LEG_ENDED: (HandoverStage.OVER, Do.NOTHING),
                HandoverStep.CALLEE_GONE: (HandoverStage.ENDING, Do.NOTHING),
                HandoverStep.REFERRED: (HandoverStage.ENDING, Do.NOTHING),
                HandoverStep.NEXT_ANSWERED: (HandoverStage.ENDING, Do.NOTHING),
                HandoverStep.NEXT_FAILED: (HandoverStage.ENDING, Do.NOTHING),
            },
            HandoverStage.OVER: dict.fromkeys(
                (
                    HandoverStep.CALLEE_GONE,
                    HandoverStep.LEG_ENDED,
                    HandoverStep.REFERRED,
                    HandoverStep.NEXT_FAILED,
                ),
                (HandoverStage.OVER, Do.NOTHING),
            ),
        }
    )
)


class UnexpectedStepError(Exception):
    """The step has no place at this stage: a fault of ours. Nothing changed."""

    def __init__(self, stage: HandoverStage, step: HandoverStep) -> None:
        super().__init__(f"{step.value} has no place at stage {stage.value}")


class Handover:
    """One handing over, from the wish to its end."""

    def __init__(self) -> None:
        self._stage = HandoverStage.ASKED

    @property
    def stage(self) -> HandoverStage:
        return self._stage

    def take(self, step: HandoverStep) -> Do:
        """What to do now that `step` has happened. Raises UnexpectedStepError."""
        found = STEPS[self._stage].get(step)
        if found is None:
            raise UnexpectedStepError(self._stage, step)
        self._stage, do = found
        return do
