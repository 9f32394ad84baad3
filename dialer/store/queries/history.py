"""What was dialled to a number before: what the gate is shown, inside the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Final

from sqlalchemy import (
    Connection,
    Dialect,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.number import E164
from dialer.core.values.outcome import NEVER_RANG, Outcome
from dialer.core.values.records import AttemptOrder, History, Shown
from dialer.core.values.suppression import SuppressionKind
from dialer.store.prepared import Prepared
from dialer.store.queries.campaigns import Ends
from dialer.store.queries.configurations import Configurations
from dialer.store.queries.scripts import Standings
from dialer.store.queries.suppression import Book
from dialer.store.queries.tallies import Tallies
from dialer.store.schema import attempts, legs, numbers_shown
from dialer.store.values import instant, micros

HISTORY: Final = timedelta(hours=24)
# As `could_have_rung` says. The words are written into it, not bound: there is one plan for it.
_COULD_HAVE_RUNG: Final = or_(
    attempts.c.outcome.is_(None),
    attempts.c.post_dial_delay.is_not(None),
    attempts.c.answered_at.is_not(None),
    and_(
        *(
            attempts.c.outcome != literal_column(f"'{Outcome.of(reason)}'")
            for reason in sorted(NEVER_RANG, key=str)
        )
    ),
)


class Histories:
    """What the tables say of one number."""

    def __init__(self, dialect: Dialect, tallies: Tallies) -> None:
        self._tallies = tallies
        self.book = Book(dialect)
        self._standings = Standings(dialect)
        self._ends = Ends(dialect)
        self._configurations = Configurations(dialect)
        called = select(attempts.c.committed_at).where(
            attempts.c.number_key == bindparam("callee"),
            attempts.c.committed_at > bindparam("since"),
            attempts.c.call != bindparam("this_call"),
            _COULD_HAVE_RUNG,
        )
        # Who was called as one of our own people was called all the same.
        handed_over = select(legs.c.committed_at).where(
            legs.c.target == bindparam("target"),
            legs.c.committed_at > bindparam("since"),
            legs.c.call != bindparam("this_call"),
        )
        self._tried = Prepared(dialect, union_all(called, handed_over))
        # The last that was committed: an index on the instants would cost each attempt more. The
        # figure is written into it, not bound.
        self._newest = Prepared(
            dialect,
            select(attempts.c.committed_at)
            .order_by(attempts.c.id.desc())
            .limit(literal_column("1")),
        )
        self._shown = Prepared(
            dialect,
            select(attempts.c.caller_id, func.max(attempts.c.committed_at))
            .where(attempts.c.number_key == bindparam("callee"))
            .group_by(attempts.c.caller_id),
        )
        # What attempts that were destroyed have left behind.
        self._shown_before = Prepared(
            dialect,
            select(numbers_shown.c.caller_id, numbers_shown.c.at).where(
                numbers_shown.c.number == bindparam("callee")
            ),
        )

    def configuration(self, connection: Connection, node: str) -> ApprovedConfiguration | None:
        """The last approval of the node's; None where nobody was ever given access."""
        return self._configurations.of(connection, node)

    def of(
        self,
        connection: Connection,
        order: AttemptOrder,
        number: bytes,
        older: Sequence[bytes] = (),
    ) -> History:
        """What was dialled before this call to the number of this keyed hash, over all campaigns.

        `older` are the hashes of its other spellings, by which the book may have it.

        Attempts later than `order.at` are in it: only a clock gone backwards makes them.
        """
        since = micros(order.at - HISTORY)
        tried = self._tried.run(
            connection,
            callee=number,
            since=since,
            this_call=order.call,
            target=order.contact.row.number.clear,
        ).fetchall()
        shown = dict(self._shown_before.run(connection, callee=number).fetchall())
        for caller_id, at in self._shown.run(connection, callee=number).fetchall():
            shown[caller_id] = max(at, shown.get(caller_id, at))
        book = self.book.against(connection, number, older)
        newest = self._newest.run(connection).fetchone()
        return History(
            tuple(instant(at) for (at,) in sorted(map(tuple, tried))),
            max((each.since for each in book if each.why is SuppressionKind.REFUSAL), default=None),
            tuple(
                Shown(E164(caller_id), instant(at))
                for caller_id, at in sorted(shown.items(), key=itemgetter(1))
            ),
            suppressions=tuple(each for each in book if each.why is not SuppressionKind.REFUSAL),
            answers=self._tallies.answers(connection, order.contact.campaign, order.at)
            if order.counts_abandoned
            else None,
            newest=None if newest is None else instant(newest[0]),
            wording=self._standings.of(connection, order.script_version),
            configuration=self._configurations.of(connection, order.node),
            campaign_ended_at=self._ends.of(connection, order.contact.campaign),
        )
