"""Attempts and CDRs: asked of the gate and committed before the INVITE, ended after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from sqlalchemy import (
    Connection,
    Dialect,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from dialer.core.number import E164
from dialer.core.outcome import NEVER_RANG, Outcome, is_refusal
from dialer.core.records import AttemptEnd, AttemptOrder, CallEnd, Decide, History, Shown
from dialer.core.suppression import Suppression, Why
from dialer.core.verdict import Deny, Verdict
from dialer.errors import StoreError
from dialer.store.prepared import Prepared
from dialer.store.queries.campaigns import Ends
from dialer.store.queries.scripts import Standings
from dialer.store.queries.suppression import Book
from dialer.store.queries.tallies import OUTCOME, Tallies
from dialer.store.queries.turns import Turns
from dialer.store.schema import attempts, calls, numbers_shown, suppressions
from dialer.store.values import instant, maybe_micros, micros, path_text

_HISTORY: Final = timedelta(hours=24)
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


class Calling:
    """The life of a call in the tables."""

    def __init__(
        self,
        dialect: Dialect,
        tallies: Tallies,
        turns: Turns,
        lookup: Callable[[E164], bytes],
    ) -> None:
        """`lookup` gives the keyed hash of a number, by which the book of suppressions knows it."""
        self._tallies = tallies
        self._turns = turns
        self._ends = Ends(dialect)
        self._standings = Standings(dialect)
        self._lookup = lookup
        self._book = Book(dialect)
        self._tried = Prepared(
            dialect,
            select(attempts.c.committed_at)
            .where(
                attempts.c.number == bindparam("callee"),
                attempts.c.committed_at > bindparam("since"),
                attempts.c.call != bindparam("this_call"),
                _COULD_HAVE_RUNG,
            )
            .order_by(attempts.c.committed_at),
        )
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
            .where(attempts.c.number == bindparam("callee"))
            .group_by(attempts.c.caller_id),
        )
        # What attempts that were destroyed have left behind.
        self._shown_before = Prepared(
            dialect,
            select(numbers_shown.c.caller_id, numbers_shown.c.at).where(
                numbers_shown.c.number == bindparam("hash")
            ),
        )
        self._refused = Prepared(
            dialect,
            select(func.max(calls.c.refused_at)).where(
                calls.c.number == bindparam("callee"), calls.c.refused_at.is_not(None)
            ),
        )
        self._suppressed = Prepared(
            dialect, select(suppressions.c.at).where(suppressions.c.number == bindparam("callee"))
        )
        self._begin_call = Prepared(
            dialect,
            insert(calls).values(
                {
                    name: bindparam(name)
                    for name in (
                        "call",
                        "campaign",
                        "contact",
                        "number",
                        "node",
                        "started_at",
                        "attempts",
                        "trunk",
                        "caller_id",
                        "barge_ins",
                        "keys",
                        "path",
                        "script_version",
                    )
                }
            ),
            attempts=1,
            barge_ins=0,
            keys="",
            path="[]",
        )
        self._next_attempt = Prepared(
            dialect,
            update(calls)
            .where(calls.c.call == bindparam("of_call"), calls.c.ended_at.is_(None))
            .values(
                attempts=bindparam("count"),
                trunk=bindparam("over"),
                caller_id=bindparam("shown"),
            ),
        )
        self._begin_attempt = Prepared(
            dialect,
            insert(attempts).values(
                {
                    name: bindparam(name)
                    for name in (
                        "attempt",
                        "call",
                        "number",
                        "number_in_call",
                        "node",
                        "trunk",
                        "caller_id",
                        "why_trunk",
                        "committed_at",
                    )
                }
            ),
        )
        how_it_went = (
            "ended_at",
            "outcome",
            "sip_code",
            "q850",
            "post_dial_delay",
            "answered_at",
            "first_packet",
            "notice_spoken",
            "barge_ins",
        )
        self._end_attempt = Prepared(
            dialect,
            update(attempts)
            .where(
                attempts.c.attempt == bindparam("of_attempt"),
                attempts.c.call == bindparam("of_call"),
            )
            .values({name: bindparam(name) for name in (*how_it_went, "sip_call_id", "speech")}),
        )
        self._end_call = Prepared(
            dialect,
            update(calls)
            .where(
                calls.c.call == bindparam("of_call"),
                calls.c.contact == bindparam("of_contact"),
                calls.c.ended_at.is_(None),
            )
            .values(
                {name: bindparam(name) for name in (*how_it_went, "keys", "path")}
                # A refusal that was on record already keeps its time.
                | {"refused_at": func.coalesce(calls.c.refused_at, bindparam("at_its_end"))}
            ),
        )

        self._opt_out = Prepared(
            dialect,
            update(calls)
            .where(calls.c.call == bindparam("of_call"), calls.c.refused_at.is_(None))
            .values(refused_at=bindparam("at")),
        )
        self._campaign_of = Prepared(
            dialect, select(calls.c.campaign).where(calls.c.call == bindparam("of_call"))
        )

    def authorise(self, connection: Connection, order: AttemptOrder, decide: Decide) -> Verdict:
        """What the gate says of `order`, and the attempt or the denial in the tables."""
        verdict = decide(order, self.history(connection, order))
        if isinstance(verdict, Deny):
            if verdict.held:
                return verdict
            # Where a call lives, its end decides about the contact.
            self._turns.denied(connection, order.contact, verdict)
            return verdict
        number = order.contact.row.number.clear
        if order.number_in_call == 1:
            self._turns.calling(connection, order.contact.id)
            self._begin_call.run(
                connection,
                call=order.call,
                campaign=order.contact.campaign,
                contact=order.contact.id,
                number=number,
                node=order.node,
                started_at=micros(order.at),
                trunk=order.trunk,
                caller_id=order.caller_id.clear,
                script_version=order.script_version or None,
            )
        else:
            found = self._next_attempt.run(
                connection,
                of_call=order.call,
                count=order.number_in_call,
                over=order.trunk,
                shown=order.caller_id.clear,
            )
            _one(found.rowcount, f"call {order.call} is not live")
        self._begin_attempt.run(
            connection,
            attempt=order.attempt,
            call=order.call,
            number=number,
            number_in_call=order.number_in_call,
            node=order.node,
            trunk=order.trunk,
            caller_id=order.caller_id.clear,
            why_trunk=order.why_trunk,
            committed_at=micros(order.at),
        )
        return verdict

    def history(self, connection: Connection, order: AttemptOrder) -> History:
        """What was dialled to the number before this call, over all campaigns.

        Attempts later than `order.at` are in it: only a clock gone backwards makes them.
        """
        callee = order.contact.row.number.clear
        known_as = self._lookup(order.contact.row.number)
        since = micros(order.at - _HISTORY)
        tried = self._tried.run(
            connection, callee=callee, since=since, this_call=order.call
        ).fetchall()
        # max() is one row, of None where no row was counted.
        ((refused,),) = self._refused.run(connection, callee=callee).fetchall()
        shown = dict(self._shown_before.run(connection, hash=known_as).fetchall())
        for caller_id, at in self._shown.run(connection, callee=callee).fetchall():
            shown[caller_id] = max(at, shown.get(caller_id, at))
        suppressed = self._suppressed.run(connection, callee=callee).fetchall()
        asked = tuple(Suppression(Why.ASKED, instant(at)) for (at,) in suppressed)
        book = self._book.against(connection, known_as)
        newest = self._newest.run(connection).fetchone()
        # A refusal is in the book once its call was destroyed.
        refusals = [each.since for each in book if each.why is Why.REFUSAL]
        if refused is not None:
            refusals.append(instant(refused))
        return History(
            tuple(instant(at) for (at,) in tried),
            max(refusals, default=None),
            tuple(
                Shown(E164(caller_id), instant(at))
                for caller_id, at in sorted(shown.items(), key=itemgetter(1))
            ),
            suppressions=asked + tuple(each for each in book if each.why is not Why.REFUSAL),
            newest=None if newest is None else instant(newest[0]),
            wording=self._standings.of(connection, order.script_version),
            campaign_ended_at=self._ends.of(connection, order.contact.campaign),
        )

    def opt_out(self, connection: Connection, call: str, at: datetime) -> None:
        self._opt_out.run(connection, of_call=call, at=micros(at))

    def end_attempt(self, connection: Connection, end: AttemptEnd) -> None:
        found = self._end_attempt.run(
            connection,
            of_attempt=end.attempt,
            of_call=end.call,
            sip_call_id=end.sip_call_id,
            speech=None if end.speech is None else int(end.speech),
            **_columns(end),
        )
        _one(found.rowcount, f"attempt {end.attempt} is not known")

    def end_call(self, connection: Connection, end: CallEnd) -> None:
        self.end_attempt(connection, end.last)
        last = end.last
        found = self._end_call.run(
            connection,
            of_call=last.call,
            of_contact=end.contact,
            at_its_end=micros(last.ended_at) if is_refusal(last.outcome) else None,
            keys=end.keys,
            path=path_text(end.path),
            **_columns(last),
        )
        _one(found.rowcount, f"call {last.call} is not live: a call has one end")
        ((campaign,),) = self._campaign_of.run(connection, of_call=last.call).fetchall()
        if end.again_at is None:
            self._turns.done(connection, end.contact)
        else:
            self._turns.put_back(connection, end.contact, campaign, end.again_at)
        self._tallies.add(connection, campaign, {f"{OUTCOME}{last.outcome}": 1})


def _one(changed: int, otherwise: str) -> None:
    if changed != 1:
        raise StoreError(otherwise)


def _columns(end: AttemptEnd) -> dict[str, object]:
    return {
        "ended_at": micros(end.ended_at),
        "outcome": str(end.outcome),
        "sip_code": end.outcome.sip_code,
        "q850": end.outcome.q850,
        "post_dial_delay": end.post_dial_delay,
        "answered_at": maybe_micros(end.answered_at),
        "first_packet": end.first_packet,
        "notice_spoken": end.notice_spoken,
        "barge_ins": end.barge_ins,
    }
