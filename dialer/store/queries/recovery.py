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

from dialer.core.audit_kinds import calls as kinds
from dialer.core.outcome import Outcome, Reason
from dialer.store.audit_trail import AuditTrail
from dialer.store.queries import inbound, legs
from dialer.store.queries.calling import Calling
from dialer.store.queries.tallies import OUTCOME, TAKEN, Tallies
from dialer.store.schema import CLAIMED, DONE, WAITING, attempts, calls, campaigns, contacts
from dialer.store.values import micros

_CUT_SHORT: Final = str(Outcome.of(Reason.CUT_SHORT))

_KNOWN: Final = ("post_dial_delay", "answered_at", "first_packet", "notice_spoken", "barge_ins")


def recover(
    connection: Connection,
    calling: Calling,
    audit: AuditTrail,
    tallies: Tallies,
    node: str,
    at: datetime,
) -> int:
    """Close `node`'s live attempts and calls as `dialer.cut_short`; say how many calls.

    Their contacts are done with: whether the callee's telephone rang cannot be known. Contacts
    that the node had claimed but not yet called wait again.
    """
    ended = {"ended_at": micros(at), "outcome": _CUT_SHORT}
    legs.recover(connection, node, at)
    inbound.recover(connection, node, at)
    live = (calls.c.node == node) & calls.c.ended_at.is_(None)
    connection.execute(
        update(attempts)
        .where(attempts.c.call.in_(select(calls.c.call).where(live)), attempts.c.ended_at.is_(None))
        .values(barge_ins=0, **ended)
    )
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
        calling.note_end(connection, call, name, _CUT_SHORT, at)
    if whose:
        audit.note(kinds.RECOVERY, at, kinds.recovery(len(whose)))
    held = (contacts.c.claimed_by == node) & (contacts.c.state == CLAIMED)
    given_back = _by_campaign(connection, contacts.c.campaign, held)
    connection.execute(update(contacts).where(held).values(state=WAITING, claimed_by=null()))
    for campaign in cut | given_back:
        changes = {OUTCOME + _CUT_SHORT: cut[campaign], TAKEN: -given_back[campaign]}
        tallies.add(connection, campaign, changes)
    return cut.total()


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
