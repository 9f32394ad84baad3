"""The law once more, written apart from the gate: it judges what was dialled, from the log alone.

It knows `domain.md` and nothing of the program: it imports the standard library, `legal_facts` and
`wall_clocks`, and a test holds all three to that. Where the gate asks a store for a number's
history, this reads the log of the whole year, and counts by hand. It is not fast, clever or
complete about what it has no words for; it is meant to be read beside the law.

Instants are whole microseconds since 1970, UTC, as they truly were, whatever a clock showed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from .legal_facts import Answered, Breach, Dialled, Listed, Said, Year
from .wall_clocks import DAY, HOUR, day_of, is_workday, midnight, places, wall

CONSENT_MONTHS: Final = 12
MOST_CALLS: Final = 10
"""After so many that no carrier brings there nobody is called any more."""
_JUDGED_FROM: Final = 100
"""Of few answers one is a large share: fewer than so many are judged as so many."""


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
        if self._year.law.left_alone is not None:
            yield from self._left_alone(self._year.law.left_alone)

    def starved(self) -> Iterator[tuple[Listed, int]]:
        """Contacts owed a call, each with an instant at which its node was idle and might have.

        Twice at least, a day apart: for a doubt, or a fault of the operator's, one may have been
        put off by some hours. Owed is a call to whoever was never called, and to whom the carriers
        brought none of fewer than ten calls; who was reached has had their turn.
        """
        called = {each.contact: each.at for each in self._year.dialled}
        unreached: dict[int, list[int]] = {}
        for each in self._year.unreached:
            unreached.setdefault(each.contact, []).append(each.ended)
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
            failed = unreached.get(listed.contact, [])
            since = max(failed, default=0)
            if called.get(listed.contact, 0) > since or len(failed) >= MOST_CALLS:
                continue
            key = (listed.campaign, places(listed.number, listed.zone))
            if key not in by_place:
                looked = self._year.campaigns[listed.campaign].looked
                by_place[key] = [
                    at
                    for at in looked
                    if self._out_of_hours(key[1], at) is None
                    and self._is_approved(listed.campaign, at)
                ]
            person = self._people.get(listed.number, nobody)
            mine = self._year.campaigns[listed.campaign].caller_id
            first: int | None = None
            for at in by_place[key]:
                if at <= since:
                    continue
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
        campaign = self._year.campaigns[listed.campaign]
        if not listed.number.startswith(self._year.law.prefixes):
            yield Breach.ABROAD
        if campaign.ended is not None and at > campaign.ended:
            yield Breach.ENDED
        yield from _against_consent(listed, campaign.purpose, at)
        if not any(paper.holds(at) for paper in self._year.licences):
            yield Breach.LICENCE
        proven = [way for way in ways if self._is_proven(way, at)]
        if not proven:
            yield Breach.PROOF if any(self._is_listed(way, at) for way in ways) else Breach.NOT_OURS
        elif not any(self._is_signed(trunk, at) for trunk, _ in proven):
            yield Breach.UNSIGNED
        elif not self._may_follow(person.dialled[:before], proven[0], at):
            yield Breach.ONE_NUMBER
        yield from self._against(person, at, before)
        out_of_hours = self._out_of_hours(places(listed.number, listed.zone), at)
        if out_of_hours is not None:
            yield out_of_hours

    def _against(self, person: _Person, at: int, before: int) -> Iterator[Breach]:
        """What was said about the person, and how often their telephone has rung."""
        for said in person.said:
            if said.at < at and not self._is_over(said, at):
                yield said.what
        rung = [each.at for each in person.dialled[:before] if each.rang]
        if sum(each > at - HOUR for each in rung) >= 1:
            yield Breach.HOUR
        if sum(each > at - DAY for each in rung) >= 3:
            yield Breach.DAY

    def _left_alone(self, most: float) -> Iterator[tuple[Dialled, Breach]]:
        """Calls that were one too many to be left alone, by all that was begun up to each.

        Days are counted whole, in UTC: that of the call, and the thirty before it.
        """
        began: dict[str, Dialled] = {}
        for dialled in sorted(self._year.dialled, key=lambda each: each.at):
            began.setdefault(dialled.call, dialled)
        answered: dict[int, list[Answered]] = {}
        for each in self._year.answered:
            campaign = self._listed[began[each.call].contact].campaign
            answered.setdefault(campaign, []).append(each)
        for calls in answered.values():
            for mine in calls:
                at = began[mine.call].at
                counted = [
                    each.alone
                    for each in calls
                    if began[each.call].at <= at
                    and day_of(each.ended) >= day_of(at) - timedelta(days=30)
                ]
                if mine.alone and sum(counted) > most * max(len(counted), _JUDGED_FROM):
                    yield began[mine.call], Breach.ALONE

    def _is_over(self, said: Said, at: int) -> bool:
        if said.what is Breach.REFUSED:
            return self._has_rested(said.at, at)
        return said.until is not None and at >= said.until

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

    def _out_of_hours(self, zones: Sequence[str], at: int) -> Breach | None:
        """What is wrong with the time by the wall of any place, or with not knowing one."""
        if not zones:
            return Breach.NOWHERE
        law = self._year.law
        wrong = None
        for local in (wall(zone, at) for zone in zones):
            if _within(law.workday if is_workday(day_of(local)) else law.day_off, local):
                continue
            if not _within(law.workday, local):
                return Breach.HOURS
            wrong = Breach.DAY_OFF
        return wrong

    def _is_proven(self, way: tuple[str, str], at: int) -> bool:
        return any(
            (paper.trunk, paper.caller_id) == way and paper.holds(at)
            for paper in self._year.numbers
        )

    def _is_listed(self, way: tuple[str, str], at: int) -> bool:
        return any(
            (paper.trunk, paper.caller_id) == way and paper.is_listed(at)
            for paper in self._year.numbers
        )

    def _is_signed(self, trunk: str, at: int) -> bool:
        """Whether a trunk signs its calls with what is in force, or signs none."""
        mine = [each for each in self._year.certificates if each.trunk == trunk]
        return not mine or any(each.begins <= at <= each.ends for each in mine)

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


def _against_consent(listed: Listed, purpose: str, at: int) -> Iterator[Breach]:
    """Somebody collected it, says where it lies, for this, before now, and it has not ended.

    What a laboratory says of its own machines is nobody's consent.
    """
    if listed.source.strip() in {"", "lab"} or not listed.reference.strip():
        yield Breach.EVIDENCE
    if listed.purpose != purpose:
        yield Breach.PURPOSE
    if at < listed.given:
        yield Breach.NOT_YET
    elif at >= _months_on(listed.given, CONSENT_MONTHS, last_if_short=True):
        yield Breach.RUN_OUT


def _within(windows: Sequence[tuple[int, int]], local: int) -> bool:
    return any(begins <= local % DAY < ends for begins, ends in windows)


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
