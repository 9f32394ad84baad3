"""The trunks of `dialer.yaml`: where each carrier is, what it allows and how it wants things."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dialer.config.credentials import Credentials
from dialer.config.inbound_auth import InboundAuth
from dialer.config.sip import Codecs
from dialer.config.stir import Stir
from dialer.config.stir_trust import StirTrust
from dialer.core.gate.caller_id import VerifiedNumber
from dialer.core.values.number import E164, calling_code
from dialer.core.values.number_form import hides
from dialer.reading.fields import (
    CallsFrom,
    Line,
    NotYet,
    Number,
    Prefix,
    ProbeOrOff,
    Seconds,
    SipUri,
    TrunkUri,
    UserName,
    Word,
    Written,
    wrong,
)
from dialer.reading.network import AuthoritiesFile
from dialer.reading.validate import Section


class OwnedNumber(Section):
    """A number that the carrier has assigned to the operator on this trunk."""

    number: Number
    """The number. A callee sees only numbers that are listed here for the trunk."""
    holder: Line
    """The party to which the carrier has assigned the number."""
    proof: Line
    """Where the evidence is kept: the path or reference of a contract. The file is not opened."""
    expires: date
    """The last day of the assignment. After it the number is not shown."""

    @property
    def verified(self) -> VerifiedNumber:
        """As the gate asks for it."""
        return VerifiedNumber(self.number, self.holder, self.proof, self.expires)


class Registration(Credentials):
    """Credentials of a trunk that needs REGISTER. They also answer challenges of an INVITE."""

    username: UserName
    """The user name to register with. It is the user of the address of record, in From and To."""
    auth_username: UserName | None = None
    """The user name that answers challenges, where the carrier gives another for that."""
    expires: Annotated[Seconds, Field(ge=30, le=86400)] = 300.0
    """The requested lifetime of a registration. The registrar may grant another. The registration
    is refreshed after three quarters of the granted time."""


class Numbers(Section):
    """How the carrier wants numbers written."""

    style: Literal["e164", "digits", "national"] = "e164"
    """`e164` writes +861065550100. `digits` writes the same without the plus. `national` writes
    numbers as they are dialled within `country`: 01065550100; numbers of other countries follow
    `international_prefix`."""
    country: Annotated[str, Written("calling code, `86`")] = Field(
        default="", pattern="^([1-9][0-9]{0,2})?$"
    )
    """The calling code whose numbers are written nationally. `national` needs it. The numbers of
    inbound calls are read in any form of this country's plan, whatever the style is. Default: the
    code of the trunk's own numbers, if they have one in common."""
    trunk_prefix: Prefix = "0"
    """Digits before a national number."""
    international_prefix: Prefix = "00"
    """Digits before any other number."""
    access: Prefix = ""
    """Digits before every callee's number, in any style. The carrier's switch routes by them. Here
    and above, codes that hide or change the caller ID (`*67`, `141`, `1831` ...) are rejected."""

    @model_validator(mode="after")
    def _national_of_which_country(self) -> Numbers:
        if self.style == "national" and not self.country:
            raise wrong("the national style needs a country")
        for prefix in (self.trunk_prefix, self.international_prefix):
            if hides(self.access + prefix):
                raise wrong("together they hide or change our number at an exchange", "access")
        return self


