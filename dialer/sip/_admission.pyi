# ruff: noqa: PYI021  the extension has no other place for its documentation
"""Who and what is taken in: everything that comes to the SIP ports is judged here first.

Before PJSIP parses: data and connections of no listed source, or by a weaker transport than listed,
and more than a source, or all together, may send. Before a transaction is made: INVITEs beyond
their rate (dropped), `maddr` (400), methods that are not served (405), INVITEs without the digest
that their trunk asks for (401), or with a wrong one (403), and all from a connection without its
certificate (403). Connections that stay silent are ended. Tables are of fixed size, and each
judgement takes the same time whoever sends.
"""

from collections.abc import Mapping, Sequence

def install(openings: float = ..., first_message: float = ..., idle: float = ...) -> None:
    """Judge from now on: after libInit(), before the first transport. Nobody is listed yet.

    `openings`: INVITEs outside a dialog that one address may send in a second, all of them twice as
    many. A connection is ended when `first_message` seconds have brought no whole message, TLS
    handshake included, or `idle` seconds no further one. Raises RuntimeError.
    """

def ask(
    realm: str,
    digests: Mapping[int, tuple[str, str, Sequence[str]]],
    certificates: Mapping[int, tuple[bytes, Sequence[str], str]],
) -> None:
    """Have trunks, by their numbers, ask for proof. After install(), before allow().

    A digest is a user name, a password, and algorithms by preference, of `SHA-256` and `MD5`. A
    certificate has authorities in PEM, the names that it may hold, and the host of the trunk to
    which connections of our own prove it as well. Where one trunk at an address
    asks for a digest, all who open a call from there are challenged. Raises ValueError, and
    RuntimeError where OpenSSL has no random bytes.
    """

def may_be_of(trunk: int) -> bool:
    """Whether the call that is coming in has proved what this trunk asks for.

    On the SIP thread, within the callback that tells of the call.
    """

def is_of(trunk: int) -> None:
    """The call that is coming in is this trunk's: requests within it are taken from no other.

    Where `may_be_of` is asked.
    """

def allow(sources: Sequence[tuple[str, str, int]], /) -> None:
    """List who may reach us, in place of all before. On the SIP thread.

    Each is an IPv4 address or `address/length`, the weakest transport that it may use, of `udp`,
    `tcp` and `tls`, and the number of its trunk, below 256. What belongs to a dialog is taken from
    its trunk only: of an outbound call who is called by its transport where our INVITE went, of an
    inbound call as `is_of` says. Raises ValueError.
    """

def tend() -> None:
    """End connections that are silent for too long. On the SIP thread, often."""

def counts() -> dict[str, int]:
    """What was not taken in since the process began, by cause; every cause is there. Any thread."""

def last_stranger() -> str:
    """The address that the last stranger wrote, which need not be its own; empty for none."""
