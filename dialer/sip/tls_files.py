"""The files of TLS, read before PJSIP does: its own faults say only that something is wrong."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from dialer.errors import LineError
from dialer.reading.pem import authorities_fault, pair_fault
from dialer.sip.settings import TlsSettings

_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
"""Where Debian, Fedora and Alpine keep all their authorities in one file."""


def system_authorities() -> str:
    """The file of the authorities that this machine believes. Raises LineError."""
    for candidate in (ssl.get_default_verify_paths().cafile, *_BUNDLES):
        if candidate and Path(candidate).is_file():
            return candidate
    raise LineError(
        "this machine has no list of certificate authorities: install ca-certificates, or name one "
        "by sip.tls.ca_file"
    )


def check_files(tls: TlsSettings, ca_file: str | None) -> None:
    """Raises LineError where a file cannot be used, saying which and why."""
    authorities = ca_file or tls.ca_file
    fault = authorities_fault(Path(authorities)) if authorities else None
    if fault is not None:
        raise LineError(f"TLS: {authorities} {fault}")
    if tls.certificate and tls.key_file:
        fault = pair_fault(Path(tls.certificate), Path(tls.key_file))
        if fault is not None:
            raise LineError(f"TLS: {tls.certificate} and {tls.key_file}: {fault}")
