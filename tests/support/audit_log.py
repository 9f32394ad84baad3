"""A node's audit log for tests: some calls, record after record."""

from __future__ import annotations

import hashlib
import random

from dialer.core.office.audit_chain import GENESIS, AuditRecord, Chained, Checkpoint, chain

NODE = "node-1"
FILES = {"cdr.json": b'{"outcome": "callee.declined"}', "consent.json": bytes(range(256)) * 20}
"""What a bundle holds that is proven."""
_CONSENT_AT = 13


def a_log(length: int = 60, seed: int = 1) -> list[Chained]:
    """Records of several calls, mixed; two of them hold the digests of `FILES`."""
    lot = random.Random(seed)
    stored: list[Chained] = []
    previous = GENESIS
    for sequence in range(1, length + 1):
        body: dict[str, object] = {
            "attempt": f"{lot.getrandbits(64):x}",
            "rules": ["a", "b"],
            "n": lot.randrange(9),
        }
        kind = lot.choice(["verdict", "route", "refusal", "look"])
        for at, name, its, field in (
            (length, "cdr.json", "call_end", "cdr"),
            (_CONSENT_AT, "consent.json", "attempt", "consent"),
        ):
            if sequence == at:
                kind = its
                body[field] = hashlib.sha256(FILES[name]).hexdigest()
        record = AuditRecord(NODE, sequence, 10**15 + sequence * 1000, kind, body)
        stored.append(chain(previous, record))
        previous = stored[-1].hash
    return stored


def checkpoint(stored: list[Chained], position: int = -1) -> Checkpoint:
    """The checkpoint of one record of the log."""
    each = stored[position]
    return Checkpoint(NODE, each.record.sequence, each.hash, each.record.at)
