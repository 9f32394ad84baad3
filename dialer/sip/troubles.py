"""Connections that have come to an end, and why a carrier cannot be reached by TLS."""

from __future__ import annotations

import logging

from dialer.core.trunks.trunk_state import StateReason
from dialer.sip import _transport

_log = logging.getLogger(__name__)

_WORDS = {
    StateReason.CERTIFICATE_EXPIRED: "its certificate has run out, or is not valid yet",
    StateReason.CERTIFICATE_NAME: "its certificate names somebody else",
    StateReason.CERTIFICATE_UNTRUSTED: "no trusted authority has issued its certificate",
}


class Troubles:
    """What is wrong with the certificates of far sides, by the name that they go by."""

    def __init__(self) -> None:
        self._bad: dict[str, StateReason] = {}
        self._lost: list[tuple[str, int]] = []

    def lost(self) -> list[tuple[str, int]]:
        """Far sides whose connection has ended since the last call: name or address, and port."""
        self.tell()
        lost, self._lost = self._lost, []
        return lost

    def tell(self) -> None:
        """Hear of what has changed; each certificate at fault is logged once until it is mended."""
        for name, port, up, certificate, _status in _transport.changes():
            if up:
                self._bad.pop(name, None)
                continue
            self._lost.append((name, port))
            if certificate:
                why = certificate_fault(certificate)
                if self._bad.get(name) is not why:
                    _log.warning("TLS to %s:%d refused: %s", name, port, _WORDS[why])
                self._bad[name] = why

    def why(self, name: str) -> StateReason:
        """Why the host `name` could not be reached."""
        self.tell()
        return self._bad.get(name.lower(), StateReason.UNREACHABLE)


def certificate_fault(flags: int) -> StateReason:
    """What is worst about a certificate, from the flags that PJSIP has found.

    Who is not believed can claim any name and any time, so that comes first.
    """
    if flags & ~(_transport.EXPIRED | _transport.WRONG_NAME):
        return StateReason.CERTIFICATE_UNTRUSTED
    if flags & _transport.WRONG_NAME:
        return StateReason.CERTIFICATE_NAME
    return StateReason.CERTIFICATE_EXPIRED
