"""A node's log held to its anchors: before it starts, and with every checkpoint after that."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dialer.audit import SignedCheckpoint
from dialer.core.office.audit_chain import AuditRecord, desk_chain
from dialer.core.office.audit_kinds import nodes as kinds
from dialer.errors import AnchorError
from dialer.ports.anchor import Anchor
from dialer.ports.audit import AuditDesk

_log = logging.getLogger(__name__)

_OVERRULES: Final = 1000
"""So many at most are looked at: no node is started that often against its anchors."""
WAY_ON: Final = (
    "Put the right database back (dialer audit verify says what differs), or, where compliance "
    "knows why: dialer audit overrule --why REASON"
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that an anchor has against the log. `sequence` 0: it is silent, or not asked."""

    anchor: str
    chain: str
    sequence: int
    hash: str
    why: str


async def doubts(
    desk: AuditDesk, node: str, anchors: Sequence[Anchor], trusted: Collection[str]
) -> Sequence[Doubt]:
    """All that the anchors have against the log of `node` and of its desk, unless overruled.

    `trusted` are the public keys of ours that a checkpoint may be signed with.
    """
    chains = (node, desk_chain(node))
    last = await desk.records(chain=node, kind=kinds.START, limit=1)
    used = set(last[0].body.get("anchors", ())) if last else set()
    found = [
        Doubt(name, node, 0, "", f"held the log at the last start, and is not configured: {name}")
        for name in sorted(used - {anchor.name for anchor in anchors})
    ]
    for anchor in anchors:
        try:
            remembered = await anchor.remembered(chains)
        except AnchorError as error:
            found.append(Doubt(anchor.name, node, 0, "", str(error)))
            continue
        if anchor.name in used and node not in remembered:
            why = f"the anchor {anchor.name} has lost what it remembered of {node}"
            found.append(Doubt(anchor.name, node, 0, "", why))
        found += await _against(desk, anchor.name, remembered, trusted)
    overruled = await _overruled(desk, node, last)
    return [
        each
        for each in found
        if (each.anchor, each.chain, each.sequence, each.hash) not in overruled
    ]


async def _against(
    desk: AuditDesk,
    name: str,
    remembered: Mapping[str, SignedCheckpoint],
    trusted: Collection[str],
) -> list[Doubt]:
    found = []
    for chain, signed in remembered.items():
        checkpoint = signed.checkpoint
        why = f"the anchor {name} remembers record {checkpoint.sequence} of {chain}, "
        if signed.signer not in trusted or not signed.is_authentic(signed.signer):
            why += "signed by a key that is not ours"
        else:
            there = await desk.hash_at(chain, checkpoint.sequence)
            if there == checkpoint.hash:
                continue
            why += "which this log does not have" if there is None else "which is another here"
        at_hash = checkpoint.hash.hex()
        found.append(Doubt(name, chain, checkpoint.sequence, at_hash, why))
    return found


async def _overruled(
    desk: AuditDesk, node: str, last: Sequence[AuditRecord]
) -> set[tuple[object, ...]]:
    """What was overruled since the last start: it counts for one start."""
    records = await desk.records(kind=kinds.ANCHOR_OVERRULED, limit=_OVERRULES)
    since = last[0].at if last else 0
    return {
        tuple(each.body.get(name) for name in ("anchor", "chain", "sequence", "hash"))
        for each in records
        if each.at >= since and each.body.get("node") == node
    }


class Anchored:
    """Tells the anchors of a running node of each checkpoint."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self.anchors = anchors
        self._silent: set[str] = set()

    @property
    def names(self) -> list[str]:
        return [anchor.name for anchor in self.anchors]

    async def must_agree(self, desk: AuditDesk, node: str, trusted: Collection[str]) -> None:
        """Raises AnchorError, saying what to do, where an anchor has anything against the log."""
        found = await doubts(desk, node, self.anchors, trusted)
        if found:
            told = "; ".join(each.why for each in found)
            raise AnchorError(f"nothing is dialled: {told}. {WAY_ON}")

    async def keep(self, signed: SignedCheckpoint) -> None:
        """One line in the log for an anchor that does not answer, and one when it does again."""
        for anchor in self.anchors:
            try:
                await anchor.keep(signed)
            except AnchorError as error:
                if anchor.name not in self._silent:
                    _log.warning("the anchor %s keeps no checkpoint: %s", anchor.name, error)
                self._silent.add(anchor.name)
            else:
                if anchor.name in self._silent:
                    _log.warning("the anchor %s keeps checkpoints again", anchor.name)
                self._silent.discard(anchor.name)
