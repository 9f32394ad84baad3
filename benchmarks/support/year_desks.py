"""The desks of the simulated year: where it is kept, and what clerks take down there.

People complain, withdraw what they have agreed to, and stand on lists of others'; a pilot is ended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from dialer.core.office.access import Actor, Role
from dialer.core.values.number import E164
from dialer.ports.desks import CampaignDesk, ComplaintDesk, ListImport, ScriptDesk, SuppressionDesk
from dialer.ports.store import Store
from dialer.store import SqlCampaigns, SqlComplaints, SqlStore, SqlSuppressions
from dialer.store.scripts import SqlScripts

from .legal_facts import Breach, Said
from .wall_clocks import HOUR, midnight
from .year_node import NODE, Log, instant
from .year_people import END, START

_CLERK: Final = Actor("cleo", frozenset({Role.COMPLIANCE}))
_LISTS: Final = (("registry", None), ("carrier", midnight(date(2026, 6, 15)) + 4 * HOUR))
"""Others' lists, and until when they hold."""
_FEWEST: Final = 20
"""People of each kind in the smallest year."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A store, not opened yet, and its desks."""

    store: Store
    scripts: ScriptDesk
    suppressions: SuppressionDesk
    complaints: ComplaintDesk
    campaigns: CampaignDesk


Keep = Callable[[Path], Kept]


def on_disk(folder: Path) -> Kept:
    """SQLite in a folder."""
    store = SqlStore(folder, NODE)
    channel = store.channel
    return Kept(
        store,
        SqlScripts(channel),
        SqlSuppressions(channel),
        SqlComplaints(channel),
        SqlCampaigns(channel),
    )


class Clerks:
    """Whoever sits at the desks; `numbers` are of everybody listed, `log` gets what was said."""

    def __init__(self, kept: Kept, log: Log, numbers: Sequence[str], random: Random) -> None:
        self._kept = kept
        self._log = log
        self._numbers = numbers
        self._random = random

    async def first(self) -> None:
        """Take over the lists of others."""
        for name, until in _LISTS:
            listed = self._some(200)
            wanted = ListImport(
                name=name,
                source="an authority",
                digest="0" * 64,
                imported_at=instant(START),
                by=_CLERK.name,
                numbers=0,
                until=None if until is None else instant(until),
            )
            await self._kept.suppressions.import_list(wanted, map(E164, listed), replace=False)
            self._log.said += [Said(START, number, Breach.LISTED, until) for number in listed]

    def later(self, pilot: int, pilot_ends: int) -> list[tuple[int, Callable[[], Awaitable[None]]]]:
        """What they do in the year, and when; `pilot` is the number of the campaign they end."""
        what = [(pilot_ends, self._ending(pilot, pilot_ends))]
        for at, number in self._visitors(1000):
            what.append((at, self._complaint(number, at)))
        for at, number in self._visitors(200):
            what.append((at, self._withdrawal(number, at)))
        return what

    def _some(self, one_of: int) -> list[str]:
        return self._random.sample(self._numbers, max(_FEWEST, len(self._numbers) // one_of))

    def _visitors(self, one_of: int) -> list[tuple[int, str]]:
        return [(self._random.randrange(START, END), number) for number in self._some(one_of)]

    def _ending(self, pilot: int, at: int) -> Callable[[], Awaitable[None]]:
        async def end() -> None:
            self._log.ended[pilot] = at
            await self._kept.campaigns.end("pilot", _CLERK, instant(at))

        return end

    def _complaint(self, number: str, at: int) -> Callable[[], Awaitable[None]]:
        async def complain() -> None:
            self._log.said.append(Said(at, number, Breach.COMPLAINED))
            words = "calls that nobody wanted"
            await self._kept.complaints.open(E164(number), words, _CLERK.name, instant(at))

        return complain

    def _withdrawal(self, number: str, at: int) -> Callable[[], Awaitable[None]]:
        async def withdraw() -> None:
            self._log.said.append(Said(at, number, Breach.WITHDRAWN))
            why = "the consent was withdrawn"
            await self._kept.suppressions.add(E164(number), why, _CLERK.name, instant(at))

        return withdraw
