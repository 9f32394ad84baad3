"""A script from its file, with every fault of it: keys, dialog, prompts, variables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.core.script import PlayFile, Say, Script, Utterance
from dialer.errors import Fault, InputError
from dialer.files.script import ScriptFile
from dialer.files.wav import wav_fault
from dialer.reading.tree import Document, Place, printable, read_yaml
from dialer.reading.validate import check

_BRACES: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class ReadScript:
    """A script without fault. `folder` is what its `play:` paths are relative to."""

    script: Script
    folder: Path
    digest: str
    variables: frozenset[str]
    """Columns of the contacts file that its texts name."""


def read_script(
    path: Path, *, rates: Collection[int], columns: Collection[str] | None
) -> tuple[ReadScript | None, list[Fault]]:
    """The script at `path`, None where any part of it is at fault, and every fault.

    `rates` are the sampling rates in Hz that its prompts may have; `columns` the variables that
    its texts may name, None where no contacts file is known.
    """
    try:
        document = read_yaml(path)
    except InputError as error:
        return None, list(error.faults)
    file, faults = check(ScriptFile, document, path.parent)
    if file is None:
        return None, faults
    script = file.script()
    used: set[str] = set()
    for place, utterance in _utterances(script):
        if isinstance(utterance, Say):
            names, wrong = _names(utterance.text, columns)
            used |= names
            faults += [document.fault((*place, "say"), what) for what in wrong]
        else:
            faults += _prompt_faults(document, (*place, "play"), utterance, path.parent, rates)
    if faults:
        return None, faults
    return ReadScript(script, path.parent, document.digest, frozenset(used)), []


def _utterances(script: Script) -> Iterator[tuple[Place, Utterance]]:
    said = script.disclosure
    yield ("disclosure", "identity"), said.identity
    yield ("disclosure", "purpose"), said.purpose
    if said.recording is not None:
        yield ("disclosure", "recording"), said.recording
    yield ("disclosure", "opt_out"), said.opt_out
    for name, node in script.nodes.items():
        yield ("nodes", name), node.says


def _names(text: str, columns: Collection[str] | None) -> tuple[set[str], list[str]]:
    """The variables that `text` names, and what is wrong with them."""
    names = set(_BRACES.findall(text))
    rest = _BRACES.sub("", text)
    wrong = []
    if "{" in rest or "}" in rest:
        wrong.append("a brace is open: write {column}, and no braces elsewhere")
    for name in sorted(names):
        if not name.isidentifier():
            wrong.append(f"{{{printable(name)}}} names no column: letters, digits and _ only")
        elif columns is not None and name not in columns:
            wrong.append(f"{{{printable(name)}}} is not a column of the contacts file")
    return names, wrong


def _prompt_faults(
    document: Document, place: Place, prompt: PlayFile, folder: Path, rates: Collection[int]
) -> list[Fault]:
    what = wav_fault(folder / prompt.path, rates)
    return [] if what is None else [document.fault(place, what)]
