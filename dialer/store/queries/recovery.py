"""What a killed process left behind, closed: no call is without an end, no contact is stuck."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, ScalarSelect, null, select, update

from dialer.core.outcome import Outcome, Reason
from dialer.store.schema import CLAIMED, DONE, WAITING, attempts, calls, contacts
from dialer.store.values import micros

_CUT_SHORT: Final = str(Outcome.of(Reason.CUT_SHORT))


def recover(connection: Connection, node: str, at: datetime) -> int:
    """Close `node`'s live attempts and calls as `dialer.cut_short`; say how many calls.

    Their contacts are done with: whether the callee's telephone rang cannot be known. Contacts
    that the node had claimed but not yet called wait again.
    """
    ended = {"ended_at": micros(at), "outcome": _CUT_SHORT}
    connection.execute(
        update(attempts)
        .where(attempts.c.node == node, attempts.c.ended_at.is_(None))
        .values(barge_ins=0, **ended)
    )
    live = (calls.c.node == node) & calls.c.ended_at.is_(None)
    connection.execute(
        update(contacts)
        .where(contacts.c.id.in_(select(calls.c.contact).where(live)))
        .values(state=DONE, due=null(), rule=null(), claimed_by=null())
    )
    known = {name: _of_last_attempt(name) for name in ("post_dial_delay", "answered_at")}
    cut = connection.execute(update(calls).where(live).values(**ended, **known)).rowcount
    connection.execute(
        update(contacts)
        .where(contacts.c.claimed_by == node, contacts.c.state == CLAIMED)
        .values(state=WAITING, claimed_by=null())
    )
    return cut


def _of_last_attempt(name: str) -> ScalarSelect[object]:
    """What the call's last attempt came to, where its end had been written."""
    return (
        select(attempts.c[name])
        .where(attempts.c.call == calls.c.call)
        .order_by(attempts.c.number_in_call.desc())
        .limit(1)
        .scalar_subquery()
    )
