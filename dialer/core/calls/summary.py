"""A call in two sentences: the callee's own, chosen and never rewritten.

The two that say most: those with the most different words that are no fillers, the earlier first
where two say as much. Chinese is counted by its characters. Nothing is made up: whoever reads it
reads what was heard, and looks the rest up in the transcript.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from dialer.core.calls.transcript import Speaker, SpokenLine

SENTENCES: Final = 2

_END: Final = re.compile(r"(?<=[.!?;\u3002\uff01\uff1f\uff1b])\s*")
_WORD: Final = re.compile(r"[\u3400-\u9fff]|[^\W_]+(?:['\u2019][^\W_]+)*")
_ENGLISH: Final = """a an the and or but so well um uh er hm mm mhm oh ok okay yeah hello hi i you
it is to of in on that this"""
_SAYS_NOTHING: Final = frozenset({*_ENGLISH.split(), *"嗯哦啊呃喂那这个的了吧呢是"})


def summary(lines: Sequence[SpokenLine]) -> str:
    """What the callee said, in two sentences at most; empty where no words were heard."""
    said = [*_sentences(lines)]
    best = sorted(range(len(said)), key=lambda at: (-_weight(said[at]), at))[:SENTENCES]
    return " ".join(said[at] for at in sorted(best) if _weight(said[at]))


def _sentences(lines: Sequence[SpokenLine]) -> Iterator[str]:
    seen = set()
    for line in lines:
        if line.speaker is Speaker.CALLEE:
            for sentence in filter(None, (each.strip() for each in _END.split(line.words))):
                if (folded := sentence.casefold()) not in seen:
                    seen.add(folded)
                    yield sentence


def _weight(sentence: str) -> int:
    words = set(_WORD.findall(sentence.casefold()))
    return len(words - _SAYS_NOTHING)
