"""When data is to be destroyed, and what still forbids it. Any doubt keeps the data another hour.

    contact data   within so many days of the campaign's end, 30 at most
    evidence       not before so many months after the last call, 6 at least, and never while a
                   complaint about one of the calls is open
    complaints     their words, as long after the complaint's closing as evidence

Contact data has a latest instant, and is destroyed a day before it, so that an outage does not make
it late; evidence has an earliest one. A campaign has an end once, and calls nobody after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from dialer.core.gate.campaign_end import CAMPAIGN_ENDED
from dialer.core.gate.clock_sanity import is_behind
from dialer.core.values.months import months_after
from dialer.core.values.refused import Refused
from dialer.core.values.suppression import SuppressionKind

MOST_CONTACT_DAYS: Final = 30
LEAST_EVIDENCE_MONTHS: Final = 6
LEEWAY: Final = timedelta(days=1)
"""By so much contact data is destroyed before it must be."""
SETTLES: Final = timedelta(days=1)
"""For so long after its last call a campaign that is done with may be run again, to no effect."""
MOST_AHEAD: Final = timedelta(days=1)
"""By so much the clock may be ahead of what was recorded last. More is a clock to be doubted."""


class Matter(StrEnum):
    """What is destroyed in one piece, with one certificate."""

    CONTACTS = "contacts"
    """Numbers, names, variables and consent of a campaign's contacts."""
    EVIDENCE = "evidence"
    """Recordings, transcripts and CDRs of a campaign's calls."""
    INCOMING = "incoming"
    """Records of the calls that came in during a month."""
    COMPLAINT = "complaint"
    """What was complained of and answered in one complaint, in its words."""
    PERSON = "person"
    """What the contacts of all campaigns hold of one person, at that person's own request."""


DONE_BY: Final = {Matter.CONTACTS: CAMPAIGN_ENDED, Matter.PERSON: SuppressionKind.FORGOTTEN.value}
"""By which rule contacts that were not called yet are done with."""


@dataclass(frozen=True, slots=True)
class RetentionTerms:
    """How long what is kept; ValueError where it is longer or shorter than the law lets us."""

    contacts: timedelta = timedelta(days=MOST_CONTACT_DAYS)
    evidence: int = LEAST_EVIDENCE_MONTHS
    """Calendar months."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.contacts <= timedelta(days=MOST_CONTACT_DAYS):
            raise ValueError(f"contacts: more than nothing, and {MOST_CONTACT_DAYS} days at most")
        if self.evidence < LEAST_EVIDENCE_MONTHS:
            raise ValueError(f"evidence: {LEAST_EVIDENCE_MONTHS} months at least")


@dataclass(frozen=True, slots=True)
class CampaignLife:
    """What the store knows of one campaign's data. Instants are aware, None: not yet, or none."""

    id: int
    name: str
    ended_at: datetime | None
    last_call_at: datetime | None
    """The end of its last call."""
    at_work: int = 0
    """Contacts that a node holds, and calls that live."""
    held: int = 0
    """Calls that a complaint holds back."""
    contacts_destroyed_at: datetime | None = None
    evidence_destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One matter of one campaign, month or complaint, its `name`, and where it stands in its term.

    It may be destroyed from `due` on, and must be by `latest`, where the law sets one. Both are
    None while the campaign has no end.
    """

    campaign: int
    name: str
    matter: Matter
    due: datetime | None
    latest: datetime | None
    waits_for: str | None
    """Why it is not destroyed although it may be due; None where nothing stands against it."""

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be destroyed at `now`."""
        return self.due is not None and self.waits_for is None and now >= self.due

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been destroyed before `now`."""
        return self.latest is not None and now > self.latest


def terms_of(life: CampaignLife, terms: RetentionTerms) -> tuple[Term, ...]:
    """What of a campaign is still to be destroyed, contact data first."""
    left = []
    if life.contacts_destroyed_at is None:
        left.append(_contacts(life, terms))
    if life.evidence_destroyed_at is None:
        left.append(_evidence(life, terms))
    return tuple(left)


def all_terms(
    lives: Iterable[CampaignLife],
    months: Mapping[str, int],
    complaints: Mapping[str, datetime | None],
    terms: RetentionTerms,
) -> tuple[Term, ...]:
    """Everything that is still to be destroyed: of each campaign, month and complaint.

    `months` says of each how many of its incoming calls complaints hold back, `complaints` when
    each was closed, None for one that is not.
    """
    of_campaigns = (term for life in lives for term in terms_of(life, terms))
    of_months = (incoming(month, held, terms) for month, held in sorted(months.items()))
    of_complaints = (complaint(id_, closed, terms) for id_, closed in complaints.items())
    return (*of_campaigns, *of_months, *of_complaints)


def month_ends(month: str) -> datetime:
    """The first instant after a month of UTC, written 2026-03."""
    year, number = map(int, month.split("-"))
    return months_after(datetime(year, number, 1, tzinfo=UTC), 1)


def incoming(month: str, held: int, terms: RetentionTerms) -> Term:
    """The term of the calls that came in during `month`, of which complaints hold `held` back."""
    due = months_after(month_ends(month), terms.evidence)
    waits_for = f"complaints about {_count(held, 'call')} that are not closed" if held else None
    return Term(0, month, Matter.INCOMING, due, None, waits_for)


def complaint(id_: str, closed_at: datetime | None, terms: RetentionTerms) -> Term:
    """The term of a complaint's words; of one that is not closed, none runs."""
    if closed_at is None:
        return Term(0, id_, Matter.COMPLAINT, None, None, "the complaint's closing")
    due = months_after(closed_at, terms.evidence)
    return Term(0, id_, Matter.COMPLAINT, due, None, None)


