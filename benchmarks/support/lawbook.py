"""The law once more, written apart from the gate: it judges what was dialled, from the log alone.

It knows `domain.md` and nothing of the program: it imports the standard library and
`wall_clocks`, and a test holds it to that. Where the gate asks a store for a number's history, this
reads the log of the whole year, and counts by hand. It is not fast, clever or complete about what
it has no words for; it is meant to be read beside the law.

Instants are whole microseconds since 1970, UTC, as they truly were, whatever a clock showed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Final

from .wall_clocks import DAY, HOUR, MINUTE, day_of, is_workday, midnight, places, wall

_FIRST_OVER: Final = 14 * HOUR
"""Where a day ends first on earth, clocks are so far ahead."""
CONSENT_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Law:
    """What one country's law has in figures. Windows are of the day, by the callee's wall."""

    prefixes: tuple[str, ...]
    """How numbers begin whose callees live under it."""
    workday: tuple[tuple[int, int], ...]
    day_off: tuple[tuple[int, int], ...]
    refusal_months: int | None
    """None: who has refused is called no more."""


CHINA: Final = Law(
    prefixes=("+86",),
    workday=(
        (9 * HOUR, 11 * HOUR + 30 * MINUTE),
        (14 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE),
    ),
    day_off=(),
    refusal_months=6,
)
_UNITED_STATES: Final = (
    *(208, 212, 219, 270, 303, 308, 310, 312, 423, 541, 602, 605, 671, 701, 787, 808),
    *(812, 850, 906, 907, 928),
)
AMERICA: Final = Law(
    prefixes=tuple(f"+1{area}" for area in _UNITED_STATES),
    workday=((8 * HOUR, 21 * HOUR),),
    day_off=((8 * HOUR, 21 * HOUR),),
    refusal_months=None,
)


class Breach(Enum):
    """What a call can break."""

    ABROAD = "a callee who lives under another law"
    WORDING = "words that are not approved"
    LICENCE = "no licence in force"
    CALLER_ID = "a number shown without a proof that holds"
    CONSENT = "no consent that covers the call"
    REFUSED = "refused, and the rest is not over"
    NEVER_AGAIN = "asked never to be called again"
    ONE_NUMBER = "shown a second number"
    HOURS = "outside the hours where the callee may live"
    HOUR = "a second time within an hour"
    DAY = "a fourth time within a day"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of one campaign's list."""

    contact: int
    campaign: int
    number: str
    zone: str | None
    purpose: str
    source: str
    reference: str
    given: int
    withdrawn: int | None = None


@dataclass(frozen=True, slots=True)
class Dialled:
    """One INVITE. `rang` is what the callee's telephone did, whatever the carrier told.

    `words` names what would be said.
    """

    at: int
    contact: int
    trunk: str
    caller_id: str
    rang: bool
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """A callee refused our calls; or, `for_good`, asked never to be called again or complained."""

    at: int
    number: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """Something proven from one instant on, up to a last day: a licence, or a number on a trunk."""

    begins: int
    last_day: date
    ends: int | None = None
    """When it was taken off the list, if ever."""
    trunk: str = ""
    caller_id: str = ""

    def holds(self, at: int) -> bool:
        """The last day is over where it is over first."""
        over = midnight(self.last_day + timedelta(days=1)) - _FIRST_OVER
        return self.begins <= at < over and (self.ends is None or at < self.ends)

    def is_listed(self, at: int) -> bool:
        """Whether the operator had it on a list, good or run out."""
        return self.begins <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Approval:
    """Words that were approved, and until when."""

    words: str
    begins: int
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """`looked` are the instants at which its node looked for somebody to call and had time left."""

    purpose: str
    caller_id: str
    looked: Sequence[int]
    approvals: Sequence[Approval]


@dataclass(frozen=True, slots=True)
class Year:
    """All that happened to one operator."""

    law: Law
    campaigns: Mapping[int, Campaign]
    listed: Sequence[Listed]
    dialled: Sequence[Dialled]
    said: Sequence[Said]
    licences: Sequence[Paper]
    numbers: Sequence[Paper]


@dataclass(slots=True)
class _Person:
    """What the log holds of one number, in the order of time."""

    dialled: list[Dialled] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


