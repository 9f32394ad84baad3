"""Words that a script may not say: banned phrases, and claims to be a person.

What is banned is data (`WordingBook`, read from lists by `dialer.files.wording`); here is how it is
looked for. A finding is a value that a compliance officer can read without seeing the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dialer.core.dialog.spelling import Folded, Gap, fold

GENERAL: Final = "general"
"""The lists that hold for every industry."""

REACH: Final = 60
"""Signs between the opening of a claim and its role; in more, the two have nothing to do."""


@dataclass(frozen=True, slots=True, order=True)
class WordingFinding:
    """One thing that stands in the way of approval.

    `rule` is the entry's name; `node` is the key of the words in `script.utterances`, empty where
    the script as a whole is meant; `start` and `end` bound the excerpt in these words.
    """

    node: str
    start: int
    end: int
    rule: str
    excerpt: str
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Phrases that are not said. One that stands within a phrase of `unless` is innocent."""

    id: str
    language: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...]
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A role that nobody may claim for a robot: an opening (`I am`), and the role after it.

    It is no claim where a phrase of `turned_by` stands between the two (`I am calling to`), nor
    where the same clause says outright that it is a robot, by a phrase of `cleared_by`; but that
    does not clear roles that only `people` have. A claim goes over a comma only where what follows
    is a phrase of `joins` (`I am Ann, your agent`).
    """

    id: str
    language: str
    openings: tuple[str, ...]
    roles: tuple[str, ...]
    people: tuple[str, ...]
    unless: tuple[str, ...]
    turned_by: tuple[str, ...]
    cleared_by: tuple[str, ...]
    joins: tuple[str, ...]
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class RobotWords:
    """Words by which a listener of these languages knows that it is a machine that speaks."""

    id: str
    languages: tuple[str, ...]
    words: tuple[str, ...]
    unless: tuple[str, ...]
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class WordingBook:
    """All lists together, bans by the industry that they are for."""

    bans: Mapping[str, tuple[Ban, ...]]
    claims: tuple[Claim, ...]
    robot_words: tuple[RobotWords, ...]
    key_words: tuple[RobotWords, ...] = ()
    """How a key is named; `<key>` in a phrase stands for the key."""

    def bans_for(self, industry: str | None) -> tuple[Ban, ...]:
        """The bans of one industry and the general ones; all there are where it is not known.

        Raises ValueError for an industry that no list is for.
        """
        if industry is not None and industry not in self.bans:
            raise ValueError(
                f"no list is for industry {industry!r}: {', '.join(sorted(self.bans))}"
            )
        return tuple(
            ban
            for name, bans in self.bans.items()
            for ban in bans
            if industry is None or name in {industry, GENERAL}
        )


def inspect_words(
    book: WordingBook,
    industry: str | None,
    words: str,
    *,
    operator: Sequence[str] = (),
    node: str = "",
    template: bool = True,
) -> list[WordingFinding]:
    """Everything in `words` that may not be said, from left to right.

    `words` are a script's, with its `{variables}`; or, without `template`, a transcript of what was
    said. A role within a name of the `operator` is none, nor does such a name tell that a robot
    speaks. Raises ValueError for an industry that no list is for.
    """
    text = fold(words, template=template)
    names = spans_of(text, operator)
    found: list[WordingFinding] = []
    for ban in book.bans_for(industry):
        spans = _longest(_banned(text, ban))
        found += [_finding(ban, words, text, span, node) for span in spans]
    for claim in book.claims:
        spans = _longest(_claimed(text, claim, names))
        found += [_finding(claim, words, text, span, node) for span in spans]
    return sorted(found)


def innocent_spans(text: Folded, phrases: Iterable[str]) -> list[tuple[int, int]]:
    """Where phrases of an `unless` stand, just as they are written."""
    return [span for phrase in phrases for span in text.find(phrase, as_written=True)]


def spans_of(text: Folded, phrases: Iterable[str]) -> list[tuple[int, int]]:
    """Where any of `phrases` stands, however it is spelt."""
    return [span for phrase in text.candidates(tuple(phrases)) for span in text.find(phrase)]


def is_within(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    """Whether one of `others` covers `span`."""
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _any_within(spans: Iterable[tuple[int, int]], whole: tuple[int, int]) -> bool:
    return any(is_within(span, [whole]) for span in spans)


def shown(words: str) -> str:
    """`words` with what cannot be seen made visible."""
    return "".join(sign if sign.isprintable() else f"<U+{ord(sign):04X}>" for sign in words)


def _banned(text: Folded, ban: Ban) -> list[tuple[int, int]]:
    spans = spans_of(text, ban.phrases)
    innocent = innocent_spans(text, ban.unless) if spans else []
    return [span for span in spans if not is_within(span, innocent)]


def _claimed(
    text: Folded, claim: Claim, names: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    openings = spans_of(text, claim.openings)
    if not openings:
        return
    innocent = [*innocent_spans(text, claim.unless), *names]
    joins = {start for start, _end in spans_of(text, claim.joins)}
    turns = spans_of(text, claim.turned_by)
    told = spans_of(text, claim.cleared_by)
    clears = [span for span in told if not is_within(span, names)]
    people = spans_of(text, claim.people)
    for role in {*spans_of(text, claim.roles), *people}:
        if is_within(role, innocent):
            continue
        clause = _clause_end(text, role[1])
        for start, opened in openings:
            between = (opened, role[0])
            if (
                _is_of_one_breath(text, *between, joins)
                and not _any_within(turns, between)
                and (role in people or not _any_within(clears, (opened, clause)))
            ):
                yield start, role[1]


def _is_of_one_breath(text: Folded, opened: int, role: int, joins: set[int]) -> bool:
    """Whether the role at `role` is still what the opening that ends at `opened` speaks of."""
    return opened <= role <= opened + REACH and all(
        text.gaps[at] < Gap.COMMA or (text.gaps[at] is Gap.COMMA and at in joins)
        for at in range(opened, role + 1)
    )


def _clause_end(text: Folded, start: int) -> int:
    return next(at for at in range(start, len(text.gaps)) if text.gaps[at] >= Gap.COMMA)


def _longest(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of spans that overlap, the one that begins first, and of these the longest."""
    kept: list[tuple[int, int]] = []
    for span in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _finding(
    entry: Ban | Claim, words: str, text: Folded, span: tuple[int, int], node: str
) -> WordingFinding:
    start, end = text.source(*span)
    return WordingFinding(
        node, start, end, entry.id, shown(words[start:end]), entry.why, entry.instead
    )
