"""Types of the input files' fields that say where something is on the network."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, PlainValidator

from dialer.reading.fields import ExistingFile, HostPort, Written, from_text, wrong
from dialer.reading.pem import authorities_fault

_DNS_PORT = 53


def _ipv4(text: str) -> str:
    try:
        address = IPv4Address(text)
    except ValueError:
        raise ValueError("an IPv4 address is wanted") from None
    if address.is_unspecified:
        raise ValueError("0.0.0.0 is nobody's address")
    return str(address)


def _name_server(text: str) -> HostPort:
    address, colon, port = text.partition(":")
    if not colon:
        return HostPort(_ipv4(address), _DNS_PORT)
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("a port is a number up to 65535")
    return HostPort(_ipv4(address), int(port))


def _of_authorities(path: Path) -> Path:
    fault = authorities_fault(path)
    if fault is not None:
        raise wrong(f"the file it names {fault}")
    return path


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise wrong("is there twice", position)
    return values


Address = Annotated[str, PlainValidator(from_text(_ipv4)), Written("IPv4 address, `198.51.100.7`")]
NameServer = Annotated[
    HostPort,
    PlainValidator(from_text(_name_server)),
    Written("IPv4 address, with a port where it is not 53"),
]
AuthoritiesFile = Annotated[ExistingFile, AfterValidator(_of_authorities)]
EachOnce = AfterValidator(_each_once)
