# ruff: noqa: PYI021  the extension has no other place for its documentation
"""Who and what is taken in: everything that comes to the SIP ports is judged here first.

Before PJSIP parses: data and connections of no listed source, or by a weaker transport than listed,
and more than a source, or all together, may send. Before a transaction is made: INVITEs beyond
their rate (dropped), `maddr` (400) and methods that are not served (405). Connections that stay
silent are ended. Tables are of fixed size, and each judgement takes the same time whoever sends.
"""

from collections.abc import Sequence

def install(openings: float = ..., first_message: float = ..., idle: float = ...) -> None:
    """Judge from now on: after libInit(), before the first transport. Nobody is listed yet.

    `openings`: INVITEs outside a dialog that one address may send in a second, all of them twice as
    many. A connection is ended when `first_message` seconds have brought no whole message, TLS
    handshake included, or `idle` seconds no further one. Raises RuntimeError.
    """

def allow(sources: Sequence[tuple[str, str, int]], /) -> None:
    """List who may reach us, in place of all before. On the SIP thread.

    Each is an IPv4 address or `address/length`, the weakest transport that it may use, of `udp`,
    `tcp` and `tls`, and the number of its trunk, below 256. What belongs to a dialog is taken from
    its trunk only, which is who was at the address where our first message went. Raises ValueError.
    """

def tend() -> None:
    """End connections that are silent for too long. On the SIP thread, often."""

def counts() -> dict[str, int]:
    """What was not taken in since the process began, by cause; every cause is there. Any thread."""

def last_stranger() -> str:
    """The address that the last stranger wrote, which need not be its own; empty for none."""
