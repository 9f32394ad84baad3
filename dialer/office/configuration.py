"""The effective configuration: what differs from the approved one, and its approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialer.config.effective import effective_of
from dialer.core.gate.configuration import (
    ConfigurationChange,
    Value,
    canonical,
    compare,
    digest_of,
    read,
)
from dialer.core.office.access import Right
from dialer.core.values.statements import Act, Signed, Statement
from dialer.errors import ApprovalError
from dialer.office.request import Request
from dialer.office.signing import checked, stated
from dialer.ports.desks import NOT_APPROVED, ConfigurationApproval


@dataclass(frozen=True, slots=True)
class Compared:
    """A node's configuration beside the last that was approved; all of it, where none was."""

    node: str
    digest: str
    effective: Mapping[str, Value]
    approved: ConfigurationApproval | None
    changes: Sequence[ConfigurationChange]

    @property
    def needs_approval(self) -> bool:
        """Whether it is looser anywhere than what was approved."""
        return self.approved is None or not all(change.tightens for change in self.changes)


async def compared(request: Request) -> Compared:
    """The configuration as it is now, and what differs from what was approved."""
    effective, node = effective_of(request.config), request.config.node
    last = None
    if request.store.exists:
        async with request.store.reading() as desks:
            last = await desks.configurations.last(node)
    before = None if last is None else read(last.content)
    changes = compare(before or {}, effective)
    return Compared(node, digest_of(canonical(effective)), effective, last, changes)


async def to_approve(request: Request) -> Statement:
    """What one signs to approve the configuration as it is now."""
    who = await request.acting(Right.APPROVE_CONFIGURATIONS)
    now = await compared(request)
    return _approval(request, now, who.name)


async def approve(request: Request, signed: Signed | None = None) -> Compared:
    """Approve the configuration as it is now, by one's signature over `to_approve`.

    Returns what changed by it. Raises AccessError, SignatureError.
    """
    who = await request.acting(Right.APPROVE_CONFIGURATIONS)
    now = await compared(request)
    async with request.store.writing() as desks:
        signature = await checked(request, desks, _approval(request, now, who.name), signed)
        made = ConfigurationApproval(
            now.node, now.digest, canonical(now.effective), who.name, request.utc()
        )
        await desks.configurations.approve(made, signature)
    return now


async def to_withdraw(request: Request) -> Statement:
    """What one signs to take the approval of this node's configuration back.

    Raises AccessError, and ApprovalError where none is approved.
    """
    who = await request.acting(Right.APPROVE_CONFIGURATIONS)
    return await _withdrawal(request, who.name)


async def withdraw(request: Request, signed: Signed | None = None) -> str:
    """Take the approval back, by one's signature over `to_withdraw`; the node's name.

    Raises AccessError, SignatureError, ApprovalError.
    """
    who = await request.acting(Right.APPROVE_CONFIGURATIONS)
    node = request.config.node
    wanted = await _withdrawal(request, who.name)
    async with request.store.writing() as desks:
        signature = await checked(request, desks, wanted, signed)
        await desks.configurations.withdraw(node, who.name, request.utc(), signature)
    return node


async def _withdrawal(request: Request, who: str) -> Statement:
    async with request.store.reading() as desks:
        last = await desks.configurations.last(request.config.node)
    if last is None or not last.content:
        raise ApprovalError(NOT_APPROVED)
    return stated(request, Act.WITHDRAW_CONFIGURATION, who, node=request.config.node)


def _approval(request: Request, now: Compared, who: str) -> Statement:
    return stated(request, Act.APPROVE_CONFIGURATION, who, node=now.node, configuration=now.digest)
