"""The Protocol of the store's desk for the audit log: signed, checked, read, taken along."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from dialer.audit import AuditKey, SignedCheckpoint
from dialer.core.office.access import Actor
from dialer.core.office.audit_chain import AuditRecord, Chained, ChainFault
from dialer.core.office.reconciling import Dialled
from dialer.core.values.number import E164


@dataclass(frozen=True, slots=True)
class TableDifference:
    """A row that is not what the log says, in words; with the record that says so, if one does."""

    what: str
    key: str
    how: str
    chain: str | None
    sequence: int | None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a check of the whole log came to."""

    chains: Mapping[str, int]
    """How many records each chain has."""
    checkpoints: int
    """How many authentic checkpoints, stored and given, they were held to."""
    findings: tuple[ChainFault, ...]
    differences: tuple[TableDifference, ...] = ()
    """Rows that are not what the log says; the first 10,000."""
    differences_in_all: int = 0
    from_before: int = 0
    """What rows say that an upgrade took over: held to what they were then."""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and not self.differences_in_all


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """What there is of one call: the files of its bundle, and its place in its chain."""

    chain: str
    stretch: tuple[Chained, ...]
    ours: frozenset[int]
    before: bytes
    files: Mapping[str, bytes] = field(repr=False)


class AuditDesk(Protocol):
    """The audit log of one store."""

    async def key(self, path: Path) -> AuditKey:
        """The key that signs this store's log; made where nothing was ever signed.

        Raises AuditError, saying what to do.
        """
        ...

    async def signed(
        self, key: AuditKey, chain: str, last: Chained, at: datetime
    ) -> SignedCheckpoint:
        """A checkpoint of one record that is in the log: the stored one, or one made now."""
        ...

    async def check(
        self, trusted: Collection[str], given: Sequence[SignedCheckpoint] = ()
    ) -> AuditReport:
        """The whole log against its chains, the stored checkpoints, and those that were `given`.

        `trusted` are public keys in hex; a checkpoint by any other key is a finding.
        """
        ...

    async def records(
        self,
        *,
        call: str | None = None,
        kind: str | None = None,
        chain: str | None = None,
        limit: int | None = None,
    ) -> Sequence[AuditRecord]:
        """Records, the latest first; only those that are asked for."""
        ...

    async def dialled(self, since: datetime, until: datetime) -> Sequence[Dialled]:
        """Attempts and second legs to numbers that the log has in this time, by their hashes."""
        ...

    async def hashed(self, numbers: Sequence[E164]) -> Sequence[str]:
        """The keyed hashes, in hex, that stand for them in the log."""
        ...

    async def hash_at(self, chain: str, sequence: int) -> bytes | None:
        """The hash of one record; None where there is none."""
        ...

    async def overruled(self, body: Mapping[str, Any], at: datetime) -> None:
        """Put on record that somebody lets a node start against an anchor."""
        ...

    async def evidence(self, call: str) -> CallEvidence:
        """What there is of a call, up to the next checkpoint, or the end of its chain.

        Raises AuditError where the log knows of no such call.
        """
        ...

    async def exported(self, call: str, by: Actor, at: datetime) -> None:
        """Put on record that somebody takes a call's evidence along; before they get it."""
        ...
