"""Approved configurations in the tables, as the gate asks for them in every attempt."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, insert, literal_column, select

from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.statements import Act, digest_of
from dialer.ports.desks import ConfigurationApproval
from dialer.store.prepared import Prepared
from dialer.store.queries import signing
from dialer.store.schema import access_tokens, approved_configurations
from dialer.store.values import instant, micros

_MOST_KNOWN: Final = 64


class Configurations:
    """The last approval of a node's configuration; its signature is checked once."""

    def __init__(self, dialect: Dialect) -> None:
        table = approved_configurations.c
        self._last = Prepared(
            dialect,
            select(table.id)
            .where(table.node == bindparam("of_node"))
            .order_by(table.id.desc())
            .limit(literal_column("1")),
        )
        self._anybody = Prepared(dialect, select(access_tokens.c.id).limit(literal_column("1")))
        self._known: dict[int, ApprovedConfiguration] = {}

    def of(self, connection: Connection, node: str) -> ApprovedConfiguration | None:
        """None where nothing was approved and nobody was ever given access."""
        last = self._last.run(connection, of_node=node).fetchone()
        if last is None:
            staffed = self._anybody.run(connection).fetchone() is not None
            return ApprovedConfiguration(None) if staffed else None
        known = self._known.get(last[0])
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[last[0]] = _checked(connection, last[0])
        return known


def last(connection: Connection, node: str) -> ConfigurationApproval | None:
    """The last approval, as people see it."""
    table = approved_configurations.c
    row = connection.execute(
        select(approved_configurations).where(table.node == node).order_by(table.id.desc()).limit(1)
    ).first()
    if row is None:
        return None
    return ConfigurationApproval(row.node, row.digest, row.content, row.by, instant(row.at))


def add(connection: Connection, made: ConfigurationApproval, signed: str) -> None:
    connection.execute(
        insert(approved_configurations).values(
            node=made.node,
            digest=made.digest,
            content=made.content,
            by=made.by,
            at=micros(made.at),
            signed=signed,
        )
    )


def _checked(connection: Connection, id_: int) -> ApprovedConfiguration:
    table = approved_configurations.c
    row = connection.execute(select(approved_configurations).where(table.id == id_)).one()
    signed = signing.holds(
        connection,
        row.signed,
        Act.APPROVE_CONFIGURATION,
        row.by,
        node=row.node,
        configuration=digest_of(row.content),
    )
    return ApprovedConfiguration(row.content, signed)
