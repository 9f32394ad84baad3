"""A request of the dialer's as text, the way PJSIP prints it."""

from __future__ import annotations

from typing import Final

LISTED: Final = "+861065550100"
HONEST: Final = f"<sip:{LISTED}@192.0.2.1>"
"""What From shows, unless a test says otherwise."""

_SDP: Final = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"


def request(*extra: tuple[str, str], shows: str = HONEST, method: str = "INVITE") -> bytes:
    """With `extra` headers (name, value) in their midst."""
    lines = [
        ("Via", "SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bKPj5d1c"),
        ("Max-Forwards", "70"),
        ("From", f"{shows};tag=8d6e-1"),
        ("To", "<sip:+8613912345678@192.0.2.9>"),
        ("Contact", "<sip:veridial@192.0.2.1:5070>"),
        ("Call-ID", "0b8f7a1e-3f"),
        ("CSeq", f"2086 {method}"),
        ("Allow", "PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, NOTIFY, REFER, MESSAGE, OPTIONS"),
        ("Supported", "replaces, 100rel, timer, norefersub, trickle-ice"),
        ("Session-Expires", "1800"),
        ("Min-SE", "90"),
        ("User-Agent", "Veridial/0.1"),
        *extra,
        ("Content-Type", "application/sdp"),
        ("Content-Length", f"{len(_SDP):5}"),
    ]
    head = [f"{name}: {value}" for name, value in lines]
    return "\r\n".join([f"{method} sip:+8613912345678@192.0.2.9 SIP/2.0", *head, "", _SDP]).encode()
