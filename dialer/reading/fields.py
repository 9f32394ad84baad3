"""Types of the input files' fields: how each is written, and the value it becomes."""

from __future__ import annotations

import logging
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import UnionType
from typing import Annotated, Final, TypeVar, Union, get_args, get_origin
from urllib.parse import urlsplit

import phonenumbers
from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainValidator,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from audio.rates import RATES
from dialer.core.values.number import E164, BadNumberError, parse
from dialer.core.values.number_form import hides
from dialer.core.values.targets import Target, parse_target
from dialer.errors import InputError
from dialer.reading.durations import seconds
from dialer.reading.text import decode, read_bytes, size_of

_log = logging.getLogger(__name__)

_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_PORT: Final = re.compile(r"[0-9]{1,5}")
COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SECRET_LIMIT: Final = 4096
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PROBE_LEAST: Final = 1.0
_PROBE_MOST: Final = 3600.0

Value = TypeVar("Value")
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Written:
    """How a field is written, for the reference of keys."""

    form: str


def written_form(annotation: object, metadata: Iterable[object]) -> str | None:
    """How a field of this type is written, where its type says so, be it within an Optional."""
    for mark in metadata:
        if isinstance(mark, Written):
            return mark.form
    optional = get_origin(annotation) in {Union, UnionType}
    for inner in get_args(annotation) if optional else ():
        found = written_form(inner, get_args(inner)[1:] if get_origin(inner) is Annotated else ())
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What holds where the key is not written, in words: it depends on other keys."""

    words: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """Marks a key that is checked, but that this version does not act on; `what` it waits for."""

    what: str


@dataclass(frozen=True, slots=True)
class HostPort:
    """A host and a port, as `127.0.0.1:5060`, `[::1]:5060` or `sbc.example:5060`."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports `first` to `last`, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class SipUri:
    """A trunk's address: `sip:host` or `sip:host:port`. `port` is None where DNS decides.

    `secure` where it is written `sips:`.
    """

    host: str
    port: int | None
    secure: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{'sips' if self.secure else 'sip'}:{host}{port}"

    def lies_in(self, networks: Iterable[Network]) -> bool:
        """Whether it is an address of loopback or of one of `networks`; a name never is."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or any(address in network for network in networks)


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """An MQTT broker's address; `tls` where it is written `mqtts://`."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def wrong(what: str, *at: str | int) -> PydanticCustomError:
    """A fault in our own words; `at` leads from the field that raises to the part that is meant."""
    return PydanticCustomError("dialer", "{what}", {"what": what, "at": at})


def from_text(read: Callable[[str], Value]) -> Callable[[object], Value]:
    """A validator of a written text; what `read` says in a ValueError is what the user is told."""

    def validate(value: object) -> Value:
        if not isinstance(value, str):
            raise wrong("a plain text is wanted here")
        try:
            return read(value.strip())
        except ValueError as error:
            raise wrong(str(error)) from None

    return validate


def _host(text: str, what: str) -> str:
    """A host name or IP literal (IPv6 in square brackets), without its brackets."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return str(ip_address(text[1:-1]))
        except ValueError:
            raise ValueError(f"{what}: the square brackets hold no IPv6 address") from None
    if re.fullmatch(r"[0-9.]+", text):
        try:
            return str(ip_address(text))
        except ValueError:
            raise ValueError(f"{what}: not an IPv4 address") from None
    if not _HOST_NAME.fullmatch(text):
        raise ValueError(f"{what}: not a host name or IP address")
    return text


def _host_name(text: str) -> str:
    if not _HOST_NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
        raise ValueError("write a whole host name: no address, no wildcard, no sip:")
    return text.lower()


def _port(text: str, what: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise ValueError(f"{what}: a port is a number up to 65535")
    return int(text)


def _split(text: str) -> tuple[str, str | None]:
    """`host:port` at its last colon outside of brackets; the port is None where there is none."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text, None
    return host, port


def country(text: str) -> str:
    """The ISO 3166 code of a country with a numbering plan. Raises ValueError."""
    if text.upper() not in COUNTRIES:
        raise ValueError("is no country of two letters, such as CN or GB (ISO 3166)")
    return text.upper()


def _column(text: str) -> str:
    if not text.isidentifier():
        raise ValueError("a column is named by letters, digits and _, so that a script can name it")
    return text


