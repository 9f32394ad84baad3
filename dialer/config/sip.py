"""SIP and RTP of this node, as `dialer.yaml` tells them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dialer.reading.fields import (
    Bind,
    ExistingFile,
    HostPort,
    PortRange,
    Ports,
    Rate,
    Seconds,
    warn_of_readers,
    wrong,
)
from dialer.reading.network import Address, AuthoritiesFile, EachOnce, NameServer
from dialer.reading.pem import pair_fault
from dialer.reading.validate import Section

Codec = Literal["PCMA", "PCMU", "G722", "opus"]
Codecs = Annotated[tuple[Codec, ...], EachOnce]


class Tls(Section):
    """TLS of this node. Carriers' certificates are verified always; no key turns that off."""

    port: int = Field(default=5061, ge=0, le=65535)
    """TCP port, at the address of `bind`, that SIP over TLS is spoken on. 0 takes any."""
    certificate: ExistingFile | None = None
    """PEM file of this node's certificate and its chain, for carriers that ask for one or connect
    here."""
    key_file: ExistingFile | None = None
    """PEM file of its key, without a password."""
    ca_file: AuthoritiesFile | None = None
    """PEM file of the authorities whose certificates are believed; the system's where absent."""

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Tls:
        if (self.certificate is None) is not (self.key_file is None):
            raise wrong("certificate and key_file belong together")
        if self.certificate is not None and self.key_file is not None:
            warn_of_readers(self.key_file)
            fault = pair_fault(self.certificate, self.key_file)
            if fault is not None:
                raise wrong(f"certificate and key_file: {fault}", "certificate")
        return self


class Sip(Section):
    """The SIP and RTP side of this node."""

    bind: Bind = HostPort("0.0.0.0", 5060)  # noqa: S104 - carriers come from outside
    """Address and UDP port that SIP is spoken on. Port 0 takes any that is free."""
    transports: tuple[Literal["udp", "tcp", "tls"], ...] = Field(default=("udp",), min_length=1)
    """Transports to be had; UDP is there always. TCP listens at the same port, TLS at its own."""
    tls: Tls = Tls.model_construct()
    """TLS, where `transports` have it."""
    public_address: Address | None = None
    """This node's address as carriers see it, where it is behind a NAT: Via, Contact and SDP show
    it. Ports must be forwarded as they are: that of SIP and `rtp_ports`."""
    nameservers: tuple[NameServer, ...] = Field(default=(), max_length=8)
    """DNS servers that are asked for carriers' names; the system's where there are none."""
    rtp_ports: Ports = PortRange(20000, 39999)
    """UDP ports for RTP and RTCP; each call takes two, so give it far more than twice the calls."""
    codecs: Codecs = Field(default=("PCMA", "PCMU"), min_length=1)
    """Codecs offered, the preferred one first."""
    rate: Rate = 8000
    """Sampling rate in Hz of prompts and analysis inside the house; WAV prompts must have it."""
    session_expires: Annotated[Seconds, Field(ge=90, le=86400)] = 1800.0
    """Session-Expires offered (RFC 4028); a peer that stops refreshing is taken for lost."""
    rtp_silence: Annotated[Seconds, Field(ge=1, le=3600)] = 20.0
    """An answered call whose far side sends no RTP for this long, and is not held, is ended."""
