"""What the operator must renew: proofs of numbers, certificates and calendars that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dialer.config import Config
from dialer.config.trunk import Trunk
from dialer.core.gate.calendars import PublicCalendar
from dialer.core.values.number import E164
from dialer.reading.tree import Place

WARN_AHEAD: Final = timedelta(days=30)
"""How long before the end the operator is told."""
CALENDAR_AHEAD: Final = timedelta(days=45)
"""The same of the calendar: China's notice comes in November."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that ends, or has ended. `str()` says it in words, and without a number."""

    trunk: str
    """Empty for what is the operator's own."""
    what: str
    then: str
    """What comes of it."""
    ends: datetime
    days_left: int
    """Whole days until then; below 0 since it has ended."""
    place: Place
    """Where the configuration says it."""

    def __str__(self) -> str:
        where = f"trunk {self.trunk}" if self.trunk else "operator"
        return f"{where}: {self.what} {self._when}"

    @property
    def _when(self) -> str:
        if self.days_left < 0:
            return f"has expired: {self.then}"
        if self.days_left == 0:
            return f"ends within a day; then {self.then}"
        days = "1 day" if self.days_left == 1 else f"{self.days_left} days"
        return f"ends in {days}; then {self.then}"


def endings(config: Config, at: datetime) -> tuple[Ending, ...]:
    """All that has ended by the aware instant `at`, or ends soon; the first end first.

    Soon is within 30 days, and for the calendar within 45.
    """
    found = [ending for ending in _all(config, at) if ending.ends - at <= WARN_AHEAD]
    ends = calendar_end(config, at)
    # A lab calls by a clock of its own, on whatever day that shows.
    if ends - at <= CALENDAR_AHEAD and not all(trunk.lab for trunk in config.trunks):
        what = f"the calendar of {config.terms.calendar}, which has no days off of {ends.year},"
        then = (
            "nobody is called. Name a file of the official notice in compliance.days "
            "(docs/calling-hours.md), then dialer config approve"
        )
        place: Place = ("compliance", "days")
        found.append(Ending("", what, then, ends, (ends - at) // _DAY, place))
    return tuple(sorted(found, key=lambda ending: (ending.ends, ending.place)))


def calendar_end(config: Config, at: datetime) -> datetime:
    """When the first year begins, from the aware instant `at` on, whose days off are not known."""
    calendar = PublicCalendar(config.terms.calendar, config.compliance.decreed)
    return datetime(calendar.first_unknown(at.astimezone(UTC).year), 1, 1, tzinfo=UTC)


def first_ends(config: Config) -> dict[str, datetime]:
    """By the trunk's name: when the first of its proofs ends, or its certificate."""
    return {trunk.name: min(good_until(trunk).values()) for trunk in config.trunks}


def good_until(trunk: Trunk) -> dict[E164, datetime]:
    """The last instant at which each of a trunk's numbers may be shown there."""
    signed = [] if trunk.stir is None else [trunk.stir.credentials.valid.ends]
    return {owned.number: min([owned.verified.ends, *signed]) for owned in trunk.numbers}


def _all(config: Config, at: datetime) -> Iterator[Ending]:
    for position, person in enumerate(config.operator.people):
        ends = person.verified.ends
        yield Ending(
            "",
            f"the proof of number {position + 1} of its people",
            "no call is transferred to it",
            ends,
            (ends - at) // _DAY,
            ("operator", "people", position, "expires"),
        )
    for line, trunk in enumerate(config.trunks):
        for position, owned in enumerate(trunk.numbers):
            ends = owned.verified.ends
            yield Ending(
                trunk.name,
                f"the proof of number {position + 1} in its list",
                "no call shows it",
                ends,
                (ends - at) // _DAY,
                ("trunks", line, "numbers", position, "expires"),
            )
        known = {} if trunk.stir_trust is None else trunk.stir_trust.known
        for position, certificate in enumerate(known.values()):
            ends = certificate.valid.ends
            yield Ending(
                trunk.name,
                f"certificate {position + 1} of its stir_trust",
                "no caller is verified by it",
                ends,
                (ends - at) // _DAY,
                ("trunks", line, "stir_trust", "certificates", position, "file"),
            )
        if trunk.stir is not None:
            ends = trunk.stir.credentials.valid.ends
            yield Ending(
                trunk.name,
                "the certificate that signs for it",
                "no call is placed there",
                ends,
                (ends - at) // _DAY,
                ("trunks", line, "stir", "certificate_file"),
            )