def _listen(text: str) -> HostPort:
    host, port = _split(text)
    if port is None:
        raise ValueError("write an address and a port: 127.0.0.1:8080")
    return HostPort(_host(host, "address"), _port(port, "address"))


def _bind(text: str) -> HostPort:
    bound = _listen(text)
    try:
        IPv4Address(bound.host)
    except ValueError:
        raise ValueError("write an IPv4 address of this machine, or 0.0.0.0, and a port") from None
    return bound


def _port_range(text: str) -> PortRange:
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        raise ValueError("write two ports: 20000-39999")
    ports = PortRange(_port(first, "ports"), _port(last, "ports"))
    if ports.first < 1024 or ports.last <= ports.first:
        raise ValueError("the first port is 1024 or more and below the last")
    return ports


def _sip_uri(text: str) -> SipUri:
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() not in {"sip", "sips"}:
        raise ValueError("write sip:host or sip:host:port")
    if "@" in rest or ";" in rest or "?" in rest:
        raise ValueError("only host and port: no user, no parameters")
    host, port = _split(rest)
    number = None if port is None else _port(port, "uri")
    if number == 0:
        raise ValueError("uri: nobody answers on port 0")
    return SipUri(_host(host, "uri"), number, scheme.lower() == "sips")


def network_of(text: str) -> Network:
    """An address or a network. Raises ValueError."""
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError("write an address, or a network as 192.0.2.0/28") from None


def _broker(text: str) -> BrokerUrl:
    scheme, slashes, rest = text.partition("://")
    if not slashes or scheme not in {"mqtt", "mqtts"}:
        raise ValueError("write mqtt://host:port, or mqtts:// for TLS")
    if "@" in rest:
        raise ValueError("user and password have keys of their own: username, password_file")
    host, port = _split(rest.rstrip("/"))
    tls = scheme == "mqtts"
    usual = 8883 if tls else 1883
    return BrokerUrl(_host(host, "url"), usual if port is None else _port(port, "url"), tls)


def _witness(text: str) -> str:
    found = urlsplit(text)
    if found.scheme not in {"https", "http"} or not found.hostname or found.query or found.fragment:
        raise ValueError("write https://host/path")
    if found.username is not None:
        raise ValueError("leave out user and password")
    if found.scheme == "http" and found.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("http:// is for this machine only; write https://")
    return text


def _rate(text: str) -> int:
    if text not in {str(rate) for rate in RATES}:
        raise ValueError(f"must be {' or '.join(str(rate) for rate in RATES)}")
    return int(text)


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the file being read: paths in it are relative to that."""
    context = info.context or {}
    return Path(context.get("folder", "."))


def _path(value: object, info: ValidationInfo) -> Path:
    # A default is a Path already; it too is relative to the file's folder.
    text = str(value) if isinstance(value, Path) else from_text(str)(value)
    if not text or _CONTROL.search(text):
        raise wrong("a path is wanted")
    return folder_of(info) / text


def _file(value: object, info: ValidationInfo) -> Path:
    path = _path(value, info)
    try:
        size_of(path, "it")
    except InputError as error:
        raise wrong(f"the file it names: {error.faults[0].what}") from None
    return path


def _secret(value: object, info: ValidationInfo) -> SecretStr:
    """The first line of the file that `value` names."""
    path = _path(value, info)
    warn_of_readers(path)
    try:
        text = decode(read_bytes(path, "it", _SECRET_LIMIT), "it")
    except InputError as error:
        raise wrong(f"the file it names: {error.faults[0].what}") from None
    secret = text.strip()
    if not secret or len(secret.splitlines()) > 1:
        raise wrong("the file it names must hold the secret, on one line")
    return SecretStr(secret)


def warn_of_readers(path: Path) -> None:
    """Tell of a secret's file that is not its user's alone.

    Secrets that a container is given are often readable for all, so that is no fault.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # whoever reads it tells
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        quoted = shlex.quote(str(path))
        _log.warning(
            "%s holds a secret, and is not its user's alone; run: chmod 600 %s", path, quoted
        )


def _variable(value: object) -> SecretStr:
    """What the environment variable that `value` names holds."""
    name = from_text(str)(value)
    if not _VARIABLE.fullmatch(name):
        raise wrong("name an environment variable: letters, digits and _")
    secret = os.environ.get(name, "").strip()
    if not secret or len(secret.splitlines()) > 1:
        raise wrong("this environment variable must hold the secret, on one line")
    return SecretStr(secret)


