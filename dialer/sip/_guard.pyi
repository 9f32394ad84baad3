# ruff: noqa: PYI021  the extension has no other place for its documentation
"""The native guard: no request leaves that shows anybody who is not listed for where it goes.

INVITE, UPDATE, REFER and every method that the guard does not know are examined, byte by byte as
they would be sent; ACK, BYE, CANCEL, INFO, NOTIFY, OPTIONS, PRACK and REGISTER are not. One table
and one set of counts a process. Everything may be called on any thread.
"""

from collections.abc import Mapping, Sequence
from typing import Final

VETOED: Final[int]
"""The PJSIP status in which a vetoed request ends."""

class Identities:
    """Who may be shown at one destination: texts of the user part of a URI, compared as they are.

    `numbers` are three digits or more, with or without a plus; `users` are whatever else has to be
    named: a Contact's user, a trunk's account. An INVITE must show a number in From, P-Asserted-
    or P-Preferred-Identity, and every other claim in it must be listed too. `signed_as` has the
    E.164 digits of those numbers that a PASSporT may attest (RFC 8224): an Identity header stands
    in INVITEs only, once, and attests the number shown and the callee. `dialled` has what stands
    before the digits of a callee's number there, such as `+`: with any, the Request-URI of an
    INVITE that opens a dialog holds such a number, six digits at most, or a name. Raises
    ValueError for what is no number, what cannot stand in a URI, and `anonymous` and its like.
    """

    def __init__(
        self,
        numbers: Sequence[str],
        users: Sequence[str] = (),
        signed_as: Mapping[str, str] = ...,
        dialled: Sequence[str] = (),
    ) -> None: ...
    def judge(self, message: bytes) -> str:
        """Why the whole request `message` may not leave; empty where it may."""

def install() -> None:
    """Put the guard into PJSIP's way: after libInit(), before the first request.

    Until `allow` nothing that is examined passes. Raises RuntimeError.
    """

def allow(table: Mapping[str, Identities], labs: Mapping[str, Sequence[str]] = ...) -> None:
    """Replace who may be shown where, at once and as a whole; what is not listed is vetoed.

    A destination is `address:port` or `[address]:port`; or the host's name as it stands in the
    URI, for addresses that PJSIP finds by DNS. A dialog that an INVITE has opened keeps what its
    INVITE was allowed, wherever the far side's Contact is. `labs` has the networks,
    `address/length`, that destinations of the table are held to: what goes to any other address,
    because DNS or a Contact says so, is vetoed. Raises ValueError.
    """

def vetoes() -> list[tuple[str, str, str, str]]:
    """(method, destination, Call-ID, cause) of each veto since the last call; at most 256."""

def was_vetoed(transaction: int) -> bool:
    """Whether this pjsip_transaction, by address, was ended by a veto. On the SIP thread."""

def invites() -> int:
    """INVITEs examined, retransmissions included, since the process began."""

def vetoes_by_cause() -> dict[str, int]:
    """How many vetoes each cause has brought since the process began; every cause is there."""
