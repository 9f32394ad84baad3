"""The simulated year from end to end: lists, node, and then the checker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from dialer.app.gate import gate_rules

from .lawbook import Lawbook
from .legal_facts import Breach, Campaign, Dialled, Listed, Year
from .year_desks import Clerks, Keep, on_disk
from .year_node import Log, YearNode, looks
from .year_office import (
    CERTIFICATES,
    LICENCES,
    RulesOf,
    Words,
    alone,
    gates,
    numbers,
    pilot_ends,
    watched,
)
from .year_people import Operator, people

_DECISIONS_FOR_EACH: Final = 3.0
"""For how many questions about each contact the node takes its time."""
_KILLED: Final = 6
_PILOT: Final = 8
"""The pilot's people, in looks: more than its day has."""


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
    keep: Keep = on_disk,
    say: Callable[[str], None] = lambda _text: None,
) -> Told:
    """Dial so many contacts through the year and have it judged.

    `rules_of` makes the gates; the node looks for people `least_looks` times at least,
    and calls `at_once` of them each time; by default as many as it takes to be idle now and then.
    `keep` tells where all is kept.
    """
    plans = operator.plans
    random = Random(f"{seed} {operator.name} year")
    number = min(5000, max(least_looks, contacts // (4 if operator.bounded else 150)))
    shares = sum(plan.share > 0 for plan in plans)
    most = at_once or max(12, round(contacts * _DECISIONS_FOR_EACH / number / shares))
    lists = list(
        people(operator, contacts, _PILOT * most, Random(f"{seed} {operator.name} people"))
    )
    year = looks(operator, number, watched(operator), most, random)
    words = Words(operator, random)
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    kept = keep(folder)
    store = kept.store
    await store.open()
    try:
        gates_ = gates(operator, folder / "office", rules_of)
        node = YearNode(
            store,
            operator,
            gates_,
            lists,
            words.dialled_with,
            partial(alone, operator),
            random,
        )
        say(f"{operator.name}: {len(year)} looks for people to call, {most} at once")
        every = [listed for each in lists for listed in each]
        everybody = list(dict.fromkeys(each.number for each in every))
        clerks = Clerks(kept, node.log, everybody, random)
        await words.first(kept.scripts)
        await clerks.first()
        for at, change in (
            *words.later(kept.scripts),
            *clerks.later(len(plans), pilot_ends(operator)),
        ):
            node.at(at, change)
        await node.live(year, sorted(random.sample(range(len(year)), _KILLED)))
        on_record = len(await store.attempts())
    finally:
        await store.close()
    log = node.log
    say(f"{operator.name}: the law, on {len(log.dialled)} attempts")
    campaigns = {
        place: Campaign(
            plan.purpose,
            plan.caller_id,
            log.looked.get(place, ()),
            words.approvals(plan),
            log.ended.get(place),
        )
        for place, plan in enumerate(plans, start=1)
    }
    book = Lawbook(
        Year(
            law=operator.law,
            campaigns=campaigns,
            listed=every,
            dialled=log.dialled,
            said=log.said,
            licences=LICENCES,
            numbers=numbers(operator),
            answered=log.answered,
            certificates=CERTIFICATES,
            unreached=log.unreached,
        )
    )
    breaches, starved = list(book.breaches()), list(book.starved())
    return Told(operator.name, len(every), on_record, log, breaches, starved)
