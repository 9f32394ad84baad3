"""Text spoken by espeak-ng, once, and kept on disk under the hash of what was said and how."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import wave
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.format import Samples
from audio.programs import ProgramError, program
from audio.prompts import Prompt, PromptMakingError, freeze, read_wav, write_wav
from audio.resample import resample

SYNTHETIC_LABEL: Final = "synthetic voice"
"""In the metadata of every file made here, as China's labelling measures of 2025 want it."""

_MAKING: Final = 1
"""Part of the hash: raise it when the making below changes, and all prompts are made anew."""
_INSTEAD: Final = {"cmn": "cmn-latn-pinyin"}
"""`cmn` says each tone as an English number, and Latin letters as English ones."""
_CHINESE: Final = frozenset({"zh", "cmn", "yue", "hak", "nan"})
_HANZI: Final = "您好，这里是银行的机器人。如不希望再接到来电，请按一。"  # noqa: RUF001 - Chinese commas
"""What any Chinese voice must be able to read."""
_WORDS_A_MINUTE: Final = 175
_LONGEST_TEXT: Final = 4000
_LEVEL_DB: Final = -20.0
"""RMS of the speech, dB of full scale: G.711 leaves 16 dB above it for the peaks."""
_PEAK_DB: Final = -1.5
_SILENT_DB: Final = -45.0
"""Below the loudest sample by so much, a leading or trailing sound counts as silence."""
_FADE_SECONDS: Final = 0.002
_PAUSE_SECONDS: Final = 0.15
"""After the last word, so that the next prompt of a playlist does not run into it."""


