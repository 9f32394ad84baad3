"""Where campaigns stand, and their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Dialect, bindparam, func, select, update

from dialer.core.values.campaign_standing import CampaignStanding, ContactStanding, ContactState
from dialer.core.values.number import E164
from dialer.store.people import People
from dialer.store.prepared import Prepared
from dialer.store.queries import tallies
from dialer.store.schema import IS_WAITING, campaigns, contacts
from dialer.store.values import instant, maybe_instant, micros


class Ends:
    """When a campaign was ended; asked at every attempt."""

    def __init__(self, dialect: Dialect) -> None:
        self._end = Prepared(
            dialect, select(campaigns.c.ended_at).where(campaigns.c.id == bindparam("campaign"))
        )

    def of(self, connection: Connection, campaign: int) -> datetime | None:
        found = self._end.run(connection, campaign=campaign).fetchone()
        return None if found is None else maybe_instant(found[0])


def rows(connection: Connection, name: str | None = None) -> Sequence[CampaignStanding]:
    """Every campaign, the oldest first; or the one of that name."""
    asked = select(campaigns).order_by(campaigns.c.id)
    if name is not None:
        asked = asked.where(campaigns.c.name == name)
    return [
        CampaignStanding(
            name=row.name,
            purpose=row.purpose,
            progress=tallies.progress(connection, row.id),
            first_due=_first_due(connection, row.id),
            ended_at=maybe_instant(row.ended_at),
            ended_by=row.ended_by,
        )
        for row in connection.execute(asked).fetchall()
    ]


def end(connection: Connection, name: str, by: str, at: datetime) -> bool:
    """Write the end; False where there is no such campaign, or it has one."""
    done = connection.execute(
        update(campaigns)
        .where(campaigns.c.name == name, campaigns.c.ended_at.is_(None))
        .values(ended_at=micros(at), ended_by=by)
    )
    return done.rowcount == 1


def id_of(connection: Connection, name: str) -> int | None:
    """The campaign of that name."""
    return connection.scalar(select(campaigns.c.id).where(campaigns.c.name == name))


def contact_rows(
    connection: Connection, people: People, campaign: int, after: int, limit: int
) -> Sequence[ContactStanding]:
    """A campaign's contacts in file order, the first `limit` whose id is higher than `after`.

    By the primary key: there is no index of all rows, and each page goes on where the last ended.
    """
    mine = contacts.c
    asked = (
        select(
            mine.id,
            mine.row,
            mine.person,
            mine.state,
            mine.rule,
            mine.due,
            mine.faults,
            mine.late_commits,
        )
        .where(mine.campaign == campaign, mine.id > after)
        .order_by(mine.id)
        .limit(limit)
    )
    name = people.campaign(connection, campaign)

    def number(row: int, sealed: bytes | None) -> E164 | None:
        found = people.contact(connection, name, row, sealed)
        return None if found is None else found[0]

    return [
        ContactStanding(
            id=row.id,
            row=row.row,
            number=number(row.row, row.person),
            state=ContactState(row.state),
            rule=row.rule,
            due=maybe_instant(row.due),
            faults=row.faults,
            late_commits=row.late_commits,
        )
        for row in connection.execute(asked)
    ]


def _first_due(connection: Connection, campaign: int) -> Mapping[str, datetime]:
    """By rule, when the first of those that it put off is due; at 0 for whom the time has come."""
    asked = (
        select(contacts.c.rule, func.min(func.coalesce(contacts.c.due, 0)))
        .where(contacts.c.campaign == campaign, IS_WAITING, contacts.c.rule.is_not(None))
        .group_by(contacts.c.rule)
    )
    return {rule: instant(due) for rule, due in connection.execute(asked)}
