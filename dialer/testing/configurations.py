"""A ConfigurationDesk in memory, which forgets."""

from __future__ import annotations

from datetime import datetime

from dialer.core.values.statements import Signature
from dialer.errors import ApprovalError, SignatureError
from dialer.ports.desks import NOT_APPROVED, ConfigurationApproval


class MemoryConfigurations:
    """Approvals that are gone with the process."""

    def __init__(self) -> None:
        self._made: dict[str, ConfigurationApproval] = {}
        self._served: set[str] = set()

    async def last(self, node: str) -> ConfigurationApproval | None:
        return self._made.get(node)

    async def approve(self, made: ConfigurationApproval, signature: Signature) -> None:
        self._serves(signature)
        self._made[made.node] = made

    async def withdraw(self, node: str, by: str, at: datetime, signature: Signature) -> None:
        last = self._made.get(node)
        if last is None or not last.content:
            raise ApprovalError(NOT_APPROVED)
        self._serves(signature)
        self._made[node] = ConfigurationApproval(node, "", "", by, at)

    def _serves(self, signature: Signature) -> None:
        if signature.digest in self._served:
            raise SignatureError("this signature has served already: sign anew")
        self._served.add(signature.digest)
