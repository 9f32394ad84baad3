"""A script from its file, with every fault of it: keys, dialog, prompts, variables."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.core.dialog.script import (
    PlayFile,
    Problem,
    Script,
    slots,
    utterances,
    variables_of,
)
from dialer.core.dialog.script import check as check_script
from dialer.errors import Fault, InputError
from dialer.files.script import ScriptFile
from dialer.files.wav import wav_fault
from dialer.reading.tree import Document, Place, printable, read_yaml
from dialer.reading.validate import check

_PARTS: Final = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class ReadScript:
    """A script without fault. `folder` is what its `play:` paths are relative to."""

    script: Script
    folder: Path
    digest: str
    document: Document
    variables: frozenset[str]
    """Columns of the contacts file that its texts name."""


def read_script(
    path: Path, *, columns: Collection[str] | None
) -> tuple[ReadScript | None, list[Fault]]:
    """The script at `path`, None where any part of it is at fault, and every fault.

    `columns` are the variables that its texts may name, None where no contacts file is known.
    """
    try:
        document = read_yaml(path)
    except InputError as error:
        return None, list(error.faults)
    file, faults = check(ScriptFile, document, path.parent)
    if file is None:
        return None, faults
    script = file.script()
    problems = check_script(script)
    faults += [_fault(document, problem) for problem in problems]
    for key, said in utterances(script).items():
        if isinstance(said, PlayFile):
            place = (*_said_at(key), "play")
            faults += _prompt_faults(document, place, said, path.parent)
    try:
        used = variables_of(script)
    except ValueError:
        # Told of by the script's own check; what bad braces name cannot be told.
        used = frozenset()
    if columns is not None:
        faults += _unknown_variables(document, script, used.difference(columns))
    if faults:
        return None, faults
    return ReadScript(script, path.parent, document.digest, document, used), []


def _place(key: str) -> Place:
    """`on[1].dtmf` as the document counts it: ("on", 1, "dtmf")."""
    return tuple(int(number) if number else name for name, number in _PARTS.findall(key))


def _said_at(key: str) -> Place:
    """Where the words are that `utterances` calls `key`; a node's name may hold a dot."""
    room, _, name = key.partition(".")
    return (room, name)


def _fault(document: Document, problem: Problem) -> Fault:
    within: Place = ("nodes", problem.node) if problem.node else ()
    return document.fault((*within, *_place(problem.key)), printable(problem.what, 200))


def _unknown_variables(document: Document, script: Script, unknown: Collection[str]) -> list[Fault]:
    return [
        document.fault((*_said_at(key), "say"), f"{{{name}}} is not a column of the contacts file")
        for key, said in utterances(script).items()
        for name in sorted(unknown)
        if any(name == named for named, _spec in slots(said))
    ]


def _prompt_faults(document: Document, place: Place, prompt: PlayFile, folder: Path) -> list[Fault]:
    what = wav_fault(folder / prompt.path)
    return [] if what is None else [document.fault(place, what)]
