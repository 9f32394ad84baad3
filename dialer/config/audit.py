"""Where the audit log is anchored outside: the `audit` section."""

from __future__ import annotations

from dialer.reading.fields import FilePath, WitnessAt
from dialer.reading.validate import Section


class Audit(Section):
    """Anchors of the audit log: places outside that remember its last checkpoint.

    A node compares its log with each of them, and does not start where one disagrees
    (docs/audit.md).
    """

    anchor_file: FilePath | None = None
    """A file on another disk, best one that this machine's users cannot write. Each node has one of
    its own."""
    anchor_mqtt: bool = False
    """The checkpoint is retained by the broker of `mqtt:`, and asked of it at the start."""
    witness: WitnessAt | None = None
    """A server of somebody else that keeps checkpoints: `GET URL/CHAIN` and `PUT URL/CHAIN`. Plain
    `http://` only on this machine."""
