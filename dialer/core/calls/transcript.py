"""What was said on a call, line by line: by us as it was approved, by the callee as it was heard.

Times are seconds from the answer. A transcript is made while the call lives and never changed after
its end. Of our own words only those count that the bridge has said it played. What the callee says
is written down only where it may be recorded, and so that it can be taken back: of the rest it is
written that something was said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from audio.events import (
    AudioEvent,
    DtmfReceived,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    WordsHeard,
)

MOST_LINES: Final = 400
"""Of one call: three times as many as the longest script that anybody wrote has."""
MOST_SIGNS: Final = 2_000
"""Of one line."""

_pack: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Speaker(Enum):
    """Whose line it is."""

    DIALER = "dialer"
    CALLEE = "callee"


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One prompt of ours, one turn of the callee's, or one key."""

    at: float
    speaker: Speaker
    words: str
    """What was said, ours as it was approved, with its braces; nothing of a key, nor of what may
    not be kept."""
    key: str = ""
    """Of a prompt its name in the script (`nodes.offer`), of a key the digit."""
    whole: bool = True
    """Whether a prompt was heard to its end."""


class Transcript:
    """Takes down one call. `words_of` gives the words of a prompt by its name in the script."""

    def __init__(self, words_of: Callable[[str], str]) -> None:
        self._words_of = words_of
        self._answered_at: float | None = None
        self._lists: dict[int, tuple[str, ...]] = {}
        self._lines: list[SpokenLine] = []
        self._saying: int | None = None
        """The place of the prompt that is being played."""
        self.keeps_words_from: float | None = None
        """Since when the callee has known that what is said is kept; None: it is not."""

    @property
    def lines(self) -> tuple[SpokenLine, ...]:
        """In the order in which they began."""
        return tuple(sorted(self._lines, key=lambda line: line.at))

    def answered(self, at: float) -> None:
        """The instant that every time is counted from."""
        self._answered_at = at

    def plays(self, play_id: int, keys: Sequence[str]) -> None:
        """We want these played, one after the other."""
        self._lists[play_id] = tuple(keys)

    def erase_words(self) -> None:
        """The callee does not want to be recorded: nothing that was said stays."""
        self._lines = [
            replace(line, words="") if line.speaker is Speaker.CALLEE else line
            for line in self._lines
        ]

    def heard(self, event: AudioEvent) -> None:
        """One event of the call's sound."""
        match event:
            case PlaybackStarted(play_id=play_id):
                self._say(play_id, 0, event.at)
            case ItemPlayed(play_id=play_id, item=item):
                self._said(whole=True)
                self._say(play_id, item + 1, event.at)
            case PlaybackDone(completed=completed):
                self._said(whole=completed)
            case WordsHeard(final=True, text=text) if text.strip():
                told = self.keeps_words_from is not None and self.keeps_words_from <= event.onset
                words = text.strip() if told else ""
                self._add(SpokenLine(self._since(event.onset), Speaker.CALLEE, words))
            case DtmfReceived(digit=digit):
                self._add(SpokenLine(self._since(event.at), Speaker.CALLEE, "", digit))
            case _:
                pass

    def _say(self, play_id: int, item: int, at: float) -> None:
        keys = self._lists.get(play_id, ())
        if item < len(keys):
            self._saying = len(self._lines)
            words = self._words_of(keys[item])
            line = SpokenLine(self._since(at), Speaker.DIALER, words, keys[item], whole=False)
            if not self._add(line):
                self._saying = None

    def _said(self, *, whole: bool) -> None:
        if self._saying is not None:
            self._lines[self._saying] = replace(self._lines[self._saying], whole=whole)
            self._saying = None

    def _since(self, at: float) -> float:
        """The opening may be told of before the answer is: it begins with it."""
        return 0.0 if self._answered_at is None else max(0.0, round(at - self._answered_at, 2))

    def _add(self, line: SpokenLine) -> bool:
        if len(self._lines) >= MOST_LINES:
            return False
        self._lines.append(replace(line, words=line.words[:MOST_SIGNS]))
        return True


def packed(lines: Sequence[SpokenLine]) -> str:
    """As it is sealed; empty for no lines."""
    if not lines:
        return ""
    return _pack(
        [[line.at, line.speaker.value, line.words, line.key, line.whole] for line in lines]
    )


def unpacked(text: str) -> tuple[SpokenLine, ...]:
    """The lines of `packed`."""
    return tuple(
        SpokenLine(at, Speaker(speaker), words, key, whole)
        for at, speaker, words, key, whole in (json.loads(text) if text else ())
    )
