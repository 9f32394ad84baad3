"""Whose STIR signatures are believed of callers, as a trunk of `dialer.yaml` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field, PrivateAttr, model_validator

from dialer.config.stir import CertificateUrl
from dialer.reading.fields import ExistingFile, wrong
from dialer.reading.validate import Section

if TYPE_CHECKING:
    from dialer.credentials.verifier import Trusted


class TrustedCertificate(Section):
    """Another provider's certificate."""

    url: CertificateUrl
    """The URL by which its PASSporTs name it (`x5u`). It is never fetched."""
    file: ExistingFile
    """PEM file of the certificate, first where a chain follows. It needs a TNAuthList."""


class StirTrust(Section):
    """Identity headers of inbound calls are verified here (RFC 8224 6.2).

    A caller with attestation A counts as verified, as by `verstat`; any other does not.
    """

    authorities_file: ExistingFile
    """PEM file of the authorities at which the certificates' chains must end."""
    certificates: tuple[TrustedCertificate, ...] = Field(min_length=1, max_length=1000)
    """The certificates that are known. A PASSporT by any other is not believed."""

    _known: Mapping[str, Trusted] = PrivateAttr()

    @model_validator(mode="after")
    def _believable(self) -> StirTrust:
        # Whoever verifies nothing does not wait for cryptography.x509 to be imported.
        from dialer.credentials.passport import BadKeyError  # noqa: PLC0415
        from dialer.credentials.verifier import trusted  # noqa: PLC0415

        known: dict[str, Trusted] = {}
        for position, each in enumerate(self.certificates):
            if each.url in known:
                raise wrong("is there twice", "certificates", position, "url")
            try:
                known[each.url] = trusted(each.file, self.authorities_file)
            except BadKeyError as error:
                raise wrong(str(error), "certificates", position, "file") from None
        self._known = known
        return self

    @property
    def known(self) -> Mapping[str, Trusted]:
        """By URL, as they were when the files were read."""
        return self._known
