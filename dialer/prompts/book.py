"""Everything a script can say, as prompts: made once where they are the same for everyone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from audio.prompts import Prompt, PromptMakingError, read_recording, wav_bytes, wav_prompt
from audio.synthesis import SYNTHETIC_LABEL, Synthesiser
from dialer.core.dialog.notice import LONGEST, START_ALLOWANCE
from dialer.core.dialog.notice_watch import IDENTITY
from dialer.core.dialog.script import PlayFile, Say, Script, Utterance, fill, slots, utterances
from dialer.core.dialog.script_version import PromptContent, RecordedPrompt, SpokenPrompt
from dialer.errors import PromptError

Result = TypeVar("Result")
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
    for they hold personal data. An identity notice that takes longer than `identity_at_most`
    seconds is refused.
    """

    def __init__(
        self,
        script: Script | Words,
        folder: Path,
        cache: Path,
        rate: int,
        *,
        identity_at_most: float = LONGEST,
    ) -> None:
        self._folder = folder
        self._rate = rate
        self._language = script.language
        self._identity_at_most = identity_at_most
        self._synthesiser = Synthesiser(rate, cache)
        self._static: dict[str, Prompt] = {}
        self._contents: dict[str, PromptContent] = {}
        self._files: dict[str, bytes] = {}
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
            self._static[key] = await self._prompt(key, partial(self._make, key, said))
        progress(len(self._common), len(self._common))
        for key, said in self._personal.items():
            self._contents[key] = await self._in_thread(key, partial(self._spoken, said))

    async def for_contact(self, variables: Mapping[str, str]) -> Callable[[str], Prompt]:
        """The prompts of one contact, by key. Raises PromptError, which holds none of the words."""
        if not self._personal:
            return self._static.__getitem__
        own = dict(self._static)
        for key, said in self._personal.items():
            try:
                words = fill(said, variables, self._language)
            except ValueError as error:
                raise PromptError(f"prompt {key}: a variable {error}") from None
            own[key] = await self._prompt(key, partial(self._speak, words, keep=False))
        return own.__getitem__

    @property
    def static(self) -> Mapping[str, Prompt]:
        """The prompts that are the same for everyone, by key."""
        return self._static

    @property
    def contents(self) -> Mapping[str, PromptContent]:
        """What the prompts are that were made, as their approval names them, by key.

        A sound is known by the very bytes that are played.
        """
        return self._contents

    def sounds(self) -> dict[str, bytes]:
        """The WAV files of all that is the same for everyone, by their SHA-256 in hex."""
        return {
            sha256_of(data): data
            for data in (self._files.get(key) or _wav(made) for key, made in self._static.items())
        }

    def play_instead(
        self, contents: Mapping[str, PromptContent], sounds: Mapping[str, bytes]
    ) -> None:
        """Play the `sounds` that `contents` name, by digest, in place of those made here.

        Raises PromptError where one is missing, is another, or cannot be played.
        """
        for key, prompt in contents.items():
            if prompt.sound is None:
                continue
            try:
                made = kept_prompt(key, prompt.sound, sounds, self._rate)
            except PromptMakingError as error:
                raise PromptError(f"prompt {key}: {error}") from None
            self._static[key] = self._in_time(key, made)
            self._contents[key] = prompt
        self._files.clear()

    def close(self) -> None:
        """End the maker's thread."""
        self._maker.shutdown(cancel_futures=True)

    def _make(self, key: str, said: Utterance) -> Prompt:
        if isinstance(said, PlayFile):
            path = self._folder / said.path
            recording = read_recording(path)
            self._contents[key] = RecordedPrompt.of(recording, said.words)
            self._files[key] = recording
            return wav_prompt(recording, path, self._rate)
        made = self._speak(fill(said, {}, self._language), keep=True)
        self._contents[key] = replace(self._spoken(said), sound=sha256_of(_wav(made)))
        return made

    def _spoken(self, said: Say) -> SpokenPrompt:
        voice = self._synthesiser.voice(self._language)
        return SpokenPrompt(said.text, self._language, voice)

    def _speak(self, text: str, *, keep: bool) -> Prompt:
        return self._synthesiser.say(text, self._language, keep=keep)

    async def _prompt(self, key: str, make: Callable[[], Prompt]) -> Prompt:
        return self._in_time(key, await self._in_thread(key, make))

    def _in_time(self, key: str, prompt: Prompt) -> Prompt:
        if key == IDENTITY and prompt.seconds > self._identity_at_most:
            raise PromptError(
                f"prompt {key}: takes {prompt.seconds:.1f} s; who is calling must have been said "
                f"{self._identity_at_most + START_ALLOWANCE:g} s after the answer, so make it "
                f"{self._identity_at_most:.1f} s at most"
            )
        return prompt

    async def _in_thread(self, key: str, make: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._maker, make)
        except PromptMakingError as error:
            raise PromptError(f"prompt {key}: {error}") from None


def kept_prompt(key: str, sound: str, sounds: Mapping[str, bytes], rate: int) -> Prompt:
    """The prompt whose WAV file has the digest `sound`. Raises PromptMakingError."""
    data = sounds.get(sound)
    if data is None or sha256_of(data) != sound:
        raise PromptMakingError("its sound is not kept, or was changed since it was submitted")
    return wav_prompt(data, Path(key), rate)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _wav(prompt: Prompt) -> bytes:
    """What a synthesised prompt is kept as, labelled for what it is."""
    return wav_bytes(prompt.samples, prompt.rate, {"ICMT": SYNTHETIC_LABEL})


def _is_personal(said: Say) -> bool:
    """Whether the words name a variable of the contact."""
    return bool(slots(said))
