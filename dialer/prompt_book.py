"""Everything a script can say, as prompts: made once where they are the same for everyone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from audio.prompts import Prompt, PromptMakingError, read_wav
from audio.synthesis import Synthesiser
from dialer.core.script import PlayFile, Say, Script, Utterance, fill, utterances
from dialer.errors import PromptError

IDENTITY: Final = "disclosure.identity"
IDENTITY_AT_MOST: Final = 2.9
"""Seconds. Who is calling has been said 3 s after the answer; 0.1 s is left for its start."""

Progress = Callable[[int, int], None]
"""Told (prompts made, prompts in all) while the static prompts are made."""


@dataclass(frozen=True, slots=True)
class Words:
    """Utterances that belong to no script, by key."""

    language: str
    said: Mapping[str, Utterance]


class PromptBook:
    """The prompts of one script, or of other words.

    `folder` is what its `play:` paths are relative to, `cache` where spoken prompts are kept.
    Words with a contact's variables are spoken for that contact alone and kept in memory only,
    for they hold personal data.
    """

    def __init__(self, script: Script | Words, folder: Path, cache: Path, rate: int) -> None:
        self._folder = folder
        self._rate = rate
        self._language = script.language
        self._synthesiser = Synthesiser(rate, cache)
        self._static: dict[str, Prompt] = {}
        said = script.said if isinstance(script, Words) else utterances(script)
        self._personal: Final = {
            key: each for key, each in said.items() if isinstance(each, Say) and _is_personal(each)
        }
        self._common: Final = {key: each for key, each in said.items() if key not in self._personal}
        # One thread: espeak-ng takes some 10 ms of a core a prompt, and the calls need the rest.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="prompts")

    async def make(self, progress: Progress = lambda _made, _of: None) -> None:
        """Make all that is the same for everyone. Raises PromptError saying which cannot be."""
        for made, (key, said) in enumerate(self._common.items()):
            progress(made, len(self._common))
            self._static[key] = await self._in_thread(key, partial(self._make, said))
        progress(len(self._common), len(self._common))

    async def for_contact(self, variables: Mapping[str, str]) -> Callable[[str], Prompt]:
        """The prompts of one contact, by key. Raises PromptError, which holds none of the words."""
        if not self._personal:
            return self._static.__getitem__
        own = dict(self._static)
        for key, said in self._personal.items():
            speak = partial(self._speak, fill(said, variables), keep=False)
            own[key] = await self._in_thread(key, speak)
        return own.__getitem__

    @property
    def static(self) -> Mapping[str, Prompt]:
        """The prompts that are the same for everyone, by key."""
        return self._static

    def close(self) -> None:
        """End the maker's thread."""
        self._maker.shutdown(cancel_futures=True)

    def _make(self, said: Utterance) -> Prompt:
        if isinstance(said, PlayFile):
            return read_wav(self._folder / said.path, self._rate)
        return self._speak(fill(said, {}), keep=True)

    def _speak(self, text: str, *, keep: bool) -> Prompt:
        return self._synthesiser.say(text, self._language, keep=keep)

    async def _in_thread(self, key: str, make: Callable[[], Prompt]) -> Prompt:
        loop = asyncio.get_running_loop()
        try:
            prompt = await loop.run_in_executor(self._maker, make)
        except PromptMakingError as error:
            raise PromptError(f"prompt {key}: {error}") from None
        if key == IDENTITY and prompt.seconds > IDENTITY_AT_MOST:
            raise PromptError(
                f"prompt {key}: takes {prompt.seconds:.1f} s; who is calling must have been said "
                f"3 s after the answer, so make it {IDENTITY_AT_MOST} s at most"
            )
        return prompt


def _is_personal(said: Say) -> bool:
    """Whether the words name a variable of the contact."""
    try:
        fill(said, {})
    except KeyError:
        return True
    return False
