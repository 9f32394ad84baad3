"""The life of one complaint: opened, answered within 24 hours, closed; and what it holds back.

Its state is never stored but follows from its steps by the table below, so that a record whose
steps are not lawful has no state at all. From the first step to the last closing the evidence of
the calls that it is about is held back from every destruction. The number is never called again,
whatever becomes of the complaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from dialer.core.values.refused import Refused

ANSWER_WITHIN: Final = timedelta(hours=24)
"""The law's figure; there is no setting for it."""

LONGEST_TEXT: Final = 20_000
"""Characters of what is complained of, or answered."""


class ComplaintState(Enum):
    """Where a complaint stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Move(Enum):
    """What is done about a complaint that has been opened."""

    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"
    """The answer did not settle it: another is due, within as long."""


TRANSITIONS: Final[Mapping[tuple[ComplaintState, Move], ComplaintState]] = MappingProxyType(
    {
        (ComplaintState.OPEN, Move.ANSWER): ComplaintState.ANSWERED,
        (ComplaintState.ANSWERED, Move.CLOSE): ComplaintState.CLOSED,
        (ComplaintState.ANSWERED, Move.REOPEN): ComplaintState.OPEN,
        (ComplaintState.CLOSED, Move.REOPEN): ComplaintState.OPEN,
    }
)
"""The whole of it: what is not here cannot be done. So nothing is closed without an answer."""


@dataclass(frozen=True, slots=True)
class ComplaintStep:
    """One thing done about a complaint, by a user's name. `when` is aware."""

    move: Move
    who: str
    when: datetime
    signed: str | None = None
    """Of a closing: the digest of the statement that was signed."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. `evidence` are the calls it is about, by their ids; the text is elsewhere."""

    id: str
    opened_at: datetime
    opened_by: str
    evidence: tuple[str, ...] = ()
    steps: tuple[ComplaintStep, ...] = ()

    @property
    def state(self) -> ComplaintState | None:
        """Where it stands; None where its record is not one that `act` can have made."""
        return _replay(self)

    @property
    def holds_evidence(self) -> bool:
        """Whether the evidence must not be destroyed: always but after an orderly closing."""
        return self.state is not ComplaintState.CLOSED

    @property
    def answer_due(self) -> datetime | None:
        """By when it must be answered; None where it is answered. A broken record is overdue."""
        state = self.state
        if state is None:
            return self.opened_at
        return None if state is not ComplaintState.OPEN else self._unanswered_since + ANSWER_WITHIN

    @property
    def answered_at(self) -> datetime | None:
        """When it was last answered; None where it never was, or was opened again since."""
        if self.state in {ComplaintState.OPEN, None}:
            return None
        return max(step.when for step in self.steps if step.move is Move.ANSWER)

    @property
    def _unanswered_since(self) -> datetime:
        reopened = [step.when for step in self.steps if step.move is Move.REOPEN]
        return reopened[-1] if reopened else self.opened_at

    def is_overdue(self, now: datetime) -> bool:
        """Whether its answer is late at `now`."""
        due = self.answer_due
        return due is not None and now > due


def opened(
    id_: str, who: str, now: datetime, evidence: Iterable[str], text: str
) -> Complaint | Refused:
    """A complaint just taken down by `who` in the words `text`, about the calls `evidence`."""
    if now.utcoffset() is None:
        return Refused("the instant has no time zone")
    if not who.strip():
        return Refused("it must be known who takes the complaint down")
    if (fault := _fault_of(text, "what is complained of")) is not None:
        return fault
    return Complaint(id_, now, who, tuple(dict.fromkeys(evidence)))


def act(complaint: Complaint, step: ComplaintStep, text: str) -> Complaint | Refused:
    """`complaint` after `step`, which was put into the words `text`; or why that cannot be."""
    state = complaint.state
    if state is None:
        return Refused("the record of this complaint does not hold together; have it looked into")
    refused = _forbidden(complaint, state, step) or _fault_of(text, _WORDED[step.move])
    return refused or replace(complaint, steps=(*complaint.steps, step))


@dataclass(frozen=True, slots=True)
class ComplaintFigures:
    """What is told outside of all complaints together."""

    open: int
    """Not closed."""
    unanswered: int
    overdue: int
    first_due: datetime | None
    """By when the first of the unanswered must be answered; None where all are."""


def figures(complaints: Iterable[Complaint], now: datetime) -> ComplaintFigures:
    """How many wait for what at `now`."""
    holding = [each for each in complaints if each.holds_evidence]
    due = [each.answer_due for each in holding]
    waiting = [at for at in due if at is not None]
    return ComplaintFigures(
        open=len(holding),
        unanswered=len(waiting),
        overdue=sum(each.is_overdue(now) for each in holding),
        first_due=min(waiting, default=None),
    )


_WORDED: Final[Mapping[Move, str]] = MappingProxyType(
    {
        Move.ANSWER: "what was answered",
        Move.CLOSE: "how it was settled",
        Move.REOPEN: "what is still complained of",
    }
)


def _fault_of(text: str, what: str) -> Refused | None:
    if not text.strip():
        return Refused(f"{what} must be written down")
    if len(text) > LONGEST_TEXT:
        return Refused(f"{what} is longer than {LONGEST_TEXT} characters")
    return None


def _replay(complaint: Complaint) -> ComplaintState | None:
    state = ComplaintState.OPEN
    so_far = replace(complaint, steps=())
    for step in complaint.steps:
        if _forbidden(so_far, state, step) is not None:
            return None
        state = TRANSITIONS[state, step.move]
        so_far = replace(so_far, steps=(*so_far.steps, step))
    return state


def _forbidden(complaint: Complaint, state: ComplaintState, step: ComplaintStep) -> Refused | None:
    """Why `step` cannot follow the steps of `complaint`, which stands at `state`."""
    if (state, step.move) not in TRANSITIONS:
        if step.move is Move.CLOSE and state is ComplaintState.OPEN:
            return Refused("a complaint is answered before it is closed")
        return Refused(f"a complaint that is {state.value} cannot be: {step.move.value}")
    if step.when.utcoffset() is None:
        return Refused("the instant has no time zone")
    if step.when < (complaint.steps[-1].when if complaint.steps else complaint.opened_at):
        return Refused("it would be done before what was done last: clock gone back")
    if not step.who.strip():
        return Refused("it must be known who does this")
    return None