class Trunk(Section):
    """A SIP connection to a carrier or PBX, with its channels, its CPS limit and its numbers."""

    name: Word
    """The trunk's name in records, metrics and messages."""
    uri: TrunkUri
    """Where INVITEs are sent."""
    registration: Registration | None = Field(default=None, alias="register")
    """Leave it out for trunks that know this node by its IP address. A trunk with this section
    carries calls only while it is registered."""
    options: ProbeOrOff = None
    """How often the trunk is probed by OPTIONS. A trunk that does not reply, or replies with a 5xx,
    carries no calls until it replies again. `off` by default: some carriers drop OPTIONS and would
    look dead."""
    proxy: TrunkUri | None = None
    """An outbound proxy that every request goes through. Without it, requests go straight to
    `uri`."""
    transport: Literal["udp", "tcp", "tls", "auto"] = "udp"
    """The SIP transport of this trunk. `sip.transports` must have it. With `auto` the NAPTR records
    of `uri` choose between UDP and TCP (RFC 3263)."""
    ca_file: AuthoritiesFile | None = None
    """PEM file of the certificate authorities that are trusted on this trunk by TLS. Default: those
    of `sip.tls`."""
    srtp: Literal["off", "optional", "required"] = "off"
    """Encrypted media, with keys in SDP (RFC 4568). `optional` offers SRTP, and uses plain RTP with
    peers that do not accept it. `required` places no call without SRTP and needs `transport: tls`,
    because a reader of the SIP messages can read the keys."""
    outside: bool = True
    """Whether the carrier is beyond this node's NAT and sees `sip.public_address`. `false` for a
    PBX on the same network."""
    codecs: Codecs = ()
    """Codecs offered on this trunk, the preferred one first. Default: those of `sip`."""
    identity: Literal["from", "pai", "ppi"] = "from"
    """The header for the caller ID: From; or P-Asserted-Identity or P-Preferred-Identity (RFC
    3325), and From then carries the registered user."""
    stir: Stir | None = None
    """Signs each call by STIR/SHAKEN. Leave it out where the trunk wants no Identity header."""
    number_format: Numbers = Numbers.model_construct()
    """How numbers are written for this trunk."""
    channels: int = Field(ge=1, le=10_000)
    """Concurrent calls that the carrier allows."""
    cps: float = Field(gt=0, le=1000)
    """New calls per second that the carrier allows."""
    priority: int = Field(default=1, ge=1, le=1000)
    """Trunks with the lowest figure are tried first."""
    weight: int = Field(default=1, ge=1, le=1000)
    """This trunk's share of the calls among trunks of one priority."""
    cost_per_minute: Annotated[Decimal | None, NotYet("reports of cost")] = Field(
        default=None, ge=0, le=1000
    )
    """Price of a connected minute, in the operator's currency."""
    user_phone: bool = False
    """Adds `;user=phone` to URIs that hold a number (RFC 3261 19.1.1), as IMS trunks want it."""
    route_replies: Literal["contact", "received"] = "contact"
    """Where ACK, BYE and other requests within a call go. `contact` sends them to the address in
    the peer's Contact (RFC 3261). `received` sends them to where the reply came from, for a peer
    behind a NAT whose Contact leads nowhere."""
    numbers: tuple[OwnedNumber, ...] = Field(min_length=1)
    """Caller IDs that are verified for this trunk."""
    role: Literal["carrier", "pbx"] = "carrier"
    """`pbx` is an exchange of the operator's own. Calls are transferred to it, and no callee is
    called over it."""
    transfers: Literal["bridge", "refer"] = "bridge"
    """How calls over this trunk are transferred where the script says `transfer`. `bridge` joins
    the two legs here and takes a second channel. `refer` sends REFER to a carrier or PBX that does
    the transfer."""
    calls_from: tuple[CallsFrom, ...] = Field(default=(), max_length=100)
    """Addresses that this trunk's calls, and requests within calls, come from, besides those that
    outbound calls go to. Nothing is taken from any other (docs/trunks.md)."""
    inbound_auth: InboundAuth | None = None
    """What its calls must prove besides their source address (docs/trunks.md). Without it the
    address is all: by UDP anybody can write that."""
    media_from: tuple[CallsFrom, ...] = Field(default=(), max_length=100)
    """Addresses that the trunk's RTP may come from, besides the one in its SDP, and the one that
    its signalling comes from where the SDP names a private one (docs/trunks.md, behind a NAT)."""
    verstat: bool = False
    """Whether the carrier is believed that says of a caller's number that it has verified it
    (`verstat=TN-Validation-Passed` in P-Asserted-Identity or From). Only such callers are told at
    once why they were called. `true` only where the contract says that the carrier sets it and
    removes what callers set."""
    stir_trust: StirTrust | None = None
    """Whose signatures prove a caller's number here, for a carrier that hands Identity headers on
    (docs/calling-back-and-bridging.md). It may stand beside `verstat`."""
    kept_for_inbound: int = Field(default=0, ge=0, le=10_000)
    """Channels that outbound calls leave free for inbound calls."""
    dtmf: Literal["rfc4733", "info"] = "rfc4733"
    """How digits are sent. Both ways are understood on receipt."""
    lab: bool = False
    """A trunk for tests, to machines of your own. Its calling hours go by the clock of `dialer run
    --lab-clock`, and its campaigns need no consent (docs/calling-hours.md). It must be on loopback
    or in one of `compliance.lab_networks`. Its requests and its media cannot leave those
    networks."""

    @model_validator(mode="after")
    def _tls_of_whom(self) -> Trunk:
        if self.ca_file is not None and not self.secure:
            raise wrong("only TLS verifies: write transport: tls", "ca_file")
        asked = self.inbound_auth
        if asked is not None and asked.client_certificates and not self.secure:
            what = "only TLS shows certificates: write transport: tls"
            raise wrong(what, "inbound_auth", "client_certificates")
        return self

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: SipUri | None) -> SipUri | None:
        if proxy is not None and proxy.secure:
            raise wrong("write sip: here, and transport: tls")
        return proxy

    @field_validator("uri", "proxy")
    @classmethod
    def _of_ipv4(cls, uri: SipUri | None) -> SipUri | None:
        if uri is not None and ":" in uri.host:
            raise wrong("IPv6 is not spoken; give a name or an IPv4 address")
        return uri

    @property
    def country(self) -> str:
        """The calling code by whose plan the numbers of its inbound calls are read; or empty."""
        codes = {calling_code(owned.number) for owned in self.numbers}
        return self.number_format.country or (codes.pop() if len(codes) == 1 else "")

    @property
    def secure(self) -> bool:
        """Whether its SIP goes by TLS."""
        return self.transport == "tls" or self.uri.secure

    @model_validator(mode="after")
    def _signed_for_by_its_owner(self) -> Trunk:
        if self.stir is None:
            return self
        known = self.stir.credentials.numbers
        if known is None and not self.lab:
            what = "names no numbers and no provider (TNAuthList, RFC 8226): no verifier takes it"
            raise wrong(what, "stir", "certificate_file")
        for position, owned in enumerate(self.numbers):
            if known is not None and not known.covers(owned.number.digits):
                what = "is not among the numbers of the certificate that signs for it (TNAuthList)"
                raise wrong(what, "numbers", position, "number")
        return self

    @model_validator(mode="after")
    def _channels_for_both(self) -> Trunk:
        if self.kept_for_inbound >= self.channels:
            raise wrong("leaves no channel for calls of our own", "kept_for_inbound")
        return self

    @model_validator(mode="after")
    def _identity_of_whom(self) -> Trunk:
        if self.identity != "from" and self.registration is None:
            raise wrong("pai and ppi need register: its username goes into From", "identity")
        return self

    @field_validator("numbers")
    @classmethod
    def _each_number_once(cls, numbers: tuple[OwnedNumber, ...]) -> tuple[OwnedNumber, ...]:
        seen: set[E164] = set()
        for position, owned in enumerate(numbers):
            if owned.number in seen:
                raise wrong("repeats a number of this trunk", position, "number")
            seen.add(owned.number)
        return numbers