class Synthesiser:
    """Speaks at `rate` Hz. `say` blocks for some 10 ms to `timeout` s: call it in an executor."""

    def __init__(self, rate: int, cache: Path, timeout: float = 20.0) -> None:
        self._rate = rate
        self._cache = cache
        self._timeout = timeout
        self._heard: dict[str, bool] = {}

    def say(self, text: str, language: str = "en", *, keep: bool = True) -> Prompt:
        """`text` in the voice of `language` (en, en-GB, zh-CN...), starting with its first sound.

        `keep=False` leaves no trace on disk: for text that holds a contact's data. The prompt's
        name is a hash in either case. Raises PromptMakingError.
        """
        voice = self.voice(language)
        spoken = " ".join(text.split()).replace("[[", "[ [")  # espeak-ng's phoneme brackets
        if not spoken:
            raise PromptMakingError("say: there is no text to be spoken")
        if len(spoken) > _LONGEST_TEXT:
            raise PromptMakingError(
                f"say: {len(spoken)} characters are too many for a prompt; {_LONGEST_TEXT} is most"
            )
        key = json.dumps([_MAKING, self._version, voice, _WORDS_A_MINUTE, self._rate, spoken])
        digest = hashlib.sha256(key.encode()).hexdigest()
        name = f"say-{digest[:12]}"
        path = self._cache / f"{digest}.wav"
        if keep and path.exists():
            try:
                return Prompt(name, read_wav(path, self._rate).samples, self._rate)
            except PromptMakingError:
                pass  # damaged by something else: made again, and replaced
        samples = self._speak(spoken, voice)
        if keep:
            try:
                self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_wav(
                    path,
                    samples,
                    self._rate,
                    {"ICMT": SYNTHETIC_LABEL, "ISFT": f"espeak-ng {self._version}, voice {voice}"},
                )
            except OSError as error:
                raise PromptMakingError(
                    f"{self._cache}: the prompt cannot be kept: {error.strerror}"
                ) from error
        return Prompt(name, samples, self._rate)

    def voice(self, language: str) -> str:
        """espeak-ng's voice for a BCP 47 tag: the tag's own, or that of its leading part.

        Raises PromptMakingError where there is none, or no espeak-ng.
        """
        wanted = language.strip().lower().replace("_", "-")
        parts = wanted.split("-")
        for length in range(len(parts), 0, -1):
            voice = self._voices.get("-".join(parts[:length]))
            if voice is not None:
                voice = _INSTEAD.get(voice, voice)
                if parts[0] in _CHINESE:
                    self._refuse_foreign(voice)
                return voice
        raise PromptMakingError(f"espeak-ng has no voice for language {language!r}")

    def phonemes(self, text: str, voice: str) -> str:
        """How `voice` speaks `text`, in espeak-ng's letters; `(en)` where it turns to English."""
        return self._run("-v", voice, "-q", "-x", "--stdin", text=text).decode(errors="replace")

    def _refuse_foreign(self, voice: str) -> None:
        """A voice that speaks Chinese by English names of its signs is understood by nobody."""
        if voice not in self._heard:
            try:
                self._heard[voice] = "(en)" not in self.phonemes(_HANZI, voice)
            except PromptMakingError:
                self._heard[voice] = False
        if not self._heard[voice]:
            raise PromptMakingError(
                f"this espeak-ng ({self._version}) reads Chinese as English by its voice {voice}; "
                "it needs the voice cmn-latn-pinyin (Debian 12 has it), or recordings (play:)"
            )

    @cached_property
    def _program(self) -> str:
        try:
            return str(program("espeak-ng", "espeak-ng"))
        except ProgramError as error:
            raise PromptMakingError(f"say: {error}") from None

    @cached_property
    def _version(self) -> str:
        found = re.search(r"[0-9]+(\.[0-9]+)+", self._run("--version").decode(errors="replace"))
        return found.group() if found else "unknown"

    @cached_property
    def _voices(self) -> dict[str, str]:
        """Language tag, lower case -> voice: the one that espeak-ng itself ranks first for it."""
        ranked: list[tuple[int, str, str]] = []
        for line in self._run("--voices").decode(errors="replace").splitlines()[1:]:
            columns = line.split()
            if len(columns) < 5:
                continue
            rank, voice = int(columns[0]), columns[1]
            ranked.append((rank, voice.lower(), voice))
            # Other languages it serves, with its rank among the voices that do: "(en 2)".
            others = re.findall(r"\(([\w-]+) (\d+)\)", line)
            ranked += [(int(rank), tag.lower(), voice) for tag, rank in others]
        voices: dict[str, str] = {}
        for _, tag, voice in sorted(ranked):
            voices.setdefault(tag, voice)
        return voices

    def _speak(self, text: str, voice: str) -> Samples:
        # By stdin: a command line can be read by every user of the machine.
        data = self._run(
            "-v", voice, "-s", str(_WORDS_A_MINUTE), "-b", "1", "--stdin", "--stdout", text=text
        )
        try:
            with wave.open(io.BytesIO(data)) as sound:
                if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
                    raise PromptMakingError("espeak-ng gave sound that is not mono, 16 bit")
                rate = sound.getframerate()
                # Written to a pipe, the header holds no true length: all there is, is asked for.
                raw = sound.readframes(len(data))
        except (wave.Error, EOFError) as error:
            raise PromptMakingError(f"espeak-ng gave no sound: {error}") from error
        heard = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float64)
        return freeze(_finish(resample(heard, rate, self._rate), self._rate))

    def _run(self, *arguments: str, text: str | None = None) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603  arguments are our own; the text goes to stdin
                [self._program, *arguments],
                input=(text or "").encode(),
                capture_output=True,
                timeout=self._timeout,
                check=False,
                # Voices come from where they were installed, not from a variable or a home.
                env={"LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired as error:
            raise PromptMakingError(f"espeak-ng took over {self._timeout:g} s") from error
        except OSError as error:
            raise PromptMakingError(f"espeak-ng cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            what = done.stderr.decode(errors="replace").strip().splitlines()
            raise PromptMakingError(
                f"espeak-ng failed: {what[-1] if what else f'exit status {done.returncode}'}"
            )
        return done.stdout


def _finish(samples: NDArray[np.float64], rate: int) -> Samples:
    """Trimmed to the sound, faded at its ends, at the usual level, with a pause after it."""
    loudest = float(np.abs(samples).max(initial=0.0))
    if loudest < 1.0:
        raise PromptMakingError("say: the text has no sound in this voice")
    sound = np.flatnonzero(np.abs(samples) > loudest * 10 ** (_SILENT_DB / 20))
    samples = samples[sound[0] : sound[-1] + 1].copy()
    fade = min(int(_FADE_SECONDS * rate), len(samples) // 2)
    ramp = np.arange(1, fade + 1) / (fade + 1)
    samples[:fade] *= ramp
    samples[len(samples) - fade :] *= ramp[::-1]
    level = float(np.sqrt(np.mean(samples**2)))
    gain = min(
        32767 * 10 ** (_LEVEL_DB / 20) / level,
        32767 * 10 ** (_PEAK_DB / 20) / float(np.abs(samples).max()),
    )
    pause = np.zeros(int(_PAUSE_SECONDS * rate))
    return np.round(np.concatenate([samples * gain, pause])).astype(np.int16)
