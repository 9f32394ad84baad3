"""`conversations.yaml`: what people may say to a script, and what must come of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dialer.core.calls.conversation import TalkStep, WrittenTalk
from dialer.core.calls.grading import GradeRule
from dialer.core.dialog.script import Script, utterances
from dialer.errors import Fault, InputError
from dialer.files.grades import SHIPPED, read_grades
from dialer.files.script import Key
from dialer.files.script_source import read_script
from dialer.reading.fields import FilePath, Line, Text, Word, wrong
from dialer.reading.tree import Document, Place, read_yaml
from dialer.reading.validate import Section, check

Keys = Annotated[tuple[Word, ...], Field(max_length=50)]


class StepPart(Section):
    """One move of the callee's, and what must come of it. Only the first may have no move."""

    says: Text | None = None
    """Words, said when the prompt is over. Words of two steps without `hears` between them are one
    answer in two breaths."""
    over: Text | None = None
    """Words, said over what is being said: in the first step, over the identity notice."""
    presses: Key | None = None
    """A digit."""
    silent: bool = False
    """Nothing, until something is said or the call ends."""
    means: Word | None = None
    """What the words must mean: an intent of the node, or one that every node knows
    (docs/scripts.md)."""
    hears: Keys | None = None
    """What must be said then, in order: nodes, `answers.NAME` or `disclosure.NAME`. An empty list
    stands for nothing."""

    @model_validator(mode="after")
    def _one_move(self) -> StepPart:
        moves = [self.says, self.over, self.presses, self.silent or None]
        if moves.count(None) < len(moves) - 1:
            raise wrong("has several moves; write one a step")
        if self.means is not None and self.says is None and self.over is None:
            raise wrong("is for words: says or over", "means")
        return self


class ConversationPart(Section):
    """One conversation. What is not written is not looked at."""

    name: Line
    """What it is about."""
    talk: Annotated[tuple[StepPart, ...], Field(min_length=1, max_length=200)]
    """The moves, in order."""
    ends: Literal["completed", "opted_out", "person", "internal_error"] | None = None
    """How the call ends; `person`: it goes on with a person."""
    records: tuple[Literal["refusal", "complaint", "call_later", "transfer"], ...] | None = None
    """What is put on record, in order."""
    intents: Keys | None = None
    """The answers that are recorded, in order."""
    path: Keys | None = None
    """The nodes that are visited, in order."""
    grade: Literal["A", "B", "C", "D", "E", "F"] | None = None
    """The call's grade."""
    nobody: bool = False
    """A person who is fetched does not come."""
    no_later: bool = False
    """A call at another time cannot be booked."""

    def conversation(self) -> WrittenTalk:
        steps = tuple(TalkStep(**step.model_dump()) for step in self.talk)
        rest = self.model_dump(exclude={"talk"})
        return WrittenTalk(steps=steps, **rest)


class ConversationsFile(Section):
    """The whole of `conversations.yaml`."""

    script: FilePath
    """The script that is talked with."""
    grades: FilePath | None = None
    """How calls are graded. Default: the rules that are shipped."""
    conversations: Annotated[tuple[ConversationPart, ...], Field(min_length=1, max_length=500)]
    """Each is a call of its own."""


@dataclass(frozen=True, slots=True)
class ReadConversations:
    """A file without fault. `document` knows the lines."""

    script: Script
    rules: tuple[GradeRule, ...]
    conversations: tuple[WrittenTalk, ...]
    document: Document


def read_conversations(path: Path) -> ReadConversations:
    """The conversations at `path`. Raises InputError with every fault, the script's too."""
    document = read_yaml(path)
    file, faults = check(ConversationsFile, document, path.parent)
    if file is None:
        raise InputError(faults)
    source, found = read_script(file.script, columns=None)
    faults += found
    rules, found = read_grades(file.grades or SHIPPED)
    faults += found
    faults += [
        document.fault(("conversations", at, "talk", number), "has no move; only the first may")
        for at, each in enumerate(file.conversations)
        for number, step in enumerate(each.talk)
        if number
        and step.model_dump(include={"says", "over", "presses"}, exclude_none=True) == {}
        and not step.silent
    ]
    if source is not None:
        faults += _unknown(document, file, source.script)
    if source is None or faults:
        raise InputError(faults)
    made = tuple(each.conversation() for each in file.conversations)
    return ReadConversations(source.script, tuple(rules), made, document)


def _unknown(document: Document, file: ConversationsFile, script: Script) -> Iterator[Fault]:
    """Keys that the script never says."""
    sayable = {key.removeprefix("nodes.") for key in utterances(script)}
    for at, each in enumerate(file.conversations):
        named: list[tuple[Place, str]] = [
            (("conversations", at, "talk", number, "hears", place), key)
            for number, step in enumerate(each.talk)
            for place, key in enumerate(step.hears or ())
        ]
        named += [
            (("conversations", at, "path", place), key) for place, key in enumerate(each.path or ())
        ]
        for place, key in named:
            if key not in sayable:
                near = difflib.get_close_matches(key, sorted(sayable), 1, 0.6)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield document.fault(place, f"the script says nothing of that name{hint}")


def fault_of(read: ReadConversations, number: int, step: int | None, key: str, what: str) -> Fault:
    """A difference, at the line of what was wanted."""
    place: Place = ("conversations", number)
    if step is not None:
        place = (*place, "talk", step)
    return read.document.fault((*place, key) if key else place, what)
