"""Text as it is compared with lists of phrases: by what is heard, however it is written.

What a voice does not speak, or speaks the same, makes no difference: case, width, ligatures,
accents, invisible characters, letters of another alphabet that look alike, and whatever is put
between letters. Sentence ends and commas do part words, for a voice pauses there; only where they
stand around a single sign (`保。本`, `n.o r.i.s.k`) are they taken for the trick that they are.

English words are found as whole words. Chinese has no spaces, so that a phrase is found anywhere;
longer phrases in which it is innocent are listed beside it. `<percent>` in a phrase stands for any
percentage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Final


class Gap(IntEnum):
    """What stands before a sign; the widest where several do."""

    NONE = 0
    SPACE = 1
    """A space, or any mark that is not spoken."""
    COMMA = 2
    STOP = 3
    """The end of a sentence, or of the text."""


_STOPS: Final = frozenset(".!?;:。")
_COMMAS: Final = frozenset(",、")
_SPOKEN_MARKS: Final = frozenset("%‰")
_UNSEEN_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Hangul fillers: letters by their category, and blank."""
PERCENT: Final = "<percent>"
_PERCENTAGE: Final = (
    "(?:[0-9]+%|[0-9]{0,3}[a-z]{0,12}percent|百分之[零一二三四五六七八九十百点點两兩]+"
    "|[零一二三四五六七八九十百两兩]+[个個]?[点點])"
)
"""How a percentage is written, in signs."""
_BRACES: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
"""Variables; and braces that are meant as such, which are doubled."""

# Letters of other alphabets that look like Latin ones, as escapes, for nobody could tell them apart
# here. Cf. Unicode Technical Standard 39.
_CAPITALS_ALIKE: Final = {
    "b": "\u0412\u0392",
    "h": "\u041d\u0397",
    "m": "\u039c",
    "n": "\u039d",
    "p": "\u03a1",
    "t": "\u03a4",
    "x": "\u03a7",
    "y": "\u03a5",
    "z": "\u0396",
}
"""Asked before case folding: their small letters look otherwise."""
_ALIKE: Final = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u0185",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\u03b5",
    "g": "\u0261",
    "h": "\u04bb",
    "i": "\u0456\u03b9\u0131",
    "j": "\u0458\u03f3",
    "k": "\u043a\u03ba",
    "l": "\u04cf",
    "m": "\u043c",
    "o": "\u043e\u03bf",
    "p": "\u0440\u03c1",
    "q": "\u051b",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u03c5",
    "v": "\u03bd",
    "w": "\u051d",
    "x": "\u0445\u03c7",
    "y": "\u0443",
}


def _turned(alike: Mapping[str, str]) -> Mapping[str, str]:
    return {strange: plain for plain, those in alike.items() for strange in those}


_TO_LATIN_CAPITAL: Final = _turned(_CAPITALS_ALIKE)
_TO_LATIN: Final = _turned(_ALIKE)


@dataclass(frozen=True)
class Folded:
    """A text as it is compared.

    `signs` are its letters, digits and spoken marks, folded; `gaps[i]` is what stands before sign
    `i`, and the last of them ends the text. `places[i]` is the span of the text it came from.
    """

    signs: str
    gaps: tuple[Gap, ...]
    places: tuple[tuple[int, int], ...]

    @cached_property
    def alone(self) -> tuple[bool, ...]:
        """For each sign, whether it stands alone between two gaps."""
        last = len(self.signs)
        return tuple(
            self.gaps[at] is not Gap.NONE and (at + 1 == last or self.gaps[at + 1] is not Gap.NONE)
            for at in range(last)
        )

    def find(self, phrase: str, *, as_written: bool = False) -> Iterator[tuple[int, int]]:
        """Where `phrase` stands, however it is spelt: spans of signs, from the left.

        `as_written` takes nothing for a trick: no comma and no stop may be within.
        """
        pattern, own = _pattern(phrase), _own_gaps(phrase)
        found = None if pattern is None else pattern.search(self.signs)
        while found is not None:
            start, end = found.span()
            if self._is_whole(start, end) and self._is_together(
                start, end, own, as_written=as_written
            ):
                yield start, end
            found = found.re.search(self.signs, start + 1)

    def candidates(self, phrases: tuple[str, ...]) -> Iterator[str]:
        """Those of `phrases` that can stand here: most are nowhere, and that is soon told."""
        signs = self.signs
        return (phrase for literal, phrase in _literals(phrases) if literal in signs)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text that a span of signs, not empty, came from."""
        return self.places[start][0], self.places[end - 1][1]

    def _is_whole(self, start: int, end: int) -> bool:
        return not (self._within_word(start) or self._within_word(end))

    def _within_word(self, at: int) -> bool:
        """Whether signs `at - 1` and `at` belong to one word of an alphabet."""
        return (
            0 < at < len(self.signs)
            and self.gaps[at] is Gap.NONE
            and _is_alphabetic(self.signs[at - 1])
            and _is_alphabetic(self.signs[at])
        )

    def _is_together(self, start: int, end: int, own: tuple[Gap, ...], *, as_written: bool) -> bool:
        """`own` are the phrase's gaps: a name may hold a colon, and then it is found with it."""
        return all(
            self.gaps[at] < Gap.COMMA
            or (at - start < len(own) and self.gaps[at] <= own[at - start])
            or (not as_written and (self.alone[at - 1] or self.alone[at]))
            for at in range(start + 1, end)
        )


