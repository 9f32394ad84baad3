"""Signing of calls by STIR/SHAKEN, as a trunk of `dialer.yaml` asks for it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import PlainValidator, PrivateAttr, model_validator

from dialer.reading.fields import ExistingFile, Written, from_text, wrong
from dialer.reading.validate import Section

if TYPE_CHECKING:
    from dialer.credentials.passport import Credentials

_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:/%+=@!$&*,;-]+", re.ASCII)


def _certificate_url(text: str) -> str:
    """As verifiers accept it: ATIS-1000074 5.3.1 wants https, its own ports, and no more."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    if parts.scheme != "https" or not parts.hostname or not parts.path.strip("/"):
        raise ValueError("write https://host/path of the certificate")
    if port not in {None, 443, 8443} or parts.username is not None or not _PLAIN.fullmatch(text):
        raise ValueError("no port but 443 or 8443, no user, no query, no fragment")
    return text


def _origid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ValueError("write a UUID: 123e4567-e89b-42d3-a456-426614174000") from None


CertificateUrl = Annotated[
    str, PlainValidator(from_text(_certificate_url)), Written("`https://host/path`")
]
OriginId = Annotated[uuid.UUID, PlainValidator(from_text(_origid)), Written("UUID")]


class Stir(Section):
    """STIR/SHAKEN (RFC 8224, RFC 8588): a call is signed with attestation A, or not placed.

    Leave it out where the carrier signs for you.
    """

    key_file: ExistingFile
    """PEM file of the private key, on the curve P-256. Only its user and group may read it."""
    certificate_file: ExistingFile
    """PEM file of the key's certificate, first where a chain follows. Outside its validity no call
    is placed on this trunk."""
    authorities_file: ExistingFile | None = None
    """PEM file of the authorities that may have issued the chain's last certificate. Default: the
    chain is checked within itself only."""
    certificate_url: CertificateUrl
    """Where verifiers find the certificate. The URL goes into every call. The dialer does not fetch
    it."""
    origid: OriginId | None = None
    """Identifies this trunk to those who trace calls back. Default: made from the licence's number
    and the trunk's name, and so the same on every node."""

    _credentials: Credentials = PrivateAttr()

    @model_validator(mode="after")
    def _key_and_certificate(self) -> Stir:
        # Whoever signs nothing does not wait for cryptography.x509 to be imported.
        from dialer.credentials.passport import BadKeyError, certified, read_key  # noqa: PLC0415

        try:
            key = read_key(self.key_file)
        except BadKeyError as error:
            raise wrong(str(error), "key_file") from None
        try:
            self._credentials = certified(key, self.certificate_file, self.authorities_file)
        except BadKeyError as error:
            raise wrong(str(error), "certificate_file") from None
        return self

    @property
    def credentials(self) -> Credentials:
        """The key and the span of its certificate, as they were when the file was read."""
        return self._credentials
