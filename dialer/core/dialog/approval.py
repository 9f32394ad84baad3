"""The life of one version of a script: who wrote it, who asked for approval, who gave it.

A version is known by its content's hash (`script_version`), so that nothing can be edited within
one: a byte changed is another version, a draft again, and not approved. What has been done to a
version is a list of steps, each with who, when and why; its state is never stored but follows from
them by the table below, so that a record whose steps are not lawful has no state at all.

- Whoever wrote or submitted a version, or one that it is based on, never approves it.
- A version with findings is not approved, nor one whose inspection was of other bytes.
- A version with sounds that only an ear can judge is approved by who has had them played.
- One version of a subject is approved at a time; the one before it is superseded by that.
- A rejection or a withdrawal is not for ever: the same words can be submitted again, in the open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dialer.core.dialog.spelling import signs_of
from dialer.core.values.refused import Refused
from dialer.core.values.standing import ApprovalState, Standing

if TYPE_CHECKING:
    from dialer.core.dialog.inspection import Inspection
    from dialer.core.dialog.script_version import Subject


class Action(Enum):
    """What can be done to a version."""

    SUBMIT = "submit"
    RECALL = "recall"
    """Who wrote or submitted it takes it back before it was decided."""
    PLAY = "play"
    """Somebody had its sounds played. It changes nothing, but who approves needs it."""
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    """An approval is taken back: no call says these words any more."""
    SUPERSEDE = "supersede"
    """Another version of the same subject was approved."""


TRANSITIONS: Final[Mapping[tuple[ApprovalState, Action], ApprovalState]] = MappingProxyType(
    {
        (ApprovalState.DRAFT, Action.SUBMIT): ApprovalState.SUBMITTED,
        (ApprovalState.SUBMITTED, Action.RECALL): ApprovalState.DRAFT,
        (ApprovalState.SUBMITTED, Action.PLAY): ApprovalState.SUBMITTED,
        (ApprovalState.SUBMITTED, Action.APPROVE): ApprovalState.APPROVED,
        (ApprovalState.SUBMITTED, Action.REJECT): ApprovalState.REJECTED,
        (ApprovalState.APPROVED, Action.WITHDRAW): ApprovalState.REJECTED,
        (ApprovalState.APPROVED, Action.SUPERSEDE): ApprovalState.SUPERSEDED,
        (ApprovalState.REJECTED, Action.SUBMIT): ApprovalState.SUBMITTED,
        (ApprovalState.SUPERSEDED, Action.SUBMIT): ApprovalState.SUBMITTED,
    }
)
"""The whole of it: what is not here cannot be done."""

_WANT_A_REASON: Final = frozenset({Action.REJECT, Action.WITHDRAW})
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """One thing done to a version. `when` is aware."""

    action: Action
    who: str
    when: datetime
    why: str
    signed: str | None = None
    """Of an approval: the digest of the statement that was signed, or `UNSIGNED_BEFORE`."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a script. `authors` wrote it, or a version that it is based on."""

    hash: str
    subject: Subject
    authors: tuple[str, ...]
    drafted_at: datetime
    steps: tuple[ApprovalStep, ...] = ()

    @property
    def state(self) -> ApprovalState | None:
        """Where it stands; None where its record is not one that `act` can have made."""
        return _replay(self)

    @property
    def standing(self) -> Standing:
        """The same, with since when."""
        moves = [step for step in self.steps if step.action is not Action.PLAY]
        since = moves[-1].when if moves else self.drafted_at
        return Standing(self.state, since, self.approved_by_hand)

    @property
    def approved_by_hand(self) -> bool:
        """Whether its last step, where that is an approval, is said to be signed."""
        last = self.steps[-1] if self.steps else None
        return last is None or last.action is not Action.APPROVE or last.signed is not None


def draft(
    content_hash: str, subject: Subject, author: str, now: datetime, based_on: Version | None = None
) -> Version | Refused:
    """A version just written by `author`; who wrote the one it is based on wrote it as well."""
    if not _HASH.fullmatch(content_hash):
        return Refused("a version is named by the hex SHA-256 of its canonical bytes")
    if not _person(author):
        return Refused("a version needs an author")
    if now.utcoffset() is None:
        return Refused("the instant has no time zone")
    if based_on is not None and based_on.drafted_at > now:
        return Refused("the version it is based on lies in the future: clock gone back")
    before = () if based_on is None else writers(based_on)
    return Version(content_hash, subject, _merged((*before, author)), now)


def writers(version: Version) -> tuple[str, ...]:
    """Everyone who may not approve it: its authors, and who submitted it."""
    submitters = (step.who for step in version.steps if step.action is Action.SUBMIT)
    return _merged((*version.authors, *submitters))


def act(
    version: Version, step: ApprovalStep, inspection: Inspection | None = None
) -> Version | Refused:
    """`version` after `step`, or why that cannot be; an approval needs its `inspection`."""
    if version.state is None:
        return Refused("the record of this version does not hold together; have it looked into")
    refused = _forbidden(version, version.state, step)
    if refused is None and step.action is Action.APPROVE:
        refused = _not_inspected(version, inspection) or _not_heard(version, step, inspection)
    return refused or replace(version, steps=(*version.steps, step))