def _contacts(life: CampaignLife, terms: RetentionTerms) -> Term:
    latest = None if life.ended_at is None else life.ended_at + terms.contacts
    due = None if latest is None else latest - min(LEEWAY, terms.contacts / 2)
    return Term(life.id, life.name, Matter.CONTACTS, due, latest, _unfinished(life))


def _evidence(life: CampaignLife, terms: RetentionTerms) -> Term:
    due = None
    if life.ended_at is not None:
        last = max(life.ended_at, life.last_call_at or life.ended_at)
        due = months_after(last, terms.evidence)
    waits_for = _unfinished(life)
    if waits_for is None and life.contacts_destroyed_at is None:
        waits_for = "the destruction of its contact data, which comes first"
    if waits_for is None and life.held:
        waits_for = f"complaints about {_count(life.held, 'call')} that are not closed"
    return Term(life.id, life.name, Matter.EVIDENCE, due, None, waits_for)


def _unfinished(life: CampaignLife) -> str | None:
    if life.ended_at is None:
        return "the campaign's end"
    return f"the end of {_count(life.at_work, 'call')} under way" if life.at_work else None


def _count(many: int, what: str) -> str:
    return f"{many} {what}{'' if many == 1 else 's'}"


def clock_doubt(
    now: datetime, last_seen: datetime | None, confirmed: date | None = None
) -> Refused | None:
    """Why nothing is destroyed by this clock; None where it can be believed.

    `last_seen` is the instant of the last thing on record, None where nothing ever was. `confirmed`
    is today's date as a person has written it, anywhere on earth: that settles a clock that is far
    ahead, as after a node that stood still for days.
    """
    if now.utcoffset() is None:
        return Refused("the instant has no time zone")
    if last_seen is None:
        return None
    if is_behind(now, last_seen):
        return Refused(
            f"the clock shows {_shown(now)}, but the last record is of {_shown(last_seen)}: the "
            "clock has gone back; nothing is destroyed until it has caught up"
        )
    if now - last_seen <= MOST_AHEAD or confirmed in _dates(now):
        return None
    return Refused(
        f"the clock shows {_shown(now)}, more than a day after the last record, of "
        f"{_shown(last_seen)}: nothing is destroyed by a clock that may have been set forward. Set "
        "it right; or, if it is right because nothing ran since, write today's date: "
        "dialer retention run --today YYYY-MM-DD"
    )


def _dates(now: datetime) -> set[date]:
    """What day it is at `now`, somewhere on earth."""
    return {(now + timedelta(hours=hours)).date() for hours in (-12, 0, 14)}


def _shown(instant: datetime) -> str:
    return instant.isoformat(sep=" ", timespec="minutes")
