"""What the SIP line must be told; `dialer.app` builds these from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DtmfMethod(Enum):
    """How keys are sent to a trunk. Both ways are understood when they come in."""

    RFC4733 = "rfc4733"
    INFO = "info"


class NumberFormat(Enum):
    """How a number is written in the user part of a SIP URI."""

    E164 = "e164"
    """`+861065550100`, RFC 3261 19.1.6."""
    DIGITS = "digits"
    """`861065550100`, without the plus that some carriers refuse."""


@dataclass(frozen=True, slots=True)
class SipSettings:
    """The SIP stack of this node.

    `bind_host` is the local address for SIP and RTP; `0.0.0.0` takes the one that the system
    would send from. `bind_port` 0 takes a free port. `rtp_ports` (first, last) is shared out
    equally among the trunks; a call takes two. `codecs` are RTP encoding names, best first.
    `clock_rate` is the bridge's, in Hz. `session_expires` is RFC 4028's interval in seconds.
    `rtp_silence` is how long an answered call that is not on hold may bring neither RTP nor
    RTCP before its peer counts as lost, in seconds; 0 never.
    `most_calls` bounds the calls alive at once, those that are still ending included; PJSIP is
    built for 2048, and takes no more than that.
    """

    bind_host: str = "0.0.0.0"  # noqa: S104  a SIP node listens on all addresses unless told
    bind_port: int = 5060
    rtp_ports: tuple[int, int] = (20000, 39999)
    codecs: tuple[str, ...] = ("PCMA", "PCMU")
    clock_rate: int = 8000
    session_expires: int = 1800
    rtp_silence: float = 20.0
    most_calls: int = 2000
    user_agent: str = "Veridial/0.1"


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """One trunk. `uri` is `sip:host[:port]` of the carrier's session border controller."""

    name: str
    uri: str
    number_format: NumberFormat = NumberFormat.E164
    dtmf: DtmfMethod = DtmfMethod.RFC4733
    user_phone: bool = False
    """Add `;user=phone` to the URIs that hold a number (RFC 3261 19.1.1)."""
