"""A whole script before approval: every word it can say, its identity notice, and its prompts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from dialer.core.dialog.key_named import inspect_key
from dialer.core.dialog.notice import inspect_identity, inspect_length, inspect_robot
from dialer.core.dialog.notice_watch import IDENTITY, SPOKEN_BY
from dialer.core.dialog.script import OPT_OUT_KEY, RECORDING, PlayFile, Say, Script, utterances
from dialer.core.dialog.script_version import (
    PromptContent,
    RecordedPrompt,
    ScriptContent,
    SpokenPrompt,
    canonical,
    content_hash,
)
from dialer.core.dialog.wording import WordingBook, WordingFinding, inspect_words

ROBOT: Final = "answers.robot"
"""What is said to who asks whether a robot speaks."""
_PARTS: Final = re.compile(r"[-_.]")
"""What parts the words of a purpose, which callers hear."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one version, known by its hash. Without findings it may be approved."""

    version: str
    findings: tuple[WordingFinding, ...]
    by_ear: tuple[str, ...] = ()
    """The keys of prompts whose sound no machine can hold against the words."""


def inspect_script(
    content: ScriptContent,
    book: WordingBook,
    operator: Sequence[str],
    seconds: Mapping[str, float],
    within: float = SPOKEN_BY,
) -> Inspection:
    """Everything in the script that stands in the way of approval, in the order of its words.

    The disclosure and the first node are read as one as well, for they are said without a break.

    `operator` are the names it may go by, the first being the one to tell; `seconds` the lengths of
    the prompts by their keys in `script.utterances`, those with a contact's variables left out;
    `within` how many seconds after the answer the identity notice must have been said.
    """
    script = content.script
    order = {key: at for at, key in enumerate(utterances(script))}
    found = [*_unmatched(content), *inspect_length(seconds.get(IDENTITY), within)]
    spoken = {key: _words(content.prompts.get(key)) for key in order}
    for key, words in spoken.items():
        template = isinstance(content.prompts.get(key), SpokenPrompt)
        found += inspect_words(
            book, content.industry, words, operator=operator, node=key, template=template
        )
        if key == IDENTITY and words.strip():
            found += inspect_identity(words, script.language, operator, book.robot_words)
        if key == ROBOT and words.strip():
            found += inspect_robot(words, script.language, operator, book.robot_words, key)
    for key, digit in _keys_to_name(script).items():
        found += inspect_key(key, spoken[key], digit, script.language, book.key_words)
    found += inspect_words(
        book, content.industry, _PARTS.sub(" ", content.purpose), operator=operator, node="purpose"
    )
    opening = [key for key in order if key.startswith("disclosure.")]
    parts = [(key, spoken[key]) for key in (*opening, f"nodes.{script.start}") if key in spoken]
    found += _across(
        parts, lambda words: inspect_words(book, content.industry, words, operator=operator)
    )
    found.sort(key=lambda finding: (order.get(finding.node, len(order)), finding))
    return Inspection(content_hash(canonical(content)), tuple(found))


def _keys_to_name(script: Script) -> dict[str, str]:
    """The keys that certain words must name, by where these words are."""
    keys = {"disclosure.opt_out": OPT_OUT_KEY}
    stop = script.disclosure.stop_recording_key
    if stop is not None and script.disclosure.recording is not None:
        keys[RECORDING] = stop
    return keys


def _words(prompt: PromptContent | None) -> str:
    """What the prompt says, as far as it is known."""
    if prompt is None:
        return ""
    return prompt.text if isinstance(prompt, SpokenPrompt) else prompt.words or ""


def _across(
    parts: Sequence[tuple[str, str]], inspect: Callable[[str], list[WordingFinding]]
) -> Iterator[WordingFinding]:
    """What only shows when the words of `parts`, by their keys, are said one after another."""
    ends = list(accumulate(len(words) + 1 for _key, words in parts))
    for finding in inspect(" ".join(words for _key, words in parts)):
        first = bisect_right(ends, finding.start)
        if finding.end >= ends[first]:
            start = finding.start - (ends[first] - len(parts[first][1]) - 1)
            key, words = parts[first]
            yield replace(finding, node=key, start=start, end=len(words))


def _unmatched(content: ScriptContent) -> Iterator[WordingFinding]:
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
                yield WordingFinding(key, 0, 0, "prompt.words", path, why, instead)
            case _:
                why = "the prompt is not there, or is not the one that the script names"
                instead = "make or record the prompts anew, and submit the script with them"
                yield WordingFinding(key, 0, 0, "prompt.missing", "", why, instead)
