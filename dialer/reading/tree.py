"""YAML as plain dicts, lists and texts, with the line of everything in it.

Scalars stay the text that was written: the models say what is a number, so that `yes`, `on`,
`1001` and `+861065550100` mean what they look like. Anchors, aliases, tags and merge keys are
refused: no input file of ours needs them, and they are how a small file grows without end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import yaml

from dialer.errors import Fault, InputError
from dialer.reading.text import decode, read_bytes, refuse

YAML_LIMIT: Final = 1_000_000
"""Bytes; a configuration, campaign or script of more is a mistake and is not read."""

MAX_DEPTH: Final = 12
"""Mappings and lists within each other; the deepest real file needs five."""

MAX_FAULTS: Final = 100
"""Faults told of one file; the rest are counted."""

_NULLS: Final = ("", "~", "null", "Null", "NULL")

Tree = str | None | list["Tree"] | dict[str, "Tree"]
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `value`, and for each place in it the line where it is written."""

    file: str
    value: Tree
    lines: dict[Place, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    digest: str = ""
    """Hex SHA-256 of the file's bytes."""

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that the file holds."""
        for length in range(len(place), 0, -1):
            found = self.lines.get(place[:length])
            if found is not None:
                return found
        return 1

    def fault(self, place: Place, what: str) -> Fault:
        return Fault(self.file, self.line(place), written(place) or "file", what)


def written(place: Place) -> str:
    """A place as people write it: `trunks[0].numbers[1].expires`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{printable(part)}" if text else printable(part)
    return text


def printable(text: str, longest: int = 60) -> str:
    """`text` on one line and not too long, for a message that quotes what a file holds."""
    cut = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(sign if sign.isprintable() else "?" for sign in cut)


def capped(faults: list[Fault]) -> list[Fault]:
    """The faults sorted and without repeats, each file's tail past `MAX_FAULTS` counted only."""
    by_file: dict[str, list[Fault]] = {}
    for fault in sorted(set(faults)):
        by_file.setdefault(fault.file, []).append(fault)
    told: list[Fault] = []
    for file, mine in by_file.items():
        told += mine[:MAX_FAULTS]
        if len(mine) > MAX_FAULTS:
            more = len(mine) - MAX_FAULTS
            told.append(Fault(file, mine[MAX_FAULTS].line, "file", f"and {more} more faults"))
    return told


def _line(event: yaml.Event) -> int:
    """The line, from 1, that an event starts on."""
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


class _Builder:
    """Walks the parser's events once; depth is bounded before anything is built."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []

    def document(self) -> Tree:
        value: Tree = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.refuse(event, "a second YAML document (---); one file holds one")
                value = self.value(next(self.events), ())
        return value

    def refuse(self, event: yaml.Event, what: str, place: Place = ()) -> InputError:
        return refuse(self.file, what, _line(event), written(place) or "file")

    def value(self, event: yaml.Event, place: Place) -> Tree:
        if isinstance(event, yaml.AliasEvent):
            raise self.refuse(event, "aliases (*name) are not used here; write it out", place)
        if getattr(event, "anchor", None) is not None:
            raise self.refuse(event, "anchors (&name) are not used here; write it out", place)
        if getattr(event, "tag", None) is not None:
            raise self.refuse(event, "tags (!name) are not used here; take it away", place)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            return None if plain and event.value in _NULLS else event.value
        if len(place) >= MAX_DEPTH:
            raise self.refuse(event, f"nested deeper than {MAX_DEPTH} levels", place[:4])
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place)
        return self.mapping(place)

    def sequence(self, place: Place) -> list[Tree]:
        items: list[Tree] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            inner = (*place, len(items))
            self.lines[inner] = _line(event)
            items.append(self.value(event, inner))
        return items

    def mapping(self, place: Place) -> dict[str, Tree]:
        entries: dict[str, Tree] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if isinstance(event, yaml.AliasEvent) or not isinstance(event, yaml.ScalarEvent):
                raise self.refuse(event, "a key must be a plain word", place)
            key = self.value(event, place)
            name = key if isinstance(key, str) else event.value
            if name == "<<":
                raise self.refuse(event, "merge keys (<<) are not used here; write it out", place)
            inner = (*place, name)
            line = _line(event)
            content = next(self.events)
            if name in entries:
                # Read all the same, so that its own faults are found; the first one stands.
                kept, self.lines = self.lines, {}
                self.value(content, inner)
                self.lines = kept
                first = self.lines[inner]
                what = f"given twice; the first is on line {first}"
                self.faults.append(Fault(self.file, line, written(inner), what))
                continue
            self.lines[inner] = line
            entries[name] = self.value(content, inner)
        return entries


def read_yaml(path: Path) -> Document:
    """A YAML file's tree. Raises InputError where it cannot be read or is not YAML."""
    file = str(path)
    data = read_bytes(path, file, YAML_LIMIT)
    document = parse(decode(data, file), file)
    return replace(document, digest=hashlib.sha256(data).hexdigest())


def parse(text: str, file: str) -> Document:
    """The file's tree. Duplicate keys are collected; what breaks the parse raises InputError."""
    try:
        builder = _Builder(file, yaml.parse(text, Loader=yaml.CSafeLoader))
        value = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise refuse(file, _in_words(text, line, error), line, "yaml") from None
    except yaml.YAMLError as error:
        raise refuse(file, f"not YAML: {error}".replace("\n", " "), 1, "yaml") from None
    return Document(file, value, builder.lines, tuple(builder.faults))


def _in_words(text: str, line: int, error: yaml.MarkedYAMLError) -> str:
    lines = text.splitlines()
    bad = lines[line - 1] if 0 < line <= len(lines) else ""
    indent = bad[: len(bad) - len(bad.lstrip())]
    if "\t" in indent:
        return "a tab cannot indent YAML; use spaces"
    problem = " ".join(part for part in (error.context, error.problem) if part)
    return f"not YAML: {problem}"
