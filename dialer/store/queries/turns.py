"""Whose turn it is: contacts are claimed in file order, given back, put off or done with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, and_, bindparam, null, select, update

from dialer.core.values.records import Contact, ContactRow
from dialer.core.values.retry import ASKED_LATER, CALLED_AGAIN, CARRIER_FAULT, COMMIT_LATE
from dialer.core.values.verdict import Deny
from dialer.errors import StoreError
from dialer.store.people import People
from dialer.store.prepared import Prepared
from dialer.store.queries.campaigns import Ends
from dialer.store.queries.tallies import AGAIN, LATER, REFUSED, TAKEN, Tallies
from dialer.store.schema import CALLING, CLAIMED, DONE, IS_WAITING, WAITING, contacts
from dialer.store.values import instant, maybe_micros, micros


class Turns:
    """The states of contacts. `node` is who claims."""

    def __init__(self, dialect: Dialect, people: People, tallies: Tallies, node: str) -> None:
        mine = contacts.c
        self._people = people
        self._tallies = tallies
        self._node = node
        self._ends = Ends(dialect)
        # Whom the time has come for waits like the others, so that one index, in file order, says
        # who is next; each contact that was put off is touched by this once.
        # What another node has its hands on is passed over, here and below: nobody waits for a row,
        # and no contact is taken twice. (SQLite has one writer, and writes nothing of this.)
        overdue = (
            select(mine.id)
            .where(mine.campaign == bindparam("of"), IS_WAITING, mine.due <= bindparam("now"))
            .with_for_update(skip_locked=True, key_share=True)
        )
        self._come_due = Prepared(
            dialect, update(contacts).where(mine.id.in_(overdue)).values(due=null())
        )
        self._next = Prepared(
            dialect,
            select(
                mine.rule,
                mine.id,
                mine.row,
                mine.person,
                mine.consent_purpose,
                mine.consent_at,
                mine.timezone,
                mine.faults,
                mine.late_commits,
            )
            .where(mine.campaign == bindparam("of"), IS_WAITING, mine.due.is_(None))
            .order_by(mine.row)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True, key_share=True),
        )
        self._claim = Prepared(
            dialect,
            update(contacts)
            .where(mine.id == bindparam("contact"))
            .values(state=CLAIMED, claimed_by=bindparam("by"), rule=null()),
        )
        # By nobody else: what a node claimed that was taken for dead, another may hold by now.
        is_claimed = and_(
            mine.id == bindparam("contact"),
            mine.state == CLAIMED,
            mine.claimed_by == bindparam("by"),
        )
        self._give_back = Prepared(
            dialect,
            update(contacts).where(is_claimed).values(state=WAITING, claimed_by=null()),
            by=node,
        )
        self._campaign_of = Prepared(
            dialect, select(mine.campaign).where(mine.id == bindparam("contact"))
        )
        self._call = Prepared(
            dialect, update(contacts).where(is_claimed).values(state=CALLING), by=node
        )
        settled = {
            "state": bindparam("into"),
            "due": bindparam("until"),
            "rule": bindparam("by_rule"),
            "claimed_by": null(),
        }
        of_contact = mine.id == bindparam("contact")
        self._put_off = Prepared(
            dialect, update(contacts).where(is_claimed).values(settled), by=node
        )
        self._finish = Prepared(dialect, update(contacts).where(of_contact).values(settled))
        self._put_back = {
            what: Prepared(
                dialect,
                update(contacts).where(of_contact).values({**settled, count.name: count + 1}),
                into=WAITING,
                by_rule=what,
            )
            for what, count in ((CARRIER_FAULT, mine.faults), (COMMIT_LATE, mine.late_commits))
        }
        self._put_back[ASKED_LATER] = Prepared(
            dialect,
            update(contacts).where(of_contact).values(settled),
            into=WAITING,
            by_rule=ASKED_LATER,
        )
        self._reached = Prepared(
            dialect,
            update(contacts)
            .where(of_contact, IS_WAITING, mine.rule == bindparam("waited_for"))
            .values(state=DONE, due=null(), rule=null()),
        )

    def claim(
        self, connection: Connection, campaign: int, limit: int, now: datetime
    ) -> Sequence[Contact]:
        if limit <= 0 or self._ends.of(connection, campaign) is not None:
            return ()
        self._come_due.run(connection, of=campaign, now=micros(now))
        rows = self._next.run(connection, of=campaign, most=limit).fetchall()
        name = self._people.campaign(connection, campaign) if rows else ""
        taken = [self._contact(connection, campaign, name, columns) for columns in rows]
        claims = ({"contact": contact.id, "by": self._node} for contact in taken)
        self._claim.run_many(connection, claims)
        changes = Counter({TAKEN: len(taken)})
        changes.subtract(LATER + rule for rule, *_columns in rows if rule is not None)
        self._tallies.add(connection, campaign, changes)
        return taken

    def release(self, connection: Connection, claimed: Sequence[int]) -> None:
        given_back: Counter[int] = Counter()
        for contact in claimed:
            if self._give_back.run(connection, contact=contact).rowcount:
                ((campaign,),) = self._campaign_of.run(connection, contact=contact).fetchall()
                given_back[campaign] += 1
        for campaign, count in given_back.items():
            self._tallies.add(connection, campaign, {TAKEN: -count})

    def calling(self, connection: Connection, contact: int) -> None:
        """Its call begins. Raises StoreError for a contact that nobody holds."""
        if self._call.run(connection, contact=contact).rowcount != 1:
            raise StoreError(f"contact {contact} is not claimed: it cannot be called")

    def denied(self, connection: Connection, contact: Contact, verdict: Deny) -> None:
        """Put a claimed contact off until the rule allows it; if it never will, be done with it."""
        changed = self._put_off.run(
            connection,
            contact=contact.id,
            into=DONE if verdict.until is None else WAITING,
            until=maybe_micros(verdict.until),
            by_rule=verdict.rule,
        ).rowcount
        if changed:
            becomes = (REFUSED if verdict.until is None else LATER) + verdict.rule
            self._tallies.add(connection, contact.campaign, {TAKEN: -1, becomes: 1})

    def done(self, connection: Connection, contact: int) -> None:
        """Its call has ended."""
        self._finish.run(connection, contact=contact, into=DONE, until=None, by_rule=None)

    def put_back(
        self, connection: Connection, contact: int, campaign: int, due: datetime, waits_for: str
    ) -> None:
        """It waits to be called again: what for is as `core.values.retry.waits_for` says."""
        self._put_back[waits_for].run(connection, contact=contact, until=micros(due))
        self._tallies.add(connection, campaign, {TAKEN: -1, AGAIN: 1, LATER + waits_for: 1})

    def reached(self, connection: Connection, contact: int) -> None:
        """Who was to be called again was reached after all, and is done with."""
        for what in CALLED_AGAIN:
            if self._reached.run(connection, contact=contact, waited_for=what).rowcount:
                ((campaign,),) = self._campaign_of.run(connection, contact=contact).fetchall()
                self._tallies.add(connection, campaign, {TAKEN: 1, AGAIN: -1, LATER + what: -1})

    def _contact(
        self, connection: Connection, campaign: int, name: str, columns: Sequence[Any]
    ) -> Contact:
        """A contact from the columns of `_next`."""
        waited_for, contact, row, person, purpose, at, timezone, faults, late_commits = columns
        found = self._people.contact(connection, name, row, person)
        if found is None:
            raise StoreError(
                f"the contacts of campaign {name} were destroyed: it can call nobody any more"
            )
        number, source, ref, variables = found
        return Contact(
            id=contact,
            campaign=campaign,
            row=ContactRow(
                row=row,
                number=number,
                consent_purpose=purpose,
                consent_source=source,
                consent_at=instant(at),
                consent_ref=ref,
                timezone=timezone,
                variables=variables,
            ),
            faults=faults,
            late_commits=late_commits,
            waited_for=waited_for,
        )
