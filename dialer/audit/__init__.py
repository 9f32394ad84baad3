"""Evidence that holds outside this machine: signed checkpoints, certificates, and bundles."""

from __future__ import annotations

from dialer.audit.bundle import BundleReport, read_bundle, write_bundle
from dialer.audit.certificates import SignedCertificate
from dialer.audit.signing import AuditKey, SignedCheckpoint, public_key

__all__ = [
    "AuditKey",
    "BundleReport",
    "SignedCertificate",
    "SignedCheckpoint",
    "public_key",
    "read_bundle",
    "write_bundle",
]
