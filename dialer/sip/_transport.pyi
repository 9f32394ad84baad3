# ruff: noqa: PYI021  the extension has no other place for its documentation
"""Below SIP: where names lead, what became of secure connections, and what PJSIP complains of.

PJSIP asks this module for every name instead of waiting for DNS on the SIP thread. A name is asked
for as (host in small letters, port or 0, transport), transport being `udp`, `tcp`, `tls`, or empty
where the URI leaves it open. A target is (IP address, port, transport).
"""

from collections.abc import Sequence
from typing import Final

EXPIRED: Final[int]
"""Flag of a certificate that has run out, or is not valid yet."""
WRONG_NAME: Final[int]
"""Flag of a certificate that names somebody else (RFC 5922 7.2)."""

def install() -> None:
    """Make PJSIP ask and tell here: after libInit(), before the first transport.

    Forgets everything of an endpoint before. Raises RuntimeError.
    """

def point(name: str, port: int, transport: str, targets: Sequence[tuple[str, int, str]], /) -> None:
    """Have the name lead to `targets`, tried in order; with none it cannot be resolved.

    Who is sent to at one of its TLS targets, named by its address, is verified by the name. Runs on
    the SIP thread, as whoever waits for the name is answered. Raises ValueError.
    """

def answer(
    name: str, port: int, transport: str, targets: Sequence[tuple[str, int, str]], /
) -> None:
    """The same, only for the requests that wait now."""

def give_up_register(request_uri: str, user: str) -> bool:
    """End a REGISTER that waits for its reply as if it had timed out; False where there is none.

    On the SIP thread: the account is told from within.
    """

def route_back(addresses: Sequence[str]) -> None:
    """Have requests within a dialog go to where its replies came from, if that is one of these.

    A Contact from behind a NAT leads nowhere. Runs on the SIP thread.
    """

def repeated() -> list[tuple[str, int]]:
    """(address, times) of 200s to INVITE that came again and again since the last call.

    No ACK of ours reached their sender: its Contact is not where it is. At most 64 addresses; any
    thread.
    """

def unknown() -> list[tuple[str, int, str]]:
    """Names asked for since the last call that lead nowhere yet; each waits for `answer`."""

def changes() -> list[tuple[str, int, bool, int, int]]:
    """(name, port, up, certificate's flags, PJSIP status) of connections since the last call.

    The name is the far side's: for TLS that of the URI, in small letters; for TCP its address.
    At most 256, the oldest lost. `up` is False for one that ended, or was never made.
    """

def complain(message: bytes) -> None:
    """What PJSIP does with a message of its log, of which only the kind and the number are kept.

    The kind is the words that PJSIP's own text begins with. Nothing that came by the network is
    among them. There are at most 64 kinds; further ones are counted together.
    """

def complaints() -> list[tuple[str, int]]:
    """(words, times) of each kind that was complained of since the last call; any thread."""
