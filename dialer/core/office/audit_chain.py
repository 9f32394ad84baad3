"""The audit log as a chain: each record carries a hash over itself and all before it.

    hash(n) = SHA-256( hash(n-1) | SHA-256(canonical bytes of record n) )     hash(0): 32 zero bytes

The record goes in by its own digest, so that a stretch of the chain can be shown to an outsider who
may read only some of its records: of the others he gets the digests. One node writes one chain,
without a gap. Who changes, removes, inserts or reorders a record breaks the chain at that place.
Who rewrites everything after it, or cuts the end off, is at odds with the checkpoints: hashes of
single records, signed and told outside (`dialer.audit`). Nothing after the last checkpoint is
protected against rewriting, so checkpoints are frequent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_encode: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode

GENESIS: Final = bytes(32)
"""What the first record of a chain follows."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that happened on one node. `sequence` counts from 1 without a gap.

    `at` is in whole microseconds since 1970, UTC. `body` is what JSON can hold, with no personal
    data in clear: the log outlives the contacts.
    """

    node: str
    sequence: int
    at: int
    kind: str
    body: Mapping[str, Any]
    written: str | None = field(default=None, compare=False, repr=False)
    """The body as it was found on a disk: it is that to the byte that is hashed then."""

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: what stands for the record in the chain."""
        return hashlib.sha256(self.canonical()).digest()

    def canonical(self) -> bytes:
        """The bytes that are hashed: JSON, keys in order, no space, UTF-8. ValueError for NaN."""
        body = canonical(self.body) if self.written is None else self.written
        return _whole(self.node, self.sequence, self.at, self.kind, body)


@dataclass(frozen=True, slots=True)
class Chained:
    """A record with its hash, 32 bytes, as it is stored."""

    record: AuditRecord
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the chain was once: the hash of record `sequence`, as it was told outside."""

    node: str
    sequence: int
    hash: bytes
    at: int

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        whole = ["veridial checkpoint", self.node, self.sequence, self.hash.hex(), self.at]
        return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Something wrong at one place of a chain, in words."""

    node: str
    sequence: int
    what: str


def desk_chain(node: str) -> str:
    """The name of the chain that clerks write beside the node."""
    return f"{node}/desk"


def canonical(body: Mapping[str, Any]) -> str:
    """A record's body as it is hashed, and kept. ValueError for NaN and what is no Unicode."""
    text = _encode(body)
    text.encode()
    return text


def digest_of(node: str, sequence: int, at: int, kind: str, body: str) -> bytes:
    """The digest of a record whose body was written by `canonical` already."""
    return hashlib.sha256(_whole(node, sequence, at, kind, body)).digest()


def chain(previous: bytes, record: AuditRecord) -> Chained:
    """`record` as the next after the one whose hash is `previous` (32 bytes)."""
    return Chained(record, link(previous, record.digest()))


def link(previous: bytes, digest: bytes) -> bytes:
    """The chain's next hash, from the last one and the digest of the record that follows it."""
    return hashlib.sha256(previous + digest).digest()


def verify(
    node: str, stored: Iterable[Chained], checkpoints: Sequence[Checkpoint] = ()
) -> list[ChainFault]:
    """Everything that is wrong with the chain of `node`, in the order of the chain; none if good.

    `stored` is in the order of the sequence numbers and may be longer than memory. `checkpoints`
    must be authentic already; those of other nodes are passed over.
    """
    findings: list[ChainFault] = []
    promised: dict[int, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        if checkpoint.node == node:
            promised.setdefault(checkpoint.sequence, []).append(checkpoint)
    last = Chained(AuditRecord(node, 0, 0, "", {}), GENESIS)
    for each in stored:
        findings += _against_previous(node, last, each)
        findings += _against_promise(each, promised.pop(each.record.sequence, []))
        last = each
    findings += _never_seen(last, promised)
    return findings


def _whole(node: str, sequence: int, at: int, kind: str, body: str) -> bytes:
    return f"[{_encode(node)},{sequence},{at},{_encode(kind)},{body}]".encode()


def _against_previous(node: str, last: Chained, each: Chained) -> list[ChainFault]:
    before, sequence = last.record.sequence, each.record.sequence
    if each.record.node != node:
        return [ChainFault(node, sequence, "is another node's record")]
    if sequence == before + 2:
        return [ChainFault(node, before + 1, "is missing")]
    if sequence > before + 1:
        return [ChainFault(node, before + 1, f"is missing, and all up to {sequence - 1}")]
    if sequence <= before:
        return [ChainFault(node, sequence, f"comes after {before}: doubled, or out of order")]
    if chain(last.hash, each.record).hash != each.hash:
        return [
            ChainFault(node, sequence, f"is not what followed {before}: one of the two was changed")
        ]
    return []


def _against_promise(each: Chained, promised: Sequence[Checkpoint]) -> list[ChainFault]:
    return [
        ChainFault(
            each.record.node,
            each.record.sequence,
            "differs from its signed checkpoint: it, or a record before it, was changed",
        )
        for checkpoint in promised
        if checkpoint.hash != each.hash
    ]


def _never_seen(last: Chained, promised: Mapping[int, Sequence[Checkpoint]]) -> list[ChainFault]:
    """Checkpoints of records that are not there; where the gap was told already, not again."""
    beyond = [sequence for sequence in promised if sequence > last.record.sequence]
    if not beyond:
        return []
    ends = last.record.sequence
    return [
        ChainFault(
            last.record.node,
            ends + 1,
            f"is missing, and all after it: the log ends at {ends}, but {max(beyond)} was signed",
        )
    ]
