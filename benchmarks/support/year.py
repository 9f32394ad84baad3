"""The simulated year from end to end: lists, node, and then the checker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from dialer.app import gate_rules
from dialer.store import SqlStore
from dialer.store.scripts import SqlScripts

from .lawbook import Breach, Campaign, Dialled, Lawbook, Listed, Year
from .year_node import NODE, Log, YearNode, looks
from .year_office import LICENCES, RulesOf, Words, gates, numbers
from .year_people import Operator, people

_DECISIONS_FOR_EACH: Final = 3.0
"""For how many questions about each contact the node takes its time."""
_KILLED: Final = 6


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one operator's year."""

    operator: str
    contacts: int
    on_record: int
    log: Log
    breaches: list[tuple[Dialled, Breach]]
    starved: list[tuple[Listed, int]]


async def year_of(  # noqa: PLR0913 - what a test varies, by name
    operator: Operator,
    folder: Path,
    contacts: int,
    seed: int,
    *,
    rules_of: RulesOf = gate_rules,
    least_looks: int = 600,
    at_once: int | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> Told:
    """Dial so many contacts through the year and have it judged.

    `rules_of` makes the gates; the node looks for people `least_looks` times at least,
    and calls `at_once` of them each time; by default as many as it takes to be idle now and then.
    """
    plans = operator.plans
    lists = list(people(operator, contacts, Random(f"{seed} {operator.name} people")))
    random = Random(f"{seed} {operator.name} year")
    number = min(5000, max(least_looks, contacts // (4 if operator.bounded else 150)))
    most = max(12, round(contacts * _DECISIONS_FOR_EACH / number / len(lists)))
    year = looks(operator, number, at_once or most, random)
    words = Words(operator, random)
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    store = SqlStore(folder, NODE)
    await store.open()
    try:
        gates_ = gates(operator, folder / "office", rules_of)
        node = YearNode(
            store,
            gates_,
            plans,
            lists,
            words.dialled_with,
            random,
            counts_abandoned=operator.bounded,
        )
        say(f"{operator.name}: {len(year)} looks for people to call, {at_once or most} at once")
        desk = SqlScripts(store.channel)
        await words.first(desk)
        for at, change in words.later(desk):
            node.at(at, change)
        await node.live(year, sorted(random.sample(range(len(year)), _KILLED)))
        on_record = len(await store.attempts())
    finally:
        await store.close()
    log = node.log
    say(f"{operator.name}: the law, on {len(log.dialled)} attempts")
    campaigns = {
        place: Campaign(
            plan.purpose, plan.caller_id, log.looked.get(place, ()), words.approvals(plan)
        )
        for place, plan in enumerate(plans, start=1)
    }
    every = [listed for each in lists for listed in each]
    book = Lawbook(
        Year(
            law=operator.law,
            campaigns=campaigns,
            listed=every,
            dialled=log.dialled,
            said=log.said,
            licences=LICENCES,
            numbers=numbers(operator),
        )
    )
    breaches, starved = list(book.breaches()), list(book.starved())
    return Told(operator.name, len(every), on_record, log, breaches, starved)
