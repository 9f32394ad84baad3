"""How many, kept while it happens: counting a million contacts takes a third of a second.

A node counts what it does itself, so that nodes never wait for each other's row; the sum over
all nodes is the truth. Written in the transaction of what is counted, they cannot drift apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, func, insert, or_, select, update

from dialer.core.gate.abandonment import first_day
from dialer.core.values.attention import Answers
from dialer.core.values.records import Progress
from dialer.core.values.retry import CALLED_AGAIN
from dialer.store.prepared import Prepared
from dialer.store.schema import IS_WAITING, calls, campaigns, contacts, tallies
from dialer.store.values import instant

TAKEN: Final = "taken"
"""Contacts claimed, less those given back, put off or refused: each has, or will have, its call."""
REFUSED: Final = "refused:"
"""Before a rule: contacts that it was done with."""
_REFUSED_ONCE: Final = "refused"
"""The same in databases of schema 8 and before, of all rules."""
LATER: Final = "later:"
"""Before a rule: contacts that it put off and that have not been claimed since."""
AGAIN: Final = "again"
"""Calls that came to nothing, after which their contact waited to be called again."""
ANSWERED: Final = "answered:"
"""Before a day: calls that ended on it and that people had answered."""
ABANDONED: Final = "abandoned:"
"""Before a day: those of them who were left alone."""
OUTCOME: Final = "outcome:"
"""Before an outcome: calls that ended so."""


_LAST_DAY: Final = "9999-12-31"


class Tallies:
    """The counts that `node` writes."""

    def __init__(self, dialect: Dialect, node: str) -> None:
        self._node = node
        self._add = Prepared(
            dialect,
            update(tallies)
            .where(
                tallies.c.campaign == bindparam("of"),
                tallies.c.node == bindparam("by"),
                tallies.c.what == bindparam("of_what"),
            )
            .values(count=tallies.c.count + bindparam("more")),
        )
        self._begin = Prepared(
            dialect,
            insert(tallies).values(
                {name: bindparam(name) for name in ("campaign", "node", "what", "count")}
            ),
        )

        self._of_days = Prepared(
            dialect,
            select(tallies.c.what, tallies.c.count).where(
                tallies.c.campaign == bindparam("of"),
                or_(
                    *(
                        tallies.c.what.between(bindparam(f"{name}_from"), bindparam(f"{name}_to"))
                        for name in ("answered", "abandoned")
                    )
                ),
            ),
        )
        self._live = Prepared(
            dialect,
            select(func.count())
            .select_from(calls)
            .where(calls.c.campaign == bindparam("of"), calls.c.ended_at.is_(None)),
        )

    def answers(self, connection: Connection, campaign: int, at: datetime) -> Answers:
        """How a campaign's answered calls went, on all nodes, in the days that count at `at`."""
        since = first_day(at)
        found = self._of_days.run(
            connection,
            of=campaign,
            answered_from=ANSWERED + since,
            answered_to=ANSWERED + _LAST_DAY,
            abandoned_from=ABANDONED + since,
            abandoned_to=ABANDONED + _LAST_DAY,
        ).fetchall()
        ((live_now,),) = self._live.run(connection, of=campaign).fetchall()
        return Answers(
            live=sum(count for what, count in found if what.startswith(ANSWERED)),
            abandoned=sum(count for what, count in found if what.startswith(ABANDONED)),
            at_risk=live_now,
        )

    def add(self, connection: Connection, campaign: int, changes: Mapping[str, int]) -> None:
        for what, more in changes.items():
            if more == 0:
                continue
            known = self._add.run(
                connection, of=campaign, by=self._node, of_what=what, more=more
            ).rowcount
            if not known:
                self._begin.run(
                    connection, campaign=campaign, node=self._node, what=what, count=more
                )


def progress(connection: Connection, campaign: int) -> Progress:
    """Where a campaign stands; one that is not known stands at nothing."""
    total = connection.scalar(select(campaigns.c.contacts).where(campaigns.c.id == campaign))
    asked = (
        select(tallies.c.what, func.sum(tallies.c.count))
        .where(tallies.c.campaign == campaign)
        .group_by(tallies.c.what)
    )
    counts = Counter({what: int(count) for what, count in connection.execute(asked)})
    outcomes = _after(OUTCOME, counts)
    later = _after(LATER, counts)
    ended = sum(outcomes.values()) - counts[AGAIN]
    claimed = counts[TAKEN] - ended
    refused = _after(REFUSED, counts)
    done = ended + counts[_REFUSED_ONCE] + sum(refused.values())
    total = total or 0
    return Progress(
        total=total,
        waiting=total - claimed - done - sum(later.values()),
        claimed=claimed,
        done=done,
        waiting_later=later,
        outcomes=outcomes,
        again_at=_again_at(connection, campaign, later),
        refused=refused,
    )


def _again_at(
    connection: Connection, campaign: int, later: Mapping[str, int]
) -> dict[str, datetime]:
    """When the first are due that wait to be called again; where nobody does, nobody is sought."""
    found = {}
    for what in CALLED_AGAIN:
        if not later.get(what):
            continue
        first = connection.scalar(
            select(func.min(contacts.c.due)).where(
                contacts.c.campaign == campaign, IS_WAITING, contacts.c.rule == what
            )
        )
        if first is not None:
            found[what] = instant(first)
    return found


def _after(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {
        what.removeprefix(prefix): count
        for what, count in counts.items()
        if what.startswith(prefix) and count
    }
