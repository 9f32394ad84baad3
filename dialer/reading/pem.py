"""What is wrong with PEM files of TLS, in words: OpenSSL's own say little."""

from __future__ import annotations

import ssl
from pathlib import Path


def authorities_fault(file: Path) -> str | None:
    """Why nobody can be believed by this file of authorities; None where somebody can."""
    try:
        _context().load_verify_locations(file)
    except (OSError, ValueError) as error:
        return f"holds no certificates in PEM ({_said(error)})"
    return None


def pair_fault(certificate: Path, key: Path) -> str | None:
    """Why these are no certificate with its key; None where they are."""
    try:
        _context().load_cert_chain(certificate, key, password=_no_password)
    except _PasswordError:
        return "the key is protected by a password; it must not be"
    except (OSError, ValueError) as error:
        return f"are no certificate in PEM with its key ({_said(error)})"
    return None


class _PasswordError(Exception):
    pass


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _no_password() -> str:
    # OpenSSL would ask on the terminal.
    raise _PasswordError


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "not readable"
    return str(reason).lower().replace("_", " ")
