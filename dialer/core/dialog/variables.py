"""What a contact may have for a variable: short, on one line, no sentence of its own.

The words around a variable are approved; what fills it is not. So it may not end a sentence and
begin another, may not hide anything, and keeps to the pattern that was approved with the script.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MOST: Final = 200
"""Characters that any variable may have."""
USUAL: Final = 60
"""Characters that one may have of which the script says nothing."""

_LONGEST_PATTERN: Final = 200
_MOST_REPEATS: Final = 3
"""In a pattern: each multiplies the steps that a text may cost."""
_MARKS: Final = frozenset(
    ".!?;:\u3002\u0964\u0965\u061f\u06d4\u061b\u203d\u1362\u1367\u1368\u17d4\u17d5\u104b\u104a"
)
"""What ends a sentence, once compatibility forms are taken apart (an ellipsis is three stops)."""
_WITHIN_FIGURES: Final = frozenset(".:,")
_ESCAPES: Final = re.compile(r"\\.")
_CLASSES: Final = re.compile(r"\[\^?\]?[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a contact may have for a variable: at most so many characters, all of `pattern`."""

    at_most: int = USUAL
    pattern: str | None = None


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with a pattern; None where it is one, and quick for every text."""
    if len(pattern) > _LONGEST_PATTERN:
        return f"is longer than {_LONGEST_PATTERN} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no pattern: {error}"
    if re.search(r"\\[1-9]", pattern) or "(?" in pattern.replace("(?:", ""):
        return "may have no references, no looking ahead or behind and no options"
    bare = _CLASSES.sub("x", _ESCAPES.sub("x", pattern))
    if re.search(r"\)[*+{]", bare):
        return "may not repeat a group: write the characters in brackets, as in [A-Z0-9]+"
    if len(re.findall(r"[*+?]|\{\d*,\d*\}", bare.replace("(?:", "("))) > _MOST_REPEATS:
        return f"may have at most {_MOST_REPEATS} parts of varying length (* + ? {{a,b}})"
    return None


def value_fault(value: str, bounds: Bounds) -> str | None:
    """Why a contact's value may not be said, in words that do not repeat it; None where it may."""
    if len(value) > bounds.at_most:
        return (
            f"has {len(value)} characters; at most {bounds.at_most} are said (variables: at_most)"
        )
    plain = unicodedata.normalize("NFKD", value)
    for at, sign in enumerate(plain):
        if unicodedata.category(sign)[0] in "CZ" and sign != " ":
            return f"has U+{ord(sign):04X}, which is not seen and not said"
        if sign in _MARKS and not (sign in _WITHIN_FIGURES and _within_figures(plain, at)):
            return f"has {sign}, which ends a sentence: a variable is a part of one"
    if bounds.pattern is not None and re.fullmatch(bounds.pattern, value) is None:
        return "is not of the pattern that the script's variables: name"
    return None


def _within_figures(text: str, at: int) -> bool:
    return text[at - 1 : at].isdecimal() and text[at + 1 : at + 2].isdecimal()
