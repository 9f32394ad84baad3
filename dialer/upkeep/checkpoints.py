"""A node as its audit log sees it: its start, its end, and checkpoints in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection

from dialer import __version__
from dialer.audit import AuditKey, SignedCheckpoint
from dialer.core.gate.clock_sanity import CLOCK_SANE, Reading, is_behind
from dialer.core.gate.jurisdiction import Effective
from dialer.core.office.audit_chain import desk_chain
from dialer.core.office.audit_kinds import nodes as kinds
from dialer.errors import DialerError
from dialer.store import SqlStore
from dialer.store.audit import SqlAudit
from dialer.upkeep.anchoring import Anchored

_log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 10.0
"""So long at most is what was written not under a signature."""
EVERY_RECORDS: Final = 1000
_LOOK: Final = 1.0

Tell = Callable[[datetime, SignedCheckpoint], None]


class Audited:
    """The audit log of a running node, from `begin` to `end`; `keep_signing` runs in between.

    It signs the chain of the node, and that of the clerks beside it. `read` is the node's clock.
    """

    def __init__(
        self,
        store: SqlStore,
        node: str,
        read: Callable[[], Reading],
        tell: Tell,
        anchored: Anchored | None = None,
    ) -> None:
        self._channel = store.channel
        self._audit = SqlAudit(store.channel)
        self._node = node
        self._read = read
        self._tell = tell
        self._anchored = anchored or Anchored(())
        self._kept: dict[str, int] = {}
        self._key: AuditKey | None = None
        self._unwritten: list[tuple[str, Reading, Mapping[str, str]]] = []

    def held(self, rule: str, why: str) -> None:
        """A rule holds the node from now on; without a `why`, no longer. Written within a second.

        What holds it may be the database itself: then it is written when that is back.
        """
        if why:
            self._unwritten.append((kinds.HELD, self._read(), kinds.held(self._node, rule, why)))
        else:
            body = kinds.released(self._node, rule)
            self._unwritten.append((kinds.RELEASED, self._read(), body))

    async def begin(
        self,
        key: Path,
        settings: Mapping[str, str],
        law: Sequence[Effective],
        unsafe: Sequence[str] = (),
        started: kinds.StartedBy | None = None,
    ) -> None:
        """Note the start, with what is new in the configuration since the last one, and the law.

        `unsafe` are the protections that are left off, `started` tells who did it. Raises
        AuditError where there is no key to sign with, AnchorError where an anchor has anything
        against the log.
        """
        self._key = await self._audit.key(key)
        await self._anchored.must_agree(self._audit, self._node, {self._key.public})
        last = await self._audit.records(chain=self._node, kind=kinds.START, limit=1)
        before: Mapping[str, str] = last[0].body.get("configuration", {}) if last else {}
        anchors = self._anchored.names
        body = kinds.start(__version__, settings, before, law, unsafe, started, anchors)
        read = self._read()
        await self._channel.submit(
            lambda connection: self._note(connection, kinds.START, read, body)
        )
        await self._sign()

    async def keep_signing(self) -> None:
        """Sign every so many records or seconds; while the store is away it waits."""
        signed_at = monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            await self._write()
            is_much = self._audit.unsigned >= EVERY_RECORDS
            if not is_much and monotonic() - signed_at < EVERY_SECONDS:
                continue
            try:
                await self._sign()
            except DialerError as error:
                _log.warning("the audit log was not signed: %s", error)
            signed_at = monotonic()

    async def end(self) -> None:
        """Note the end of the node and sign it. Raises StoreError."""
        await self._write()
        read, body = self._read(), kinds.stop(self._node)
        await self._channel.submit(
            lambda connection: self._note(connection, kinds.STOP, read, body)
        )
        await self._sign()

    async def _write(self) -> None:
        """Write what was told of; what the store does not take is offered to it again."""
        told = tuple(self._unwritten)
        if not told:
            return

        def work(connection: Connection) -> None:
            for kind, read, body in told:
                self._note(connection, kind, read, body)

        try:
            await self._channel.submit(work)
        except DialerError as error:
            _log.warning("the audit log does not have yet what held the node: %s", error)
        else:
            del self._unwritten[: len(told)]

    def _note(
        self, connection: Connection, kind: str, read: Reading, body: Mapping[str, Any]
    ) -> None:
        """Write a record of the node: in order, and telling what a clock shows that is in doubt.

        What held a node whose database was away is written late, and earlier than others by right.
        """
        at, last = read.at, None
        if kind in {kinds.START, kinds.STOP} or body.get("rule") == CLOCK_SANE:
            last = self._channel.audit.last_at(connection)
        if last is not None and is_behind(at, last):
            at = last
        if at != read.shown:
            body = kinds.by_doubted_clock(body, read.shown)
        self._channel.audit.note(kind, at, body)

    async def _sign(self) -> None:
        if self._key is None:
            return
        at, chains = self._read().at, (self._node, desk_chain(self._node))
        await self._audit.sign(self._key, chains, at)
        # Clerks sign their own work, and tell nobody: what is the last of theirs is told here.
        for chain in chains:
            signed = await self._audit.last_checkpoint(chain)
            if signed is not None and signed.checkpoint.sequence > self._kept.get(chain, 0):
                self._kept[chain] = signed.checkpoint.sequence
                self._tell(at, signed)
                await self._anchored.keep(signed)


async def sign_desk(store: SqlStore, node: str, key: Path, at: datetime) -> None:
    """Sign what a clerk has written, where it has."""
    audit = SqlAudit(store.channel)
    if audit.unsigned:
        await audit.sign(await audit.key(key), (desk_chain(node),), at)