def approve(
    versions: Sequence[Version], content_hash: str, step: ApprovalStep, inspection: Inspection
) -> tuple[Version, ...] | Refused:
    """Approve one of `versions`, all of its subject: every version that changes by it.

    The approved one comes last; what it supersedes comes before. They are stored together, or not
    at all.
    """
    chosen = next((each for each in versions if each.hash == content_hash), None)
    if chosen is None:
        return Refused("there is no such version: it must be submitted first")
    if step.action is not Action.APPROVE:
        return Refused(f"to {step.action.value} is not to approve")
    approved = act(chosen, step, inspection)
    if isinstance(approved, Refused):
        return approved
    changed: list[Version] = []
    for other in versions:
        if other.subject != chosen.subject or other.state is not ApprovalState.APPROVED:
            continue
        why = f"version {content_hash[:12]} was approved"
        after = act(other, ApprovalStep(Action.SUPERSEDE, step.who, step.when, why))
        if isinstance(after, Refused):
            return after
        changed.append(after)
    return (*changed, approved)


def submit(
    versions: Sequence[Version], content_hash: str, subject: Subject, step: ApprovalStep
) -> Version | Refused:
    """Submit words for approval: the version as it then is. `versions` are all of its subject.

    A version that is new is based on the one drafted last, and so on all before it: who wrote any
    of them has had a hand in it.
    """
    if step.action is not Action.SUBMIT:
        return Refused(f"to {step.action.value} is not to submit")
    known = next((each for each in versions if each.hash == content_hash), None)
    if known is None:
        last = max(versions, key=lambda each: each.drafted_at, default=None)
        drafted = draft(content_hash, subject, step.who, step.when, last)
        if isinstance(drafted, Refused):
            return drafted
        known = drafted
    return act(known, step)


def decide(
    versions: Sequence[Version],
    content_hash: str,
    step: ApprovalStep,
    inspection: Inspection | None = None,
) -> tuple[Version, ...] | Refused:
    """Any step but the first, on one of `versions`, all of its subject: all that change by it."""
    chosen = next((each for each in versions if each.hash == content_hash), None)
    if chosen is None:
        return Refused("there is no such version: it must be submitted first")
    if step.action is Action.APPROVE and inspection is not None:
        return approve(versions, content_hash, step, inspection)
    done = act(chosen, step, inspection)
    return done if isinstance(done, Refused) else (done,)


def _replay(version: Version) -> ApprovalState | None:
    state = ApprovalState.DRAFT
    if not _HASH.fullmatch(version.hash) or not version.authors:
        return None
    so_far = replace(version, steps=())
    for step in version.steps:
        if _forbidden(so_far, state, step) is not None:
            return None
        state = TRANSITIONS[state, step.action]
        so_far = replace(so_far, steps=(*so_far.steps, step))
    return state


def _forbidden(version: Version, state: ApprovalState, step: ApprovalStep) -> Refused | None:
    """Why `step` cannot follow the steps of `version`, which stands at `state`."""
    if (state, step.action) not in TRANSITIONS:
        return Refused(f"a version that is {state.value} cannot be: {step.action.value}")
    why = _when_not(version, step) or _who_not(version, step)
    if why is None and step.action in _WANT_A_REASON and not step.why.strip():
        why = f"to {step.action.value} needs a reason, for its author to read"
    return None if why is None else Refused(why)


def _when_not(version: Version, step: ApprovalStep) -> str | None:
    if step.when.utcoffset() is None:
        return "the instant has no time zone"
    if step.when < (version.steps[-1].when if version.steps else version.drafted_at):
        return "it would be done before what was done last: clock gone back"
    return None


def _who_not(version: Version, step: ApprovalStep) -> str | None:
    person = _person(step.who)
    if not person:
        return "it must be known who does this"
    is_writer = person in map(_person, writers(version))
    if step.action is Action.APPROVE and is_writer:
        return "who wrote or submitted a version cannot approve it: someone else must"
    if step.action is Action.RECALL and not is_writer:
        return "only who wrote or submitted a version can recall it; reject it instead"
    return None


def _not_inspected(version: Version, inspection: Inspection | None) -> Refused | None:
    if inspection is None or inspection.version != version.hash:
        return Refused("these very words must be inspected first")
    count = len(inspection.findings)
    if count:
        return Refused(f"{count} finding{'' if count == 1 else 's'} must be mended first")
    return None


def _not_heard(
    version: Version, step: ApprovalStep, inspection: Inspection | None
) -> Refused | None:
    """Sounds that no machine can hold against their words are for the approver's own ears."""
    if inspection is None or not inspection.by_ear:
        return None
    person = _person(step.who)
    if any(s.action is Action.PLAY and _person(s.who) == person for s in version.steps):
        return None
    return Refused(
        f"{len(inspection.by_ear)} of its prompts only an ear can judge: hear them first, by "
        f"`dialer scripts play {version.hash[:12]}`"
    )


@lru_cache(maxsize=1024)
def _person(name: str) -> str:
    """A name as it is compared: however it is spelt, nobody becomes another."""
    return signs_of(name)


def _merged(names: Sequence[str]) -> tuple[str, ...]:
    """`names` without repeats, in their order."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(_person(name), name)
    return tuple(first.values())
