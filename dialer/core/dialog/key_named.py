"""Whether words name a key of the telephone: who is to press it must hear which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from dialer.core.dialog.spelling import fold
from dialer.core.dialog.wording import RobotWords, WordingFinding, shown, spans_of

KEY: Final = "<key>"

_ALONE: Final = re.compile(r"(?<![0-9])[0-9](?![0-9])")
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "0": ("0", "zero", "零", "\u3007"),
    "1": ("1", "one", "一", "壹", "幺"),
    "2": ("2", "two", "二", "两", "兩"),
    "3": ("3", "three", "三"),
    "4": ("4", "four", "四"),
    "5": ("5", "five", "五"),
    "6": ("6", "six", "六"),
    "7": ("7", "seven", "七"),
    "8": ("8", "eight", "八"),
    "9": ("9", "nine", "九"),
}
"""How a key is said; others have no name that every list could be asked for."""


def inspect_key(
    where: str, words: str, key: str, language: str, lists: Sequence[RobotWords]
) -> list[WordingFinding]:
    """A finding where `words`, said at `where` in `language`, do not name `key`.

    In a language that no list is for, the digit itself must stand there, alone.
    """
    if key not in _NAMES or not words.strip():
        return []
    mine = [each for each in lists if language.partition("-")[0].casefold() in each.languages]
    text = fold(words)
    if not mine:
        if any(found[0] == key for found in _ALONE.finditer(text.signs)):
            return []
        why = f"who is to press key {key} must hear so, and these words do not say {key}"
        return [WordingFinding(where, 0, len(words), "notice.key", shown(words), why, f"say {key}")]
    phrases = [
        phrase.replace(KEY, name) for each in mine for phrase in each.words for name in _NAMES[key]
    ]
    if spans_of(text, phrases):
        return []
    first = mine[0]
    return [
        WordingFinding(
            where, 0, len(words), first.id, shown(words), f"{first.why} (key {key})", first.instead
        )
    ]
