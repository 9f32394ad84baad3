"""What people hear who call us back, as a script of its own kind: approved like any other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from dialer.config import Config
from dialer.core.dialog.filled import FilledWords
from dialer.core.dialog.inspection import Inspection, inspect_script
from dialer.core.dialog.script import (
    GOODBYE,
    Disclosure,
    Node,
    PlayFile,
    Say,
    Script,
    Utterance,
)
from dialer.core.dialog.script_version import PromptContent, ScriptContent, SpokenPrompt
from dialer.core.dialog.variables import MOST, Bounds
from dialer.core.dialog.wording import WordingBook, WordingFinding
from dialer.core.values import callback_prompts as words

NAME: Final = "callback words"
"""The script's name in versions; no file can have one with a space."""
PURPOSE: Final = "callback"

KEYS: Final[Mapping[str, str]] = {
    words.IDENTITY: "disclosure.identity",
    words.REASON: "disclosure.purpose",
    words.CHOICE: "disclosure.opt_out",
    words.PERSON: "nodes.person",
    words.ASK: "nodes.ask",
    words.NO_CALL: "nodes.no_call",
    words.MOMENT: "nodes.moment",
    words.NOBODY: "nodes.nobody",
    words.KEPT: "nodes.kept",
    words.NOT_KEPT: "nodes.not_kept",
    words.GOODBYE: f"nodes.{GOODBYE}",
}
"""Where each of the words stands in the script."""
_OF_PURPOSE: Final = "purpose."


def callback_content(config: Config, prompts: Mapping[str, PromptContent]) -> ScriptContent:
    """What is approved together, where these prompts, by their own keys, were made of `callback:`.

    The words of each purpose are among it: they fill the reason.
    """
    callback = config.callback
    said = {key: _of_any_folder(each) for key, each in _said(config).items()}
    purposes = {
        f"{_OF_PURPOSE}{name}": Say(text.replace("{", "{{").replace("}", "}}"))
        for name, text in sorted(callback.purposes.items())
    }
    nodes = {
        key.removeprefix("nodes."): each for key, each in said.items() if key.startswith("nodes.")
    }
    script = Script(
        name=NAME,
        language=callback.language,
        disclosure=Disclosure(
            said["disclosure.identity"],
            said["disclosure.purpose"],
            None,
            said["disclosure.opt_out"],
        ),
        start="person",
        nodes={name: Node(name, each, hang_up=True) for name, each in (nodes | purposes).items()},
        goodbye=GOODBYE,
        variables={"purpose": Bounds(MOST)},
    )
    contents = {KEYS[key]: prompt for key, prompt in prompts.items()}
    for name, text in purposes.items():
        contents[f"nodes.{name}"] = SpokenPrompt(text.text, callback.language, "")
    return ScriptContent(script, PURPOSE, None, contents)


def is_callback(content: ScriptContent) -> bool:
    return content.script.name == NAME


def inspect_callback_words(
    content: ScriptContent,
    book: WordingBook,
    operator: tuple[str, ...],
    seconds: Mapping[str, float],
) -> Inspection:
    """As a script, but for the time of the notice: the three seconds are for calls of ours."""
    found = inspect_script(content, book, operator, seconds, within=math.inf)
    filled = FilledWords(content.script, book, None, operator)
    more = [
        WordingFinding(f"nodes.{name}", 0, 0, "callback.purpose", "", what, "say it otherwise")
        for name, node in content.script.nodes.items()
        if name.startswith(_OF_PURPOSE) and isinstance(node.says, Say)
        for _, what in filled.faults(dict.fromkeys(filled.names, node.says.text))
    ]
    return replace(found, findings=(*found.findings, *more))


def _said(config: Config) -> dict[str, Utterance]:
    said = config.callback.utterances(config.operator.name)
    return {KEYS[key]: each for key, each in said.items()}


def _of_any_folder(said: Utterance) -> Utterance:
    """A recording is known by its bytes: where it lies differs from node to node."""
    return PlayFile(Path(said.path).name, said.words) if isinstance(said, PlayFile) else said
