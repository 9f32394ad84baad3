"""Evidence that holds outside this machine: signed checkpoints of the audit log, and bundles."""

from __future__ import annotations

from dialer.audit.bundle import BundleReport, read_bundle, write_bundle
from dialer.audit.signing import AuditKey, SignedCheckpoint, public_key

__all__ = [
    "AuditKey",
    "BundleReport",
    "SignedCheckpoint",
    "public_key",
    "read_bundle",
    "write_bundle",
]
