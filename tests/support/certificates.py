"""Certificate authorities and certificates, made for one test."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)
_USAGES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority whose own certificate is in `file`."""

    def __init__(
        self,
        folder: Path,
        name: str = "authority",
        above: Authority | None = None,
        *,
        authority: bool = True,
    ) -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            _builder(self._name, self._key, now - _DAY, now + 30 * _DAY)
            .issuer_name(above._name if above else self._name)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .sign(above._key if above else self._key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self._chain = self.file.read_bytes() if above else b""

    def below(self, name: str, *, authority: bool = True) -> Authority:
        """One that this one has certified, as an authority or not; its certificates bring it."""
        return Authority(self._folder, name, self, authority=authority)

    def certify(
        self,
        *names: str,
        ends: timedelta = _DAY,
        of_itself: bool = False,
        like: str = "",
        subject: str = "",
        usage: str = "",
    ) -> Certificate:
        """A certificate for host names, addresses or SIP URIs; it ends at now + `ends`.

        With `of_itself` no authority has signed it. `like` names its files. `usage` is all that it
        is for: `server`, `client` or `code`.
        """
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        stem = self._folder / (like or re.sub(r"[^\w.-]", "_", names[0]))
        subject_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or stem.name)])
        builder = (
            _builder(subject_name, key, now - 2 * _DAY, now + ends)
            .issuer_name(subject_name if of_itself else self._name)
            .add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        if usage:
            only = x509.ExtendedKeyUsage([_USAGES[usage]])
            builder = builder.add_extension(only, critical=False)
        certificate = builder.sign(key if of_itself else self._key, hashes.SHA256())
        made = Certificate(stem.with_name(stem.name + ".crt"), stem.with_name(stem.name + ".key"))
        made.certificate.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM) + self._chain
        )
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return made


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _names(names: Sequence[str]) -> list[x509.GeneralName]:
    out: list[x509.GeneralName] = []
    for name in names:
        try:
            out.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            uri = name.startswith(("sip:", "sips:"))
            out.append(x509.UniformResourceIdentifier(name) if uri else x509.DNSName(name))
    return out
