"""Connect-rate failover: which trunks carry a call, which give way, and which are probed.

Rules (docs/failover.md tells why):

1. An attempt is counted for the trunk that it was placed on, once, in the order of the placing.
   It waits until all before it have shown whether they are answered: refusals come in seconds,
   answers take a while, so in the order of their coming a trunk that starts would look bad.
2. An attempt that ended unanswered by our own doing says nothing of the trunk.
3. A trunk gives way for a destination where its connect rate has fallen, over all or for that
   destination's prefix (`dialer.core.trunks.connect_rate`).
4. A trunk that gives way is given one attempt, first, for so many that pass it over.
5. Trunks that have all fallen, none proved well after another's fall, have fallen together: then
   the list is at fault. All carry, as if none had fallen.
6. Trunks that have all fallen, one after another, are at fault themselves. The last to fall
   carries on until another is well again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.trunks.connect_rate import RateJudge
from dialer.core.trunks.trunk_book import (
    Attempt,
    AttemptResult,
    Change,
    FailoverRules,
    TrunkBook,
    TrunkReport,
    answer,
    no_answer,
)
from dialer.core.trunks.trunk_stats import Conversation


class Stand(Enum):
    """What a trunk is to do for one call. The order is the order in which to try them."""

    PROBE = "probe"
    """Gives way, but it is its turn to show how it does."""
    CARRY = "carry"
    ASIDE = "aside"
    """Gives way: nothing goes there while a better trunk takes the call."""


class Verdict(Enum):
    """What the trunks of one caller ID and destination show together."""

    WELL = "well"
    """None has fallen."""
    GIVING_WAY = "giving_way"
    """Some have fallen, and others carry."""
    ONLY_TRUNK = "only_trunk"
    """It has fallen, and there is no other to compare it with: trunk or list, who can say."""
    LIST_AT_FAULT = "list_at_fault"
    """All fell together."""
    TRUNKS_AT_FAULT = "trunks_at_fault"
    """All fell, one after another."""


@dataclass(frozen=True, slots=True)
class Place:
    """One trunk in a ranking."""

    trunk: str
    stand: Stand
    why: str
    """Empty for a trunk that has not fallen."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Trunks as they are to be tried: by stand, within it in the order in which they were named."""

    verdict: Verdict
    places: tuple[Place, ...]


class Failover:
    """The trunks of a node, by their connect rate.

    Every attempt is told by its id: `placed` when its INVITE is about to leave, `answered` with its
    200, `ended` with its end. What is out of order raises ValueError and changes nothing; a trunk
    that is not the node's raises KeyError. `now` is seconds of a clock that only goes forward.
    Memory is bounded by the attempts that live and by the rules.
    """

    def __init__(self, trunks: Iterable[str], rules: FailoverRules) -> None:
        self._books = {name: TrunkBook(name, rules) for name in trunks}
        self._attempts: dict[str, Attempt] = {}

    def rank(self, trunks: Sequence[str], prefix: str) -> Ranking:
        """How to try these trunks for a call to `prefix`.

        Give it those that are up and may show the caller ID, full or not, in the order in which
        they would be tried if all were well.
        """
        fallen = self._fallen(trunks, prefix)
        verdict = _verdict(len(trunks), fallen)
        stands = dict.fromkeys(trunks, Stand.CARRY)
        if verdict in {Verdict.GIVING_WAY, Verdict.TRUNKS_AT_FAULT}:
            stands |= dict.fromkeys(fallen, Stand.ASIDE)
        if verdict is Verdict.TRUNKS_AT_FAULT:
            stands[max(fallen, key=lambda name: fallen[name].fell_at)] = Stand.CARRY
        if fallen and verdict is not Verdict.ONLY_TRUNK:
            due = max(fallen, key=lambda name: fallen[name].overdue)
            if fallen[due].overdue >= 0:
                stands[due] = Stand.PROBE
        places = [
            Place(name, stand, fallen[name].standing.why if name in fallen else "")
            for name, stand in stands.items()
        ]
        return Ranking(verdict, tuple(sorted(places, key=lambda place: _TURN[place.stand])))

    def placed(
        self, attempt: str, trunk: str, prefix: str, rivals: Iterable[str], now: float
    ) -> None:
        """An attempt is made on `trunk`, and not on the others of `rivals`: those ranked for it."""
        if attempt in self._attempts:
            raise ValueError("this attempt was placed already")
        book = self._books[trunk]
        for judge in self._fallen(rivals, prefix).values():
            judge.passed_over()
        fallen = book.fallen(prefix)
        if fallen is not None:
            fallen.used(now)
        self._attempts[attempt] = Attempt(book, prefix, now)
        book.waiting.append(self._attempts[attempt])

    def answered(
        self, attempt: str, post_dial_delay: float | None, now: float
    ) -> tuple[Change, ...]:
        """Its 200 has come. Returns what has become true."""
        told = self._attempts.get(attempt)
        if told is None or told.is_known:
            raise ValueError("no attempt of this name waits for its answer")
        return told.shows(answer(told.at, post_dial_delay), now)

    def ended(self, attempt: str, result: AttemptResult, now: float) -> tuple[Change, ...]:
        """It has ended, or no INVITE came of it. Returns what has become true."""
        told = self._attempts.pop(attempt, None)
        if told is None:
            raise ValueError("no attempt of this name lives")
        changes: tuple[Change, ...] = ()
        if not told.is_known:
            seizure = (
                no_answer(told.at, result)
                if result.talk is None
                else answer(told.at, result.post_dial_delay)
            )
            changes = told.shows(seizure, now)
        if result.talk is None:
            return changes
        talk = Conversation(now, result.talk, result.speech)
        return changes + told.book.talked(told.prefix, talk)

    def report(self, trunk: str, now: float) -> TrunkReport:
        """A trunk over all."""
        return self._books[trunk].report(now)

    def prefixes(self, trunk: str, now: float) -> dict[str, TrunkReport]:
        """A trunk to each prefix that is kept."""
        return {
            prefix: record.report(now) for prefix, record in self._books[trunk].prefixes.items()
        }

    def _fallen(self, trunks: Iterable[str], prefix: str) -> dict[str, RateJudge]:
        """The trunks that have fallen for this prefix, and which judge says so."""
        found = ((name, self._books[name].fallen(prefix)) for name in trunks)
        return {name: judge for name, judge in found if judge is not None}


_TURN: Final = {stand: turn for turn, stand in enumerate(Stand)}


def _verdict(trunks: int, fallen: Mapping[str, RateJudge]) -> Verdict:
    if not fallen:
        return Verdict.WELL
    if len(fallen) < trunks:
        return Verdict.GIVING_WAY
    if trunks == 1:
        return Verdict.ONLY_TRUNK
    first_fall = min(judge.fell_at for judge in fallen.values())
    was_well = max(judge.well_at for judge in fallen.values())
    return Verdict.LIST_AT_FAULT if was_well <= first_fall else Verdict.TRUNKS_AT_FAULT