def fold(text: str, *, template: bool = True) -> Folded:
    """`text` as it is compared. In a template, `{name}` may be filled with nothing: it is a gap."""
    signs: list[str] = []
    gaps: list[Gap] = []
    places: list[tuple[int, int]] = []
    gap, spaced = Gap.STOP, True
    for at, written in enumerate(_without_variables(text) if template else text):
        for sign in _spoken(written):
            if not _is_sign(sign):
                gap = max(gap, _gap(sign))
                spaced = spaced or sign.isspace()
                continue
            if not spaced and _is_alphabetic(sign) and _is_alphabetic(signs[-1]):
                # `no.risk`: no sentence ends so.
                gap = min(gap, Gap.SPACE)
            signs.append(sign)
            gaps.append(gap)
            places.append((at, at + 1))
            gap, spaced = Gap.NONE, False
    return Folded("".join(signs), (*gaps, Gap.STOP), tuple(places))


def signs_of(phrase: str) -> str:
    """What is left of a phrase when it is compared."""
    return fold(phrase.replace(PERCENT, ""), template=False).signs


@lru_cache(maxsize=8192)
def _pattern(phrase: str) -> re.Pattern[str] | None:
    """What finds `phrase` among signs; None where nothing is left of it, for that is nowhere."""
    parts = [re.escape(signs_of(part)) for part in phrase.split(PERCENT)]
    return re.compile(_PERCENTAGE.join(parts)) if any(parts) else None


@lru_cache(maxsize=8192)
def _own_gaps(phrase: str) -> tuple[Gap, ...]:
    """What stands before each sign of `phrase`; nothing where it can have several lengths."""
    return () if PERCENT in phrase else fold(phrase, template=False).gaps[:-1]


@lru_cache(maxsize=1024)
def _literals(phrases: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each phrase, after signs that it cannot be found without."""
    return tuple((max(map(signs_of, each.split(PERCENT)), key=len), each) for each in phrases)


def _without_variables(text: str) -> str:
    """`text` with spaces where variables stand, each sign at its old place."""
    return _BRACES.sub(lambda found: " " * len(found[0]), text)


@lru_cache(maxsize=8192)
def _spoken(written: str) -> tuple[str, ...]:
    """What one character comes to; nothing where it is neither seen nor spoken."""
    return tuple(_signs_spoken(written))


def _signs_spoken(written: str) -> Iterator[str]:
    for part in unicodedata.normalize("NFKD", written):
        plain = _TO_LATIN_CAPITAL.get(part) or part.casefold()
        for sign in unicodedata.normalize("NFKD", plain):
            if unicodedata.category(sign) in {"Cf", "Mn", "Me"} or sign in _UNSEEN_LETTERS:
                continue
            yield _TO_LATIN.get(sign, sign)


@lru_cache(maxsize=8192)
def _is_sign(sign: str) -> bool:
    return sign in _SPOKEN_MARKS or unicodedata.category(sign)[0] in "LNM"


def _gap(sign: str) -> Gap:
    if sign in _STOPS:
        return Gap.STOP
    return Gap.COMMA if sign in _COMMAS else Gap.SPACE


@lru_cache(maxsize=8192)
def _is_alphabetic(sign: str) -> bool:
    """Whether words of this sign's script are parted by spaces; Chinese is wide, and is not."""
    return sign not in _SPOKEN_MARKS and unicodedata.east_asian_width(sign) not in {"W", "F"}
