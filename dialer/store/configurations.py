"""`SqlConfigurations`: the ConfigurationDesk of `dialer.ports` on SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.audit_kinds import nodes as kinds
from dialer.core.values.statements import Signature
from dialer.errors import ApprovalError
from dialer.ports.desks import NOT_APPROVED, ConfigurationApproval
from dialer.store.channel import Channel
from dialer.store.queries import configurations as queries
from dialer.store.queries import signing


class SqlConfigurations:
    """Approvals of configurations, in the store that `channel` belongs to."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def last(self, node: str) -> ConfigurationApproval | None:
        return await self._channel.read(lambda connection: queries.last(connection, node))

    async def approve(self, made: ConfigurationApproval, signature: Signature) -> None:
        def work(connection: Connection) -> None:
            signing.keep(connection, signature)
            queries.add(connection, made, signature.digest)
            body = kinds.configuration_approved(made.node, made.digest, made.by, signature.digest)
            self._channel.audit.note(kinds.CONFIGURATION_APPROVED, made.at, body)

        await self._channel.submit(work)

    async def withdraw(self, node: str, by: str, at: datetime, signature: Signature) -> None:
        def work(connection: Connection) -> None:
            last = queries.last(connection, node)
            if last is None or not last.content:
                raise ApprovalError(NOT_APPROVED)
            signing.keep(connection, signature)
            queries.add(connection, ConfigurationApproval(node, "", "", by, at), signature.digest)
            body = kinds.configuration_withdrawn(node, by, signature.digest)
            self._channel.audit.note(kinds.CONFIGURATION_WITHDRAWN, at, body)

        await self._channel.submit(work)
