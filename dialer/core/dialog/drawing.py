"""A script as a picture: its nodes and its ways, as text and in Graphviz's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialer.core.dialog.meaning import REFUSING, Meaning
from dialer.core.dialog.script import (
    Branch,
    Go,
    Intent,
    LongTalk,
    Node,
    PlayFile,
    Refuse,
    Script,
    Silence,
    Transfer,
    Utterance,
)
from dialer.core.dialog.understanding import understand

_LONGEST: Final = 60
OPT_OUT: Final = "(no more calls)"
_ALWAYS: Final = REFUSING - {Meaning.NO, Meaning.BYE}


def as_text(script: Script) -> Iterator[str]:
    """Line by line: what is said, then each way on."""
    yield f"{script.name} ({script.language}), starts at {script.start}"
    for name, said in script.answers.items():
        yield f"asked for {name}: {_words(said)}"
    for node in script.nodes.values():
        yield ""
        yield f"{node.name}{_manner(node)}: {_words(node.says)}"
        for label, target in ways(node):
            yield f"  {label} -> {target}"
        for note in notes(node):
            yield f"  note: {note}"


def as_dot(script: Script) -> Iterator[str]:
    """The same as a graph: `dot -Tsvg` draws it."""
    yield "digraph script {"
    yield '  rankdir=TB; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];'
    yield f"  start [shape=point]; start -> {_quoted(script.start)};"
    leaving = set()
    for node in script.nodes.values():
        style = ", style=rounded" if node.hang_up else ""
        label = f"{node.name}\n{_words(node.says)}"
        yield f"  {_quoted(node.name)} [label={_quoted(label)}{style}];"
        for label, target in ways(node):
            if target not in script.nodes:
                leaving.add(target)
            yield f"  {_quoted(node.name)} -> {_quoted(target)} [label={_quoted(label)}];"
    for target in sorted(leaving):
        yield f"  {_quoted(target)} [shape=oval];"
    yield "}"


def ways(node: Node) -> Iterator[tuple[str, str]]:
    """Each way on: what takes it, and where it leads."""
    for intent in node.intents:
        yield f"{intent.name} ({_heard_by(intent)})", _target(intent.then)
    if node.transfer is not None:
        yield "at once", _target(node.transfer)
    for what, turn in (
        ("silence", node.silence),
        ("no match", node.no_match),
        ("long talk", node.long_talk),
    ):
        if isinstance(turn, Silence):
            yield f"{what}, {turn.at_most} at most", turn.node
        elif isinstance(turn, LongTalk):
            yield f"{what}, after {turn.after:g} s", turn.node
    if node.otherwise is not None:
        yield "otherwise", node.otherwise


def notes(node: Node) -> Iterator[str]:
    """Words that mean the same at every node, whatever this one would have them mean."""
    for intent in node.intents:
        for word in intent.words:
            meaning = understand(word).meaning
            if meaning in _ALWAYS and not isinstance(intent.then, Refuse):
                yield f"{word!r} of {intent.name} is a refusal everywhere: use opt_out: true"
            elif meaning in {Meaning.FILLER, Meaning.NOTHING}:
                yield f"{word!r} of {intent.name} is never heard: it only fills a pause"


def _heard_by(intent: Intent) -> str:
    by = [f"key {intent.dtmf}"] if intent.dtmf is not None else []
    return ", ".join([*by, *intent.words])


def _target(branch: Branch) -> str:
    if isinstance(branch, Go):
        return branch.node
    if isinstance(branch, Transfer):
        return f"({'refer' if branch.refer else 'transfer'} to {branch.target})"
    return OPT_OUT


def _manner(node: Node) -> str:
    if node.hang_up:
        return " (hangs up)"
    return "" if node.listen is None else f" (listens {node.listen:g} s)"


def _words(said: Utterance) -> str:
    text = said.words or said.path if isinstance(said, PlayFile) else said.text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
