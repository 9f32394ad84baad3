"""The trunks of `dialer.yaml`: where each carrier is, what it allows and how it wants things."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from dialer.config.sip import Codecs
from dialer.config.stir import Stir
from dialer.core.gate.caller_id import VerifiedNumber
from dialer.core.values.number import E164
from dialer.reading.fields import (
    CallsFrom,
    Line,
    NotYet,
    Number,
    Prefix,
    ProbeOrOff,
    Seconds,
    SecretFile,
    SecretVariable,
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
    """A number that the carrier has really assigned to the operator on this trunk."""

    number: Number
    """The number. Only numbers listed here can be shown to a callee over this trunk."""
    holder: Line
    """To whom the carrier has assigned it."""
    proof: Line
    """Where the evidence is kept: a contract's path or reference. It is not opened."""
    expires: date
    """The assignment's last day; after it the number is not shown."""

    @property
    def verified(self) -> VerifiedNumber:
        """As the gate asks for it."""
        return VerifiedNumber(self.number, self.holder, self.proof, self.expires)


class Registration(Section):
    """Credentials of a trunk that wants REGISTER; INVITEs are answered for with them as well."""

    username: UserName
    """The user that registers."""
    password_file: SecretFile | None = None
    """The file that holds the password."""
    password_env: SecretVariable | None = None
    """Or the environment variable that does."""
    expires: Annotated[Seconds, Field(ge=30, le=86400)] = 300.0
    """How long a registration is asked to last. The registrar may grant another time; it is
    refreshed at three quarters of that."""

    @model_validator(mode="after")
    def _one_password(self) -> Registration:
        if (self.password_file is None) is (self.password_env is None):
            raise wrong("give the password by password_file or by password_env, one of them")
        return self

    @property
    def password(self) -> SecretStr:
        """The password, from wherever it came."""
        found = self.password_file or self.password_env
        assert found is not None  # noqa: S101 -- _one_password has seen to it
        return found


class Numbers(Section):
    """How a carrier wants numbers written."""

    style: Literal["e164", "digits", "national"] = "e164"
    """`e164` writes +861065550100, `digits` the same without the plus, `national` as it is dialled
    within `country`: 01065550100, and numbers of other countries after `international_prefix`."""
    country: Annotated[str, Written("calling code, `86`")] = Field(
        default="", pattern="^([1-9][0-9]{0,2})?$"
    )
    """The calling code whose numbers are written nationally; `national` needs it."""
    trunk_prefix: Prefix = "0"
    """Before a national number."""
    international_prefix: Prefix = "00"
    """Before any other."""
    access: Prefix = ""
    """Before every callee's number, in any style: what the carrier's switch is steered by."""

    @model_validator(mode="after")
    def _national_of_which_country(self) -> Numbers:
        if self.style == "national" and not self.country:
            raise wrong("the national style needs a country")
        return self


class Trunk(Section):
    """A SIP connection to a carrier or PBX, with its channels, its limit and its numbers."""

    name: Word
    """Its name in records, metrics and messages."""
    uri: TrunkUri
    """Where INVITEs are sent."""
    registration: Registration | None = Field(default=None, alias="register")
    """Leave it out for trunks that know this node by its IP address. A trunk that has it carries
    calls only while it is registered."""
    options: ProbeOrOff = None
    """How often the trunk is probed by OPTIONS; one that is not answered, or with a 5xx, carries no
    calls until it is. `off` by default: some carriers drop OPTIONS, and would look dead."""
    proxy: TrunkUri | None = None
    """An outbound proxy that every request goes through; straight to `uri` where absent."""
    transport: Literal["udp", "tcp", "tls", "auto"] = "udp"
    """What SIP goes by; `sip.transports` must have it. With `auto` the NAPTR records of `uri`
    choose between UDP and TCP (RFC 3263)."""
    ca_file: AuthoritiesFile | None = None
    """PEM file of the authorities whose certificates are believed on this trunk by TLS; those of
    `sip.tls` where absent."""
    srtp: Literal["off", "optional", "required"] = "off"
    """Encrypted sound, with keys in SDP (RFC 4568): `optional` offers it and speaks in clear with
    who does not take it; `required` calls nobody in clear, and wants `transport: tls`, without
    which whoever reads SIP can read the keys."""
    outside: bool = True
    """Whether the carrier is beyond this node's NAT and is shown `sip.public_address`; `false` for
    a PBX on the same network."""
    codecs: Codecs = ()
    """Codecs offered on this trunk, the preferred one first; those of `sip` where absent."""
    identity: Literal["from", "pai", "ppi"] = "from"
    """Where the caller ID goes: From; or P-Asserted-Identity or P-Preferred-Identity (RFC 3325),
    with the user that registers in From."""
    stir: Stir | None = None
    """Signs each call by STIR/SHAKEN; absent where the trunk wants no Identity header."""
    number_format: Numbers = Numbers.model_construct()
    """How numbers are written for it."""
    channels: int = Field(ge=1, le=10_000)
    """Calls at once that the carrier allows."""
    cps: float = Field(gt=0, le=1000)
    """New calls a second that the carrier allows."""
    priority: int = Field(default=1, ge=1, le=1000)
    """Trunks of the lowest figure are tried first."""
    weight: int = Field(default=1, ge=1, le=1000)
    """Share of calls among trunks of one priority."""
    cost_per_minute: Annotated[Decimal | None, NotYet("reports of cost")] = Field(
        default=None, ge=0, le=1000
    )
    """Price of a connected minute, in the operator's currency."""
    numbers: tuple[OwnedNumber, ...] = Field(min_length=1)
    """Caller IDs verified for this trunk."""
    role: Literal["carrier", "pbx"] = "carrier"
    """`pbx` is an exchange of the operator's own: calls are handed over to it, and no callee is
    called over it."""
    transfers: Literal["bridge", "refer"] = "bridge"
    """How calls over it are handed over where the script says `transfer`: joined here, which takes
    a second channel; or by REFER, for a carrier or PBX that does it itself."""
    calls_from: tuple[CallsFrom, ...] = Field(default=(), max_length=100)
    """Addresses that its calls to us come from, beside those that our calls to it go to."""
    media_from: tuple[CallsFrom, ...] = Field(default=(), max_length=100)
    """Addresses that its sound may come from, beside the one that its SDP names: for carriers whose
    media comes from elsewhere than they say (docs/trunks.md, behind a NAT)."""
    kept_for_inbound: int = Field(default=0, ge=0, le=10_000)
    """Channels that calls of our own leave free for calls to us."""
    dtmf: Literal["rfc4733", "info"] = "rfc4733"
    """How keys are sent; both ways are understood when they come in."""
    lab: bool = False
    """A trunk for tests, to machines of your own: its hours of calling go by the clock given with
    `dialer run --lab-clock`, and its campaigns need no consent (docs/calling-hours.md). It must lie
    on loopback or in one of `compliance.lab_networks`, and its requests and its sound are held
    there."""

    @model_validator(mode="after")
    def _tls_of_whom(self) -> Trunk:
        if self.ca_file is not None and not self.secure:
            raise wrong("only TLS verifies: write transport: tls", "ca_file")
        return self

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: SipUri | None) -> SipUri | None:
        if proxy is not None and proxy.secure:
            raise wrong("write sip: here, and transport: tls")
        return proxy

    @property
    def secure(self) -> bool:
        """Whether its SIP goes by TLS."""
        return self.transport == "tls" or self.uri.secure

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
