"""A whole script before approval: every word it can say, its identity notice, and its prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialer.core.notice import IDENTITY, inspect_identity, inspect_length
from dialer.core.script import PlayFile, Say, utterances
from dialer.core.script_version import (
    PromptContent,
    RecordedPrompt,
    ScriptContent,
    SpokenPrompt,
    canonical,
    content_hash,
)
from dialer.core.wording import Finding, WordingBook, inspect_words


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one version, known by its hash. Without findings it may be approved."""

    version: str
    findings: tuple[Finding, ...]


def inspect_script(
    content: ScriptContent,
    book: WordingBook,
    operator: Sequence[str],
    seconds: Mapping[str, float],
) -> Inspection:
    """Everything in the script that stands in the way of approval, in the order of its words.

    `operator` are the names it may go by, the first being the one to tell; `seconds` the lengths of
    the prompts by their keys in `script.utterances`, those with a contact's variables left out.
    """
    script = content.script
    order = {key: at for at, key in enumerate(utterances(script))}
    found = [*_unmatched(content), *inspect_length(seconds.get(IDENTITY))]
    for key in order:
        prompt = content.prompts.get(key)
        words = None if prompt is None else _words(prompt)
        if words is None or not words.strip():
            continue
        template = isinstance(prompt, SpokenPrompt)
        found += inspect_words(
            book, content.industry, words, operator=operator, node=key, template=template
        )
        if key == IDENTITY:
            found += inspect_identity(words, script.language, operator, book.robot_words)
    found.sort(key=lambda finding: (order.get(finding.node, len(order)), finding))
    return Inspection(content_hash(canonical(content)), tuple(found))


def _words(prompt: PromptContent) -> str | None:
    return prompt.text if isinstance(prompt, SpokenPrompt) else prompt.words


def _unmatched(content: ScriptContent) -> Iterator[Finding]:
    """Words of the script whose prompt is not there, is another, or cannot be read."""
    said = utterances(content.script)
    for key in sorted(said.keys() | content.prompts.keys()):
        match said.get(key), content.prompts.get(key):
            case Say(text), SpokenPrompt(text=spoken) if text == spoken:
                continue
            case PlayFile(), RecordedPrompt(words=str(words)) if words.strip():
                continue
            case PlayFile(path), RecordedPrompt():
                why = "nobody can check what a recording says that is not written down"
                instead = "write its words down beside the file's name"
                yield Finding(key, 0, 0, "prompt.words", path, why, instead)
            case _:
                why = "the prompt is not there, or is not the one that the script names"
                instead = "make or record the prompts anew, and submit the script with them"
                yield Finding(key, 0, 0, "prompt.missing", "", why, instead)
