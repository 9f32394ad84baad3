"""The files of TLS, read before PJSIP does: its own faults say only that something is wrong."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from dialer.errors import LineError
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authorities = ca_file or tls.ca_file
    if authorities:
        try:
            context.load_verify_locations(authorities)
        except (OSError, ValueError) as error:
            raise LineError(f"TLS: {authorities} holds no certificates ({error})") from None
    if tls.certificate:
        try:
            context.load_cert_chain(tls.certificate, tls.key_file, password=_no_password)
        except (OSError, ValueError) as error:
            raise LineError(
                f"TLS: {tls.certificate} and {tls.key_file} are no certificate with its key "
                f"({error})"
            ) from None


def _no_password() -> str:
    """OpenSSL would ask on the terminal."""
    raise ValueError("the key is protected by a password")
