"""A script as it would be said: its version, and what stands in the way of approving it.

The prompts are really made, in a folder that is gone afterwards, so that their lengths are those
that a callee would hear.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from audio.prompts import PromptMakingError
from dialer.config import Config
from dialer.core.dialog.inspection import Inspection, inspect_script
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script import Say, Script
from dialer.core.dialog.script_version import (
    PromptContent,
    ScriptContent,
    SpokenPrompt,
)
from dialer.core.dialog.wording import WordingFinding
from dialer.errors import PromptError
from dialer.files.said import Said
from dialer.files.wording import read_wording
from dialer.prompts.book import PromptBook, Words, kept_prompt
from dialer.prompts.callback import (
    KEYS,
    callback_content,
    inspect_callback_words,
    is_callback,
)

MOST_SOUND: Final = 100_000_000
"""Bytes of the sounds of one version: an hour and a half at 8 kHz."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What would be said. `seconds` are the lengths of the prompts that are everyone's, by key.

    `sounds` are their WAV files, by SHA-256 in hex.
    """

    content: ScriptContent
    seconds: Mapping[str, float]
    inspection: Inspection
    sounds: Mapping[str, bytes]


async def inspect_said(config: Config, said: Said) -> Inspected:
    """Make the prompts of files, and inspect every word. Raises PromptError, or InputError."""
    async with _made(config, said.source.script, said.source.folder) as book:
        seconds = _lengths(book)
        content, sounds = content_of(said, book.contents), book.sounds()
    if sum(map(len, sounds.values())) > MOST_SOUND:
        raise PromptError(f"its sounds take more than {MOST_SOUND // 1_000_000} MB in all")
    return Inspected(content, seconds, _inspect(config, content, seconds), sounds)


async def inspect_callback(config: Config) -> Inspected:
    """The same of what people hear who call back. Raises PromptError, or InputError."""
    said = Words(config.callback.language, config.callback.utterances(config.operator.name))
    async with _made(config, said, Path()) as book:
        content, sounds = callback_content(config, book.contents), book.sounds()
        seconds = {KEYS[key]: length for key, length in _lengths(book).items()}
    return Inspected(content, seconds, _inspect(config, content, seconds), sounds)


async def inspect_kept(
    config: Config, kept: KeptVersion, sounds: Mapping[str, bytes]
) -> Inspection:
    """Inspect a version that was submitted, by the lists of today and the `sounds` kept with it.

    What is spoken is made anew: a sound that comes out the same is proved by that, and any other is
    for an ear to judge. Raises PromptError, InputError, and ValueError where another version of
    dialer made it.
    """
    content = kept.read()
    spoken = {
        key: Say(prompt.text)
        for key, prompt in content.prompts.items()
        if isinstance(prompt, SpokenPrompt)
    }
    async with _made(config, Words(content.script.language, spoken), Path()) as book:
        proved = {key: made.sound for key, made in book.contents.items()}
    seconds, found = {}, []
    for key, prompt in content.prompts.items():
        if prompt.sound is None:
            continue
        try:
            seconds[key] = kept_prompt(key, prompt.sound, sounds, config.sip.rate).seconds
        except PromptMakingError as error:
            instead = "submit it anew, from its files"
            found.append(WordingFinding(key, 0, 0, "prompt.sound", "", str(error), instead))
    made = _inspect(config, content, seconds)
    by_ear = tuple(
        key
        for key, prompt in content.prompts.items()
        if prompt.sound is not None and proved.get(key) != prompt.sound
    )
    return replace(made, findings=(*made.findings, *found), by_ear=by_ear)


@asynccontextmanager
async def _made(config: Config, words: Script | Words, folder: Path) -> AsyncIterator[PromptBook]:
    """The prompts, made; one that is too long is for the inspection to tell."""
    with tempfile.TemporaryDirectory(prefix="veridial-prompts-") as cache:
        book = PromptBook(words, folder, Path(cache), config.sip.rate, identity_at_most=math.inf)
        try:
            await book.make()
            yield book
        finally:
            book.close()


def content_of(said: Said, prompts: Mapping[str, PromptContent]) -> ScriptContent:
    """What is approved together, where these prompts were made of `said`."""
    return ScriptContent(said.source.script, said.purpose, said.industry, prompts)


def _lengths(book: PromptBook) -> dict[str, float]:
    return {key: prompt.seconds for key, prompt in book.static.items()}


def _inspect(config: Config, content: ScriptContent, seconds: Mapping[str, float]) -> Inspection:
    book = read_wording(config.compliance.wording_lists)
    if is_callback(content):
        return inspect_callback_words(content, book, (config.operator.name,), seconds)
    within = config.compliance.notice_within
    return inspect_script(content, book, (config.operator.name,), seconds, within)
