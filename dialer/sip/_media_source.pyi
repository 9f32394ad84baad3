# ruff: noqa: PYI021  the extension has no other place for its documentation
"""Who is heard at a call's RTP and RTCP ports: whom the signalling names, and nobody else.

By itself PJSIP takes the first packet of anybody for the callee's, and sends our sound to its
sender. A filter stands before each call's sockets, beneath SRTP, and decides by source address on
the media thread. One set of rules and one count a process; what passes stands in
`docs/decisions/media-source.md`.

A place is (IP address, port). Networks are `address/length`; each function that takes them raises
ValueError for anything else. `media_from` are those that media may come from whatever is signalled,
`held_to` those that it must not leave, none for no such bound. `peers` are the addresses at which
the trunk's signalling is.
"""

from collections.abc import Sequence
from typing import Final

ROW: Final[int]
"""So many packets in a row, of one source and SSRC, bring in who was not signalled."""
LASTS: Final[int]
"""Where they come in no less than so many ms."""

class Filter:
    """One call's, as PJSIP's transports use it; by itself for tests. It has no lock."""

    def __init__(
        self,
        media_from: Sequence[str] = (),
        held_to: Sequence[str] = (),
        peers: Sequence[str] = (),
        ours: Sequence[str] = (),
        broadcasts: Sequence[str] = (),
    ) -> None:
        """`ours` and `broadcasts` are addresses of this machine, and of the networks it is in."""

    def attach(self, rtp: tuple[str, int], rtcp: tuple[str, int]) -> bool:
        """Hear whom the signalling names now; False where media must not go there."""

    def detach(self) -> None:
        """Hear nobody."""

    def rtp(self, source: tuple[str, int], packet: bytes, now: int) -> tuple[bool, int]:
        """Whether the packet is heard, and how many packets are known to be strays by it.

        `now` is in ms since any fixed point.
        """

    def rtcp(self, source: tuple[str, int]) -> bool:
        """Whether a packet of RTCP from there is heard."""

    def rtcp_to(self) -> tuple[str, int] | None:
        """Where RTCP of ours goes."""

def install() -> None:
    """Put a filter before each media transport from now on: after libInit(). Forgets all rules.

    Raises RuntimeError.
    """

def allow(
    account: int, media_from: Sequence[str], held_to: Sequence[str], peers: Sequence[str]
) -> None:
    """The rule of the calls of pjsua's account `account`. On the SIP thread, as `allow_call`."""

def allow_call(
    call: int, media_from: Sequence[str], held_to: Sequence[str], peers: Sequence[str]
) -> None:
    """The rule of a call that comes in as pjsua's `call`, in place of its account's.

    From within pjsua's word of the call, which precedes its transports.
    """

def strays() -> int:
    """Packets dropped since the process began, for they came from somebody else. Any thread."""
