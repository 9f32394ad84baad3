# ruff: noqa: PYI021  the extension has no other place for its documentation
"""ICMP errors of the SIP sockets: an INVITE that met a closed UDP port ends at once.

RFC 3261 18.4 wants it so; by itself PJSIP would send copies of the INVITE for 32 s. Everything
here belongs to the SIP thread.
"""

def install() -> None:
    """Hear of such errors from the next request on: after libInit(). Raises RuntimeError."""

def tend() -> None:
    """End the INVITE transactions that the network has refused, and that drew no reply yet.

    To be called often: the sockets stay readable until it was.
    """

def was_refused(transaction: int) -> bool:
    """Whether this pjsip_transaction, by address, was ended so."""

def refused() -> int:
    """INVITEs ended so since the process began."""
