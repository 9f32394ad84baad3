"""What the SIP line must be told; `dialer.app` builds these from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm
from dialer.credentials.passport import Signer
from dialer.credentials.verifier import Verifier

PJSIP_CALLS: Final = 2048
"""PJSIP is built for so many calls (deploy/pjsip/config_site.h)."""


class DtmfMethod(Enum):
    """How keys are sent to a trunk. Both ways are understood when they come in."""

    RFC4733 = "rfc4733"
    INFO = "info"


class Identity(Enum):
    """Where a trunk wants the caller ID."""

    FROM = "from"
    """In From."""
    PAI = "pai"
    """In P-Asserted-Identity (RFC 3325 9.1); From names the user of the credentials."""
    PPI = "ppi"
    """In P-Preferred-Identity (RFC 3325 9.2), for a carrier that asserts it itself."""


class Transport(Enum):
    """What SIP is carried by."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    """TCP, encrypted; the far side's certificate is always verified."""
    AUTO = "auto"
    """What the carrier's NAPTR records say (RFC 3263 4.1): UDP or TCP. Only of a trunk."""


class Srtp(Enum):
    """Whether sound is encrypted, with keys in SDP (RFC 4568)."""

    OFF = "off"
    OPTIONAL = "optional"
    """Offered; a far side that does not take it is heard in clear."""
    REQUIRED = "required"
    """A far side that does not take it is not spoken to."""


@dataclass(frozen=True, slots=True)
class NameServer:
    """A DNS server."""

    ip: str
    port: int = 53


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """TLS of this node: files in PEM.

    `port` 0 takes a free one. `certificate` and `key_file` are shown to carriers that ask, and to
    who connects here. `ca_file` holds the authorities that are believed; None for the system's.
    """

    port: int = 5061
    certificate: str | None = None
    key_file: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class SipSettings:
    """The SIP stack of this node.

    `bind_host` is the local address for SIP and RTP; `0.0.0.0` takes the one that the system
    would send from. `bind_port` 0 takes a free port. `rtp_ports` (first, last) is shared out
    equally among the trunks; a call takes two. `codecs` are RTP encoding names, best first.
    `clock_rate` is the bridge's, in Hz. `session_expires` is RFC 4028's interval in seconds.
    `rtp_silence` is how long an answered call that is not on hold may bring neither RTP nor
    RTCP before its peer counts as lost, in seconds; 0 never.
    `transports` are those that are listened on: UDP always, TCP at its port, TLS at `tls.port`.
    `public_address` is what Via, Contact and SDP show where this node is behind a NAT; None for
    its own address. `nameservers` are asked for carriers' names; none for the system's.
    `realm` is that of challenges to who calls.
    `most_calls` bounds the calls alive at once, those that are still ending included; no more than
    `PJSIP_CALLS`.
    """

    bind_host: str = "0.0.0.0"  # noqa: S104  a SIP node listens on all addresses unless told
    bind_port: int = 5060
    rtp_ports: tuple[int, int] = (20000, 39999)
    transports: tuple[Transport, ...] = (Transport.UDP,)
    tls: TlsSettings = field(default_factory=TlsSettings)
    public_address: str | None = None
    realm: str = "veridial.invalid"
    nameservers: tuple[NameServer, ...] = ()
    codecs: tuple[str, ...] = ("PCMA", "PCMU")
    clock_rate: int = 8000
    session_expires: int = 1800
    rtp_silence: float = 20.0
    most_calls: int = 2000
    user_agent: str = "Veridial/0.1"


@dataclass(frozen=True, slots=True)
class Registration:
    """Credentials of a trunk that wants REGISTER; INVITEs are answered for with them as well.

    `expires` is the seconds asked for (RFC 3261 10.2.1.1); the registrar may grant others.
    """

    username: str
    """The user of From and To: the address of record (RFC 3261 10.2)."""
    password: str = field(repr=False)
    expires: int = 300
    auth_username: str = ""
    """Who answers challenges, where that is another than `username`."""


@dataclass(frozen=True, slots=True)
class InboundDigest:
    """Credentials that calls coming in must bring; `algorithms` by preference."""

    username: str
    password: str = field(repr=False)
    algorithms: tuple[str, ...] = ("SHA-256",)


@dataclass(frozen=True, slots=True)
class InboundAuth:
    """What calls that come in must prove, beside their source address."""

    digest: InboundDigest | None = None
    client_certificates: tuple[str, ...] = ()
    """Names of which the certificate of a connection to us must hold one; none asks for none."""


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """One trunk.

    `uri` is `sip:host[:port]` of the carrier's session border controller, or `sips:`, which means
    TLS whatever `transport` says.
    """

    name: str
    uri: str
    caller_ids: frozenset[E164] = frozenset()
    """All that may be shown there: the native guard keeps any other off the wire."""
    calls_from: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where its calls to us come from, beside where ours to it go."""
    inbound_auth: InboundAuth = field(default_factory=InboundAuth)
    media_from: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where its media may come from, beside where its SDP says that it is."""
    believes_verstat: bool = False
    """Whether the carrier's word is taken that it has verified a caller's number."""
    verifier: Verifier | None = None
    """Verifies Identity headers of callers; None where nobody's signature is believed."""
    numbers: NumberForm = field(default_factory=NumberForm)
    dtmf: DtmfMethod = DtmfMethod.RFC4733
    route_back: bool = False
    """Send requests within a dialog to where its replies came from, whatever Contact says."""
    user_phone: bool = False
    """Add `;user=phone` to the URIs that hold a number (RFC 3261 19.1.1)."""
    registration: Registration | None = None
    """None where the carrier knows this node by its address."""
    options_every: float | None = None
    """Seconds between two OPTIONS that probe the trunk; None probes never."""
    identity: Identity = Identity.FROM
    codecs: tuple[str, ...] = ()
    """Codecs offered on this trunk, best first; empty for those of `SipSettings`."""
    proxy: str | None = None
    """`sip:host[:port]` through which all requests go; None for straight to `uri`."""
    signer: Signer | None = None
    """Signs for the caller ID (RFC 8224); None where the trunk wants no Identity header."""
    transport: Transport = Transport.UDP
    ca_file: str | None = None
    """PEM file of the authorities believed on this trunk; None for those of `SipSettings.tls`."""
    srtp: Srtp = Srtp.OFF
    outside: bool = True
    """Whether it is beyond the NAT, and sees `SipSettings.public_address`."""
    public: bool = True
    """Whether it leads to the public network, and not to an exchange of our own."""
    lab_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Of a lab's trunk: the networks that it is held to, requests and media; none for any other."""
