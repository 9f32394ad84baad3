"""SIP and RTP of this node, as `dialer.yaml` tells them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dialer.reading.fields import (
    Bind,
    ExistingFile,
    HostName,
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
    """TLS of this node. Carriers' certificates are always verified; no key turns that off."""

    port: int = Field(default=5061, ge=0, le=65535)
    """TCP port for SIP over TLS, at the address of `bind`. 0 takes any free port."""
    certificate: ExistingFile | None = None
    """PEM file of this node's certificate and its chain, for carriers that ask for one or connect
    to this node."""
    key_file: ExistingFile | None = None
    """PEM file of the certificate's private key, without a password."""
    ca_file: AuthoritiesFile | None = None
    """PEM file of the trusted certificate authorities. Default: the system's list."""

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
    """SIP and RTP of this node."""

    bind: Bind = HostPort("0.0.0.0", 5060)  # noqa: S104 - carriers come from outside
    """Address and UDP port for SIP. Port 0 takes any free port."""
    transports: tuple[Literal["udp", "tcp", "tls"], ...] = Field(default=("udp",), min_length=1)
    """SIP transports. UDP is always on. TCP listens on the same port, TLS on its own."""
    tls: Tls = Tls.model_construct()
    """TLS, where `transports` has it."""
    public_address: Address | None = None
    """This node's public address, where it is behind a NAT. Via, Contact and SDP show it. Forward
    the SIP port and `rtp_ports` without changing the port numbers."""
    realm: HostName = "veridial.invalid"
    """The realm that inbound calls are challenged by (`trunks[].inbound_auth.digest`): a host name
    of this node's, which no other service has."""
    nameservers: tuple[NameServer, ...] = Field(default=(), max_length=8)
    """DNS servers that look up carriers' names. Default: the system's."""
    rtp_ports: Ports = PortRange(20000, 39999)
    """UDP ports for RTP and RTCP. Each call takes two, so allow far more than twice the number of
    calls."""
    codecs: Codecs = Field(default=("PCMA", "PCMU"), min_length=1)
    """Offered codecs, the preferred one first."""
    rate: Rate = 8000
    """Sampling rate in Hz of prompts and of audio analysis. WAV prompts of other rates
    are resampled."""
    session_expires: Annotated[Seconds, Field(ge=90, le=86400)] = 1800.0
    """Offered Session-Expires (RFC 4028). A peer that stops refreshing the session counts as
    lost."""
    rtp_silence: Annotated[Seconds, Field(ge=1, le=3600)] = 20.0
    """An answered call is ended when the far side sends no RTP for this long and the call is not on
    hold."""
