"""The identity notice: within 3 s of the answer, that it is a robot that speaks, and whose.

Checked when the script is approved; `notice_watch` measures it on each call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from dialer.core.dialog.notice_watch import IDENTITY, SPOKEN_BY
from dialer.core.dialog.spelling import fold, signs_of
from dialer.core.dialog.wording import (
    RobotWords,
    WordingFinding,
    innocent_spans,
    is_within,
    shown,
    spans_of,
)

START_ALLOWANCE: Final = 0.1
"""Seconds of these that are left for its start: the first packet leaves 60 ms after the answer."""

LONGEST: Final = SPOKEN_BY - START_ALLOWANCE
"""Seconds that the notice may take."""


def inspect_identity(
    words: str, language: str, operator: Sequence[str], lists: Sequence[RobotWords]
) -> list[WordingFinding]:
    """What the notice fails to say, in `language`, a language tag, of `operator`, by its names.

    The word for a robot must be one of the language's own; one within the operator's name does not
    count. Raises ValueError where `operator` is empty.
    """
    if not any(signs_of(name) for name in operator):
        raise ValueError("the operator has no name")
    found = list(_variables(words))
    text = fold(words)
    names = spans_of(text, operator)
    if not names:
        found.append(
            _finding(
                "notice.operator",
                words,
                "the callee must hear who is calling, and this names nobody who is answerable",
                f"name the operator as its configuration does: {operator[0]}",
            )
        )
    found += _robot(words, language, names, lists)
    return sorted(found)


def inspect_robot(
    words: str, language: str, operator: Sequence[str], lists: Sequence[RobotWords], node: str
) -> list[WordingFinding]:
    """Whether the words at `node` say that it is a robot that speaks, as the notice must."""
    found = _robot(words, language, spans_of(fold(words), operator), lists)
    return [replace(finding, node=node) for finding in found]


def inspect_length(seconds: float | None, within: float = SPOKEN_BY) -> list[WordingFinding]:
    """Whether a notice of so many seconds, None where it is not known, is spoken in time.

    It must have been said `within` so many seconds of the answer.
    """
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        why = "how long the notice takes is not known, so that nobody can say it is spoken in time"
        instead = "have the prompt made or recorded before the script is submitted"
        return [_finding("notice.length", "", why, instead)]
    longest = within - START_ALLOWANCE
    if seconds <= longest:
        return []
    why = (
        f"it takes {_tenths(seconds)} s, but who is calling must have been said {within:g} s "
        f"after the answer"
    )
    return [_finding("notice.length", "", why, f"make it {longest:.1f} s at most")]


def _tenths(seconds: float) -> str:
    """Rounded up: 2.91 s are not told as 2.9 s, which would be allowed."""
    return f"{math.ceil(seconds * 10) / 10:.1f}"


def _variables(words: str) -> Iterator[WordingFinding]:
    if "{" not in words.replace("{{", ""):
        return
    yield _finding(
        "notice.variable",
        words,
        "it is filled anew for each contact, so that neither its words nor its length can be "
        "approved",
        "say the notice without {variables}; greet by name in the purpose",
    )


def _robot(
    words: str, language: str, names: Sequence[tuple[int, int]], lists: Sequence[RobotWords]
) -> Iterator[WordingFinding]:
    primary = language.partition("-")[0].casefold()
    mine = [each for each in lists if primary in each.languages]
    if not mine:
        yield _finding(
            "notice.language",
            words,
            f"no list says by which words a listener of {language} knows a robot",
            "add robot_words of this language to a list of your own",
        )
        return
    text = fold(words)
    for each in mine:
        innocent = [*names, *innocent_spans(text, each.unless)]
        if any(not is_within(span, innocent) for span in spans_of(text, each.words)):
            return
    yield _finding(mine[0].id, words, mine[0].why, mine[0].instead)


def _finding(rule: str, words: str, why: str, instead: str) -> WordingFinding:
    return WordingFinding(IDENTITY, 0, len(words), rule, shown(words), why, instead)
