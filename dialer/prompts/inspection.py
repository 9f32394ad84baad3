"""A script as it would be said: its version, and what stands in the way of approving it.

The prompts are really made, in a folder that is gone afterwards, so that their lengths are those
that a callee would hear.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dialer.config import Config
from dialer.core.dialog.inspection import Inspection, inspect_script
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script import Say, Script
from dialer.core.dialog.script_version import (
    PromptContent,
    ScriptContent,
    SpokenPrompt,
    canonical,
    content_hash,
)
from dialer.files.said import Said
from dialer.files.wording import read_wording
from dialer.prompts.book import PromptBook, Words


@dataclass(frozen=True, slots=True)
class Inspected:
    """What would be said. `seconds` are the lengths of the prompts that are everyone's, by key."""

    content: ScriptContent
    seconds: Mapping[str, float]
    inspection: Inspection


def version_of(said: Said, prompts: Mapping[str, PromptContent]) -> str:
    """The name of the version that these prompts, made of `said`, belong to."""
    return content_hash(canonical(_content(said, prompts)))


async def inspect_said(config: Config, said: Said) -> Inspected:
    """Make the prompts of files, and inspect every word. Raises PromptError, or InputError."""
    async with _made(config, said.source.script, said.source.folder) as book:
        seconds = _lengths(book)
        content = _content(said, book.contents)
    return Inspected(content, seconds, _inspect(config, content, seconds))


async def inspect_kept(config: Config, kept: KeptVersion) -> Inspection:
    """Inspect a version that was submitted, by the lists of today.

    What is spoken is made and measured anew. A recording is not at hand; its version names its very
    bytes, so that its length is what was measured then. Raises PromptError, InputError, and
    ValueError where another version of dialer made it.
    """
    content = kept.read()
    spoken = {
        key: Say(prompt.text)
        for key, prompt in content.prompts.items()
        if isinstance(prompt, SpokenPrompt)
    }
    async with _made(config, Words(content.script.language, spoken), Path()) as book:
        recorded = {key: kept.seconds[key] for key in kept.seconds.keys() - spoken.keys()}
        return _inspect(config, content, recorded | _lengths(book))


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


def _content(said: Said, prompts: Mapping[str, PromptContent]) -> ScriptContent:
    return ScriptContent(said.source.script, said.purpose, said.industry, prompts)


def _lengths(book: PromptBook) -> dict[str, float]:
    return {key: prompt.seconds for key, prompt in book.static.items()}


def _inspect(config: Config, content: ScriptContent, seconds: Mapping[str, float]) -> Inspection:
    book = read_wording(config.compliance.wording_lists)
    within = config.compliance.notice_within
    return inspect_script(content, book, (config.operator.name,), seconds, within)
