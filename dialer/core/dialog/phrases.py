"""Phrases that are looked for in what was said, and how they are written.

A phrase is slots with spaces between. `a|b` is either; `_` stands for a space within one; a `?`
before a slot lets it be missing; `~` is up to three words, or five Chinese signs; `%` goes over
the ends of clauses too; `^` and `$` are the start and the end of a clause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from dialer.core.dialog.heard_text import heard
from dialer.core.dialog.meaning import Meaning

Span = tuple[int, int]

_GAPS: Final = {
    "~": "(?:(?:[\u3400-\u9fff] ){0,5}|(?:[^ ,?]+ ){0,3})",
    "%": "(?:[^ ]+ ){0,5}",
    "^": "(?<=[,?] )",
    "$": "(?=[,?] )",
}
_START: Final = "(?:(?<= )|^)"


def pattern_of(phrase: str) -> re.Pattern[str]:
    """What finds `phrase` in a text of `heard`."""
    slots = phrase.split()
    while slots[-1] in {"~", "%"}:
        slots.pop()  # at the end it would only hide what follows
    return re.compile(_START + "".join(map(_slot, slots)))


@lru_cache(maxsize=4096)
def plain_pattern(words: str) -> re.Pattern[str] | None:
    """What finds `words`, as an author wrote them; None where nothing of them is ever heard.

    One Chinese sign is found only as a whole clause: within words it means anything.
    """
    tokens = heard(words).strip(" ,?")
    if not tokens:
        return None
    if len(tokens) == 1 and tokens > "\u3400":
        return re.compile(rf"(?<=[,?] )(?:{tokens} )+(?=[,?] )")
    return re.compile(_START + re.escape(f"{tokens} "))


def lists(texts: Mapping[Meaning, str], **slots: str) -> Mapping[Meaning, tuple[str, ...]]:
    """A phrase on each line of `texts`; `<name>` stands for the slot of that name."""
    found = {}
    for meaning, written in texts.items():
        text = written
        for name, slot in slots.items():
            text = text.replace(f"<{name}>", slot)
        found[meaning] = tuple(line.strip() for line in text.splitlines() if line.strip())
    return found


def _slot(slot: str) -> str:
    if slot in _GAPS:
        return _GAPS[slot]
    optional = len(slot) > 1 and slot.startswith("?")
    ways = {heard(way.replace("_", " ")).strip(" ,?") for way in slot.lstrip("?").split("|")}
    # The longest first: what is found hides what is shorter.
    longest = sorted(ways, key=lambda way: (-len(way), way))
    either = "|".join(re.escape(f"{way} ") for way in longest if way)
    return f"(?:{either}){'?' if optional else ''}" if either else ""
