"""A ConfigurationDesk in memory, which forgets."""

from __future__ import annotations

from dialer.core.values.statements import Signature
from dialer.ports.desks import ConfigurationApproval


class MemoryConfigurations:
    """Approvals that are gone with the process."""

    def __init__(self) -> None:
        self._made: dict[str, ConfigurationApproval] = {}

    async def last(self, node: str) -> ConfigurationApproval | None:
        return self._made.get(node)

    async def approve(self, made: ConfigurationApproval, signature: Signature) -> None:
        assert signature.by == made.by  # noqa: S101 -- a fake for tests
        self._made[made.node] = made
