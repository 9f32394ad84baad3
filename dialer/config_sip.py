"""SIP and RTP of this node, as `dialer.yaml` tells them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dialer.reading.fields import Bind, HostPort, PortRange, Ports, Rate, Seconds
from dialer.reading.validate import Section


class Sip(Section):
    """The SIP and RTP side of this node."""

    bind: Bind = HostPort("0.0.0.0", 5060)  # noqa: S104 - carriers come from outside
    """Address and UDP port that SIP is spoken on. Port 0 takes any that is free."""
    transports: tuple[Literal["udp", "tcp"], ...] = Field(default=("udp",), min_length=1)
    """Transports to be had; UDP is there always. TCP listens at the same port."""
    rtp_ports: Ports = PortRange(20000, 39999)
    """UDP ports for RTP and RTCP; each call takes two, so give it far more than twice the calls."""
    codecs: tuple[Literal["PCMA", "PCMU"], ...] = Field(default=("PCMA", "PCMU"), min_length=1)
    """Codecs offered, the preferred one first."""
    rate: Rate = 8000
    """Sampling rate in Hz of prompts and analysis inside the house; WAV prompts must have it."""
    session_expires: Annotated[Seconds, Field(ge=90, le=86400)] = 1800.0
    """Session-Expires offered (RFC 4028); a peer that stops refreshing is taken for lost."""
    rtp_silence: Annotated[Seconds, Field(ge=1, le=3600)] = 20.0
    """An answered call whose far side sends no RTP for this long, and is not held, is ended."""
