"""A node among others on one PostgreSQL: its name, its lease, its part of each trunk.

The name is held by a lock of the writer's own session: while that session lives, nobody else
writes under the name, and once it is gone, nothing that it had under way can be committed. The
lease, by the database's clock, tells the others whether a node is alive at all.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Function,
    Integer,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dialer.core.trunks.shares import Capacity
from dialer.errors import StoreError, StoreLockedError
from dialer.store.schema import nodes, trunk_shares
from dialer.store.values import instant

LEASE: Final = 6.0
"""Seconds for which a node counts as alive after it was heard of."""
_UNNOTICED: Final = 10.0
"""Seconds for which the server may not have noticed that a process of this machine is gone."""
_NODES: Final = 0x766E
"""The first half of the locks of nodes' names; the second is the name's hash."""
_ROUNDS: Final = 0x76_6572_6F75_6E64
"""The lock of a round: what nodes say of their shares is read and written by one at a time."""
_SECOND: Final = 1_000_000
_NOW: Final[ColumnElement[int]] = literal_column(
    "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)
# After a restart of the server nobody is taken for dead before they had the time to come back.
_UP_SINCE: Final[ColumnElement[int]] = literal_column(
    "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"
)


@dataclass(frozen=True, slots=True)
class Others:
    """What a node finds of the others when it renews its lease."""

    at: float
    """The database's clock, seconds since 1970."""
    alive: Sequence[str]
    """The names of all that are alive, this node's among them."""
    shares: Mapping[str, Sequence[Capacity]]
    """What the others that are alive say they use, by trunk."""
    dead: Sequence[str]
    """Nodes whose lease is over, and whose calls nobody has closed."""


class Membership:
    """This process under the name `node`. Every method runs within a transaction of PostgreSQL."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._run = uuid.uuid4().hex
        self._entered = False

    def enter(self, connection: Connection) -> None:
        """Hold the name for as long as this session lives; again after a session was lost.

        Raises StoreLockedError where another process holds it, StoreError where the others have
        taken this node for dead and closed its calls.
        """
        waits_until = monotonic() + _UNNOTICED
        while not connection.scalar(select(func.pg_try_advisory_lock(_NODES, _of(self.node)))):
            if not self._holder_is_gone(connection) or monotonic() > waits_until:
                raise StoreLockedError(self._who_holds_it(connection))
            connection.commit()
            sleep(0.1)
        if self._entered:
            run = connection.scalar(select(nodes.c.run).where(nodes.c.name == self.node))
            if run != self._run:
                raise StoreError(
                    f"node {self.node} was away for so long that the others took it for dead and "
                    "closed its calls; start it again"
                )
        else:
            values = {
                "run": self._run,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "since": _NOW,
                "until": _NOW + round(LEASE * _SECOND),
            }
            made = insert(nodes).values(name=self.node, **values)
            connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=values))
            connection.execute(delete(trunk_shares).where(trunk_shares.c.node == self.node))
        connection.commit()
        self._entered = True

    def leave(self, connection: Connection) -> None:
        """The node has ended: whatever it left may be closed at once."""
        connection.execute(
            update(nodes).where(nodes.c.name == self.node, nodes.c.run == self._run).values(until=0)
        )
        connection.execute(delete(trunk_shares).where(trunk_shares.c.node == self.node))
        connection.commit()

    def renew(self, connection: Connection) -> Others:
        """Begin a round: renew the lease, and see who else is there.

        Raises StoreError where this node was taken for dead.
        """
        connection.execute(select(func.pg_advisory_xact_lock(_ROUNDS)))
        renewed = connection.execute(
            update(nodes)
            .where(nodes.c.name == self.node, nodes.c.run == self._run)
            .values(until=_NOW + round(LEASE * _SECOND))
        )
        if renewed.rowcount != 1:
            raise StoreError(f"node {self.node} was taken for dead by the others; start it again")
        now = int(connection.execute(select(_NOW)).scalar_one())
        up_since = int(connection.execute(select(_UP_SINCE)).scalar_one())
        found = connection.execute(select(nodes.c.name, nodes.c.until)).all()
        alive = [name for name, until in found if until > now]
        is_settled = now > up_since + round(2 * LEASE * _SECOND)
        dead = [name for name, until in found if until <= now and (is_settled or until == 0)]
        shares: dict[str, list[Capacity]] = {}
        said = connection.execute(
            select(trunk_shares).where(
                trunk_shares.c.node.in_(alive), trunk_shares.c.node != self.node
            )
        )
        for row in said:
            shares.setdefault(row.trunk, []).append(Capacity(row.channels, row.cps))
        return Others(now / _SECOND, alive, shares, dead)

    def say(self, connection: Connection, shares: Mapping[str, Capacity]) -> None:
        """End a round: what this node uses of each trunk at most."""
        for trunk, share in sorted(shares.items()):
            values = {"channels": share.channels, "cps": share.cps}
            made = insert(trunk_shares).values(node=self.node, trunk=trunk, **values)
            connection.execute(
                made.on_conflict_do_update(index_elements=["node", "trunk"], set_=values)
            )

    def may_bury(self, connection: Connection, dead: str) -> bool:
        """Whether the node is still dead, and nothing of it can be committed any more.

        A session that outlived its lease is ended; the next round will find it gone.
        """
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(_NODES, _of(dead)))):
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                    "AND classid = :nodes AND objid::bigint = :name & 4294967295 AND objsubid = 2 "
                    "AND granted AND database = "
                    "(SELECT oid FROM pg_database WHERE datname = current_database())"
                ),
                {
                    "nodes": _NODES,
                    "name": connection.scalar(select(_of(dead))),
                },
            )
            return False
        until = connection.scalar(select(nodes.c.until).where(nodes.c.name == dead))
        now = int(connection.execute(select(_NOW)).scalar_one())
        return until is not None and until <= now

    @staticmethod
    def bury(connection: Connection, dead: str) -> None:
        """Forget it: its calls were closed."""
        connection.execute(delete(nodes).where(nodes.c.name == dead))
        connection.execute(delete(trunk_shares).where(trunk_shares.c.node == dead))

    def _holder_is_gone(self, connection: Connection) -> bool:
        """Whether the session that has the name ends soon.

        It is our own, which we have lost and the server has not noticed yet; or that of a process
        of this machine which is no more.
        """
        found = connection.execute(select(nodes).where(nodes.c.name == self.node)).first()
        if found is not None and self._entered and found.run == self._run:
            return True
        if found is None or found.host != socket.gethostname() or found.pid == os.getpid():
            return False
        try:
            os.kill(found.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False

    def _who_holds_it(self, connection: Connection) -> str:
        found = connection.execute(select(nodes).where(nodes.c.name == self.node)).first()
        who = "another process" if found is None else f"process {found.pid} on {found.host}"
        since = "" if found is None else f" since {instant(found.since):%Y-%m-%d %H:%M:%S} UTC"
        return (
            f"node {self.node} is run by {who}{since}; give this one a name of its own (node: in "
            "the configuration), or end that process"
        )


def _of(name: str) -> Function[int]:
    return func.hashtext(name, type_=Integer)
