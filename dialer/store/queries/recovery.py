"""What a killed process left behind, closed: no call is without an end, no contact is stuck."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    func,
    null,
    select,
    update,
)

from dialer.core.gate.abandonment import day_of
from dialer.core.office.audit_kinds import calls as kinds
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptOrder
from dialer.store.audit_trail import AuditTrail
from dialer.store.queries import inbound, legs
from dialer.store.queries.calling import Calling
from dialer.store.queries.tallies import ABANDONED, ANSWERED, OUTCOME, TAKEN, Tallies
from dialer.store.schema import CLAIMED, DONE, WAITING, attempts, calls, campaigns, contacts
from dialer.store.values import micros

_CUT_SHORT: Final = str(Outcome.of(Reason.CUT_SHORT))

_KNOWN: Final = ("post_dial_delay", "answered_at", "first_packet", "notice_spoken", "barge_ins")


class Recovery:
    """Closes calls of which nobody knows how they went, as `dialer.cut_short`."""

    def __init__(self, calling: Calling, audit: AuditTrail, tallies: Tallies) -> None:
        self._calling = calling
        self._audit = audit
        self._tallies = tallies

    def recover(self, connection: Connection, node: str, at: datetime) -> int:
        """Close `node`'s live attempts and calls; say how many calls.

        Their contacts are done with: whether the callee's telephone rang cannot be known. Contacts
        that the node had claimed but not yet called wait again.
        """
        legs.recover(connection, self._audit, node, at)
        inbound.recover(connection, self._audit, node, at)
        cut = self._cut_short(connection, calls.c.node == node, at)
        held = (contacts.c.claimed_by == node) & (contacts.c.state == CLAIMED)
        given_back = _by_campaign(connection, contacts.c.campaign, held)
        connection.execute(update(contacts).where(held).values(state=WAITING, claimed_by=null()))
        for campaign in cut | given_back:
            changes = {OUTCOME + _CUT_SHORT: cut[campaign], TAKEN: -given_back[campaign]}
            self._tallies.add(connection, campaign, changes)
        return cut.total()

    def close(self, connection: Connection, order: AttemptOrder) -> None:
        """Close an attempt that may have been committed without anybody hearing of it."""
        if order.number_in_call > 1:  # the call's own end is yet to come
            self._end_attempts(connection, attempts.c.attempt == order.attempt, order.at)
            return
        cut = self._cut_short(connection, calls.c.call == order.call, order.at)
        for campaign, count in cut.items():
            self._tallies.add(connection, campaign, {OUTCOME + _CUT_SHORT: count})

    def _cut_short(
        self, connection: Connection, which: ColumnElement[bool], at: datetime
    ) -> Counter[int]:
        """End the live calls among `which`, and each one's last attempt; how many, per campaign."""
        ended = {"ended_at": micros(at), "outcome": _CUT_SHORT}
        live = which & calls.c.ended_at.is_(None)
        self._end_attempts(connection, attempts.c.call.in_(select(calls.c.call).where(live)), at)
        connection.execute(
            update(contacts)
            .where(contacts.c.id.in_(select(calls.c.contact).where(live)))
            .values(state=DONE, due=null(), rule=null(), claimed_by=null())
        )
        known = {name: _of_last_attempt(name) for name in _KNOWN}
        cut = _by_campaign(connection, calls.c.campaign, live)
        whose = connection.execute(
            select(calls.c.call, campaigns.c.name)
            .join(campaigns, campaigns.c.id == calls.c.campaign)
            .where(live)
            .order_by(calls.c.id)
        ).all()
        connection.execute(update(calls).where(live).values(**ended, **known))
        for call, name in whose:
            self._calling.note_end(connection, call, name, _CUT_SHORT, at)
        if whose:
            self._audit.note(kinds.RECOVERY, at, kinds.recovery(len(whose)))
        day = day_of(at)
        for campaign, count in cut.items():
            # Whether they were answered, and left alone, cannot be known.
            left_alone = {ANSWERED + day: count, ABANDONED + day: count}
            self._tallies.add(connection, campaign, left_alone)
        return cut

    def _end_attempts(
        self, connection: Connection, which: ColumnElement[bool], at: datetime
    ) -> None:
        """End the live ones among `which`, in the table and the audit log."""
        ended = connection.execute(
            update(attempts)
            .where(which, attempts.c.ended_at.is_(None))
            .values(barge_ins=0, ended_at=micros(at), outcome=_CUT_SHORT)
            .returning(attempts.c.id, attempts.c.call, attempts.c.attempt)
        ).all()
        for _id, call, attempt in sorted(map(tuple, ended)):
            self._audit.note(kinds.ATTEMPT_END, at, kinds.cut_short(call, attempt, _CUT_SHORT))


def _by_campaign(
    connection: Connection, campaign: Column[Any], which: ColumnElement[bool]
) -> Counter[int]:
    """How many rows, per campaign."""
    asked = select(campaign, func.count()).where(which).group_by(campaign)
    return Counter(dict(connection.execute(asked).all()))


def _of_last_attempt(name: str) -> ScalarSelect[object]:
    """What the call's last attempt came to, where its end had been written."""
    return (
        select(attempts.c[name])
        .where(attempts.c.call == calls.c.call)
        .order_by(attempts.c.number_in_call.desc())
        .limit(1)
        .scalar_subquery()
    )
