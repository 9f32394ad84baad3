"""Why a number is not to be called: one book of reasons, over all campaigns and nodes.

A number may be in the book for several reasons at once, and each stands until it ends by itself or
is lifted. What people have asked for themselves, and complaints, nobody lifts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dialer.core.values.refused import Refused

_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_LOOKS_LIKE_A_NUMBER: Final = re.compile(r"\d(?:[\s().\-]{0,3}\d){5,}")
_LIST_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_REASON: Final = 500
LIST_PERIOD: Final = timedelta(days=30)
"""The time over which an imported list may shrink by its share."""
LIST_SHRINK: Final = 0.1
"""That share, where the configuration says nothing."""


DIGITS_UNHEARD: Final = (
    "in a call of ours no key was sure to be heard, so that nobody there can say no; lift it once "
    "keys or words are heard"
)
"""Why a node puts a number on our own list by itself."""


class SuppressionKind(StrEnum):
    """What put a number into the book."""

    REFUSAL = "refusal"
    """The callee refused during one of our calls: the number rests for months."""
    ASKED = "asked"
    """Somebody who called us from the number asked never to be called there again."""
    COMPLAINT = "complaint"
    FORGOTTEN = "forgotten"
    """The person asked for all data on them to be destroyed."""
    OWN_LIST = "own list"
    """Our own do-not-call list, kept by hand."""
    IMPORTED = "imported list"
    """A list of somebody else's, such as an authority's or a carrier's."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason not to call one number. Instants are aware; without `until` it has no end.

    `list` names the imported list, `source` who gave it to us.
    """

    why: SuppressionKind
    since: datetime
    until: datetime | None = None
    list: str | None = None
    source: str | None = None
    unproven: bool = False
    """Whether a caller asked for it whose number nobody had verified. It forbids all the same."""

    def in_force(self, at: datetime) -> bool:
        """Whether it forbids a call at `at`.

        One that begins only later does as well: then a clock has gone back, and in doubt nobody is
        called.
        """
        return self.until is None or at < self.until

    @property
    def words(self) -> str:
        """The reason as a compliance officer reads it, without the number."""
        if self.why is not SuppressionKind.IMPORTED:
            return _WORDS[self.why] + " (unproven: the caller's number was not verified)" * (
                self.unproven
            )
        of = f", from {self.source}" if self.source else ""
        return f"is on the imported list {self.list}{of}, of {self.since.date()}"


_WORDS: Final[Mapping[SuppressionKind, str]] = MappingProxyType(
    {
        SuppressionKind.REFUSAL: "refused our calls",
        SuppressionKind.ASKED: "asked never to be called again",
        SuppressionKind.COMPLAINT: "complained about our calls: never to be called again",
        SuppressionKind.FORGOTTEN: "asked for their data to be destroyed: never to be called again",
        SuppressionKind.OWN_LIST: "is on our own do-not-call list",
    }
)


def strongest(suppressions: Iterable[Suppression], at: datetime) -> Suppression | None:
    """Of those in force at `at`, the one that lasts longest; a complaint before all others.

    None where the book has nothing against a call at `at`.
    """
    standing = [each for each in suppressions if each.in_force(at)]
    return max(standing, key=_weight, default=None)


def _weight(each: Suppression) -> tuple[bool, float, int]:
    ends = 0.0 if each.until is None else each.until.timestamp()
    return each.until is None, ends, -_ORDER.index(each.why)


_ORDER: Final = (
    SuppressionKind.COMPLAINT,
    SuppressionKind.FORGOTTEN,
    SuppressionKind.ASKED,
    SuppressionKind.REFUSAL,
    SuppressionKind.OWN_LIST,
    SuppressionKind.IMPORTED,
)


def lift(why: SuppressionKind, reason: str) -> Refused | None:
    """Why a number's entry may not be taken from the book; None where it may be.

    Only our own list is ours to change, for a reason that is kept.
    """
    if why is SuppressionKind.IMPORTED:
        return Refused(
            "an imported list is its source's: import the list again without the number, by "
            "--replace"
        )
    if why is not SuppressionKind.OWN_LIST:
        return Refused(f"it {_WORDS[why]}; this is never lifted by hand")
    return fault_of_reason(reason)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a new import would do to the imports of its name that it replaces.

    `gone` are the numbers that no import of the name would list any more, `gone_before` those that
    left by replacements of the last `LIST_PERIOD`. `ends` and `until` are when the old ones and the
    new one end, None for never.
    """

    size: int
    gone: int
    gone_before: int = 0
    ends: datetime | None = None
    until: datetime | None = None


def fault_of_replacement(name: str, what: Replacement, most: float) -> Refused | None:
    """Why the list may not be replaced so, where at most the share `most` of it may leave.

    Small steps count together, so that nobody empties a list by many replacements.
    """
    if what.size == 0:
        return None
    if what.until is not None and (what.ends is None or what.until < what.ends):
        return Refused(f"it would end before what it replaces of {name}: leave --until out")
    whole = what.size + what.gone_before
    if what.gone + what.gone_before <= most * whole:
        return None
    before = f", after {what.gone_before} in the last {LIST_PERIOD.days} days" * (
        what.gone_before > 0
    )
    return Refused(
        f"it would take {what.gone} of {what.size} numbers off {name}{before}; at most {most:.0%} "
        "may leave (compliance.list_shrink). Import without --replace: that only adds"
    )


def fault_of_reason(text: str) -> Refused | None:
    """What is wrong with a reason that a person gives; it is kept in clear, so it names nobody."""
    if not text.strip():
        return Refused("a reason is needed, for whoever reads this later")
    if len(text) > _LONGEST_REASON:
        return Refused(f"the reason is longer than {_LONGEST_REASON} characters")
    if _LOOKS_LIKE_A_NUMBER.search(_DATE.sub("", text)):
        return Refused("the reason is kept in clear: leave out numbers and names of people")
    return None


def fault_of_list(name: str, source: str) -> Refused | None:
    """What is wrong with the name of an imported list, or of who gave it."""
    if not _LIST_NAME.fullmatch(name):
        return Refused("a list's name is a word of letters, digits, `.`, `_`, `-`; up to 64")
    if not source.strip():
        return Refused("who gave the list must be said")
    return fault_of_reason(source)