class Lawbook:
    """Judges a year."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._listed = {each.contact: each for each in year.listed}
        self._people: dict[str, _Person] = {}
        for said in sorted(year.said, key=lambda each: each.at):
            self._person(said.number).said.append(said)
        for dialled in sorted(year.dialled, key=lambda each: each.at):
            self._person(self._listed[dialled.contact].number).dialled.append(dialled)

    def breaches(self) -> Iterator[tuple[Dialled, Breach]]:
        """Every unlawful call and what it broke."""
        for person in self._people.values():
            for number, dialled in enumerate(person.dialled):
                listed = self._listed[dialled.contact]
                way = (dialled.trunk, dialled.caller_id)
                if not self._is_approved(listed.campaign, dialled.at, dialled.words):
                    yield dialled, Breach.WORDING
                for breach in self._broken(listed, dialled.at, [way], person, number):
                    yield dialled, breach

    def starved(self) -> Iterator[tuple[Listed, int]]:
        """Contacts never called, each with an instant at which its node was idle and might have.

        Twice at least, a day apart: for a doubt, or a fault of the operator's, one may have been
        put off by some hours. Those called once are not asked about: they have had their turn.
        """
        called = {each.contact for each in self._year.dialled}
        by_place: dict[tuple[int, tuple[str, ...]], list[int]] = {}
        ways = {
            key: [
                (paper.trunk, paper.caller_id)
                for paper in self._year.numbers
                if paper.caller_id == campaign.caller_id
            ]
            for key, campaign in self._year.campaigns.items()
        }
        nobody = _Person()
        for listed in self._year.listed:
            if listed.contact in called:
                continue
            key = (listed.campaign, places(listed.number, listed.zone))
            if key not in by_place:
                looked = self._year.campaigns[listed.campaign].looked
                by_place[key] = [
                    at
                    for at in looked
                    if self._in_hours(key[1], at) and self._is_approved(listed.campaign, at)
                ]
            person = self._people.get(listed.number, nobody)
            mine = self._year.campaigns[listed.campaign].caller_id
            first: int | None = None
            for at in by_place[key]:
                before = sum(each.at < at for each in person.dialled)
                # Who has known another number of ours is done with, whatever becomes of it.
                if any(each.caller_id != mine for each in person.dialled[:before]):
                    break
                if any(self._broken(listed, at, ways[listed.campaign], person, before)):
                    continue
                if first is not None and at >= first + DAY:
                    yield listed, at
                    break
                first = first or at

    def _person(self, number: str) -> _Person:
        return self._people.setdefault(number, _Person())

    def _broken(
        self,
        listed: Listed,
        at: int,
        ways: Iterable[tuple[str, str]],
        person: _Person,
        before: int,
    ) -> Iterator[Breach]:
        """What a call to `listed` at `at` breaks, over the best of `ways` (trunk, number shown).

        `before` is how many of the person's calls came before it.
        """
        if not listed.number.startswith(self._year.law.prefixes):
            yield Breach.ABROAD
        if not _consents(listed, self._year.campaigns[listed.campaign].purpose, at):
            yield Breach.CONSENT
        if not any(paper.holds(at) for paper in self._year.licences):
            yield Breach.LICENCE
        proven = [way for way in ways if self._is_proven(way, at)]
        if not proven:
            yield Breach.CALLER_ID
        elif not self._may_follow(person.dialled[:before], proven[0], at):
            yield Breach.ONE_NUMBER
        yield from self._against(person, at, before)
        if not self._in_hours(places(listed.number, listed.zone), at):
            yield Breach.HOURS

    def _against(self, person: _Person, at: int, before: int) -> Iterator[Breach]:
        """What the person has said, and how often their telephone has rung."""
        for said in person.said:
            if said.at < at and said.for_good:
                yield Breach.NEVER_AGAIN
            elif said.at < at and not self._has_rested(said.at, at):
                yield Breach.REFUSED
        rung = [each.at for each in person.dialled[:before] if each.rang]
        if sum(each > at - HOUR for each in rung) >= 1:
            yield Breach.HOUR
        if sum(each > at - DAY for each in rung) >= 3:
            yield Breach.DAY

    def _has_rested(self, refused: int, at: int) -> bool:
        months = self._year.law.refusal_months
        return months is not None and at >= _months_on(refused, months)

    def _is_approved(self, campaign: int, at: int, words: str | None = None) -> bool:
        """Whether `words`, or any, may be said in a campaign."""
        return any(
            approval.begins <= at
            and (approval.ends is None or at < approval.ends)
            and words in {None, approval.words}
            for approval in self._year.campaigns[campaign].approvals
        )

    def _in_hours(self, zones: Sequence[str], at: int) -> bool:
        """Whether it is a time to call by the wall of every place; never, where none is known."""
        law = self._year.law
        for zone in zones:
            local = wall(zone, at)
            windows = law.workday if is_workday(day_of(local)) else law.day_off
            if not any(begins <= local % DAY < ends for begins, ends in windows):
                return False
        return bool(zones)

    def _is_proven(self, way: tuple[str, str], at: int) -> bool:
        return any(
            (paper.trunk, paper.caller_id) == way and paper.holds(at)
            for paper in self._year.numbers
        )

    def _may_follow(self, earlier: Sequence[Dialled], way: tuple[str, str], at: int) -> bool:
        """Whether the number shown last, of those still ours, is the one that is to be shown."""
        for each in reversed(earlier):
            if each.caller_id == way[1]:
                return True
            if any(
                paper.caller_id == each.caller_id and paper.is_listed(at)
                for paper in self._year.numbers
            ):
                return False
        return True


def _consents(listed: Listed, purpose: str, at: int) -> bool:
    """Somebody collected it, says where it lies, for this, before now, and it has not ended."""
    return (
        bool(listed.source.strip())
        and bool(listed.reference.strip())
        and listed.purpose == purpose
        and listed.given <= at < _months_on(listed.given, CONSENT_MONTHS, last_if_short=True)
        and (listed.withdrawn is None or at < listed.withdrawn)
    )


def _months_on(at: int, months: int, *, last_if_short: bool = False) -> int:
    """The same day and time so many months on, by UTC.

    A month without that day: its last day where that is asked for, else the next month's first.
    """
    day = day_of(at)
    year, month = day.year, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    longest = monthrange(year, month)[1]
    if day.day <= longest:
        then = date(year, month, day.day)
    elif last_if_short:
        then = date(year, month, longest)
    else:
        then = date(year, month, longest) + timedelta(days=1)
    return midnight(then) + at % DAY
