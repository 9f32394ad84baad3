"""A conversation that is written down: what the callee does, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialer.core.calls.grading import GradeRule
from dialer.core.calls.rehearsal import HANDED_OVER, Rehearsal
from dialer.core.dialog.script import Script

PERSON = "person"
"""How a conversation ends that goes on with a person."""


@dataclass(frozen=True, slots=True)
class TalkStep:
    """One move of the callee's, and what must come of it; what is None is not looked at.

    The first step of a conversation may have no move: it tells what is said after the opening.
    """

    says: str | None = None
    over: str | None = None
    """Said while something is being said to the callee."""
    presses: str | None = None
    silent: bool = False
    means: str | None = None
    hears: tuple[str, ...] | None = None
    """Nodes, or other keys of what the script says, in order."""


@dataclass(frozen=True, slots=True)
class WrittenTalk:
    """`nobody`: a person who is fetched does not come. `no_later`: nothing can be booked."""

    name: str
    steps: tuple[TalkStep, ...]
    ends: str | None = None
    records: tuple[str, ...] | None = None
    intents: tuple[str, ...] | None = None
    path: tuple[str, ...] | None = None
    grade: str | None = None
    nobody: bool = False
    no_later: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """`step` counts from 0; None: of the whole conversation. `key` is the one that differs."""

    step: int | None
    key: str
    what: str


def differences(
    script: Script, conversation: WrittenTalk, rules: Sequence[GradeRule]
) -> list[Difference]:
    """All that does not come as it is written."""
    talk = Rehearsal(
        script, may_call_later=not conversation.no_later, person=not conversation.nobody
    )
    found = list(_steps(talk, conversation))
    talk.settle()
    rest = talk.said()
    if rest and conversation.steps and conversation.steps[-1].hears is not None:
        found.append(
            Difference(None, "talk", f"at the end is said: {_keys([e.key for e in rest])}")
        )
    ended = PERSON if HANDED_OVER in talk.recorded and talk.is_over else None
    if talk.ended is not None:
        ended = talk.ended.value
    found += _compare("ends", ended, conversation.ends)
    found += _compare("records", tuple(talk.recorded), conversation.records)
    found += _compare("intents", talk.intents, conversation.intents)
    found += _compare("path", talk.path, conversation.path)
    found += _compare("grade", talk.grade(rules).value, conversation.grade)
    return found


def _steps(talk: Rehearsal, conversation: WrittenTalk) -> Iterator[Difference]:
    talk.said()  # the opening, which is the same in every call
    last = len(conversation.steps) - 1
    for at, step in enumerate(conversation.steps):
        if talk.is_over:
            yield Difference(at, "", "the call is over by then")
            return
        ahead = None if at == last else conversation.steps[at + 1]
        yield from _step(talk, at, step, ahead)


def _step(talk: Rehearsal, at: int, step: TalkStep, ahead: TalkStep | None) -> Iterator[Difference]:
    if at == 0 and step.over is None and (step.says or step.presses or step.silent):
        talk.settle()
        talk.said()  # where the script starts is not asked for
    text = step.says if step.over is None else step.over
    if text is not None:
        meant = talk.meaning_of(text).name
        talk.speak(text, over=step.over is not None)
        if step.means is not None and meant != step.means:
            yield Difference(at, "means", f"means {meant}, not {step.means}")
    elif step.presses is not None:
        talk.press(step.presses)
    elif step.silent:
        talk.stay_silent()
    else:
        talk.settle()
    if step.hears is None:
        return
    talk.settle(play_out=ahead is None or ahead.over is None)
    heard = tuple(each.key.removeprefix("nodes.") for each in talk.said())
    if heard != step.hears:
        yield Difference(at, "hears", f"hears {_keys(heard)}, not {_keys(step.hears)}")


def _compare(key: str, is_: object, wanted: object) -> Iterator[Difference]:
    if wanted is not None and is_ != wanted:
        yield Difference(None, key, f"is {_shown(is_)}, not {_shown(wanted)}")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return _keys(value)
    return "open" if value is None else str(value)


def _keys(keys: Sequence[str]) -> str:
    return ", ".join(keys) or "nothing"
