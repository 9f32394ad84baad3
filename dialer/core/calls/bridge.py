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


class Stage(Enum):
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


class Step(Enum):
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
            Step.REFERRED: (Stage.MOVING, Do.PLACE_NEXT),
        },
        Stage.MOVING: {
            Step.NEXT_ANSWERED: (Stage.JOINED, Do.SWAP),
            Step.NEXT_FAILED: (Stage.JOINED, Do.TELL_REFERRER),
            Step.LEG_ENDED: (Stage.WAITING, Do.LET_RING),
            Step.CALLEE_GONE: (Stage.ENDING, Do.END_BOTH),
            Step.REFERRED: (Stage.MOVING, Do.NOTHING),
        },
        Stage.WAITING: {
            Step.NEXT_ANSWERED: (Stage.JOINED, Do.JOIN_NEXT),
            Step.NEXT_FAILED: (Stage.OVER, Do.END_CALLEE),
            Step.CALLEE_GONE: (Stage.ENDING, Do.END_NEXT),
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
            Step.REFERRED: (Stage.ENDING, Do.NOTHING),
            Step.NEXT_ANSWERED: (Stage.ENDING, Do.NOTHING),
            Step.NEXT_FAILED: (Stage.ENDING, Do.NOTHING),
        },
        Stage.OVER: dict.fromkeys(
            (Step.CALLEE_GONE, Step.LEG_ENDED, Step.REFERRED, Step.NEXT_FAILED),
            (Stage.OVER, Do.NOTHING),
        ),
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