def _probe(value: object) -> float | None:
    if _off(value) is None:
        return None
    every = from_text(seconds)(value)
    if not _PROBE_LEAST <= every <= _PROBE_MOST:
        raise wrong(f"must be from {_PROBE_LEAST:g}s to {_PROBE_MOST:g}s, or off")
    return every


def _off(value: object) -> object:
    return None if value == "off" else value


def _printable(text: str) -> str:
    if not text.isprintable():
        raise wrong("must be one line of printable text")
    return text


def _number(text: str) -> E164:
    try:
        return parse(text)
    except BadNumberError as error:
        raise ValueError(error.told) from None


def _prefix(text: str) -> str:
    if hides(text):
        raise wrong(
            "write up to 16 digits; no *, # or code that hides or changes a caller's number"
        )
    return text


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        raise wrong("must not hold control characters")
    return text


Seconds = Annotated[
    float,
    BeforeValidator(from_text(seconds)),
    Written("duration"),
]
Number = Annotated[E164, PlainValidator(from_text(_number)), Written("E.164 number")]
Country = Annotated[
    str,
    PlainValidator(from_text(country)),
    Written("country, ISO 3166: `CN`"),
]
ColumnName = Annotated[
    str, PlainValidator(from_text(_column)), Written("column, or name of a variable")
]
Bind = Annotated[
    HostPort, PlainValidator(from_text(_bind)), Written("IP address and port, `0.0.0.0:5060`")
]
Listen = Annotated[
    HostPort, PlainValidator(from_text(_listen)), Written("address and port, `127.0.0.1:8080`")
]
ListenOrOff = Annotated[
    HostPort | None,
    PlainValidator(lambda value: None if _off(value) is None else from_text(_listen)(value)),
    Written("address and port, `127.0.0.1:9108`, or `off`"),
]
Ports = Annotated[
    PortRange, PlainValidator(from_text(_port_range)), Written("two ports, `20000-39999`")
]
CallsFrom = Annotated[
    Network,
    PlainValidator(from_text(network_of)),
    Written("address or network, `192.0.2.7` or `192.0.2.0/28`"),
]
Rate = Annotated[
    int,
    PlainValidator(from_text(_rate)),
    Written(" or ".join(f"`{rate}`" for rate in RATES)),
]
TrunkUri = Annotated[
    SipUri,
    PlainValidator(from_text(_sip_uri)),
    Written("`sip:host` or `sip:host:port`; `sips:` means TLS"),
]
HandOverTo = Annotated[
    Target, PlainValidator(from_text(parse_target)), Written("`sip:user@trunk`, or E.164 number")
]
Broker = Annotated[
    BrokerUrl, PlainValidator(from_text(_broker)), Written("`mqtt://host[:port]` or `mqtts://...`")
]
WitnessAt = Annotated[str, PlainValidator(from_text(_witness)), Written("`https://host/path`")]
FilePath = Annotated[
    Path, PlainValidator(_path), Written("path, relative to the folder of this file")
]
ExistingFile = Annotated[
    Path, PlainValidator(_file), Written("path of a file, relative to the folder of this file")
]
SecretFile = Annotated[
    SecretStr,
    PlainValidator(_secret),
    Written("path of a file that holds the secret, relative to the folder of this file"),
]
SecretVariable = Annotated[
    SecretStr,
    PlainValidator(_variable),
    Written("name of an environment variable that holds the secret"),
]
ProbeOrOff = Annotated[
    float | None, PlainValidator(_probe), Written("duration from 1s to 1h, or `off`")
]
Prefix = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_prefix),
    Written("up to 16 digits, in quotes"),
]
HostName = Annotated[
    str, PlainValidator(from_text(_host_name)), Written("host name, `sbc.carrier.example`")
]
UserName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r'^[^"\\]+$'),
    AfterValidator(_printable),
    Written("text without quotes and backslashes, up to 100 characters"),
]
Word = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    ),
    Written("word of letters, digits, `.`, `_`, `-`; up to 64"),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
    Written("text on one line, up to 200 characters"),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_without_control),
    Written("text, up to 2000 characters"),
]
