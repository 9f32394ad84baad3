"""What a trunk's inbound calls have to prove, as `dialer.yaml` tells it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from dialer.config.credentials import Credentials
from dialer.reading.fields import HostName, UserName, wrong
from dialer.reading.network import EachOnce
from dialer.reading.validate import Section

_LEAST_PASSWORD: Final = 12


class InboundDigest(Credentials):
    """Credentials that the carrier sends with its calls (RFC 3261 22, RFC 8760)."""

    username: UserName
    """The carrier's user name."""
    algorithms: Annotated[tuple[Literal["SHA-256", "MD5"], ...], EachOnce] = Field(
        default=("SHA-256",), min_length=1
    )
    """Algorithms that we offer, the preferred one first. Others are refused. `MD5` is broken, and
    for a carrier that has no other."""

    @model_validator(mode="after")
    def _password_of_length(self) -> InboundDigest:
        """Whoever reads one call can try passwords at home, as many as they like."""
        if len(self.password.get_secret_value()) < _LEAST_PASSWORD:
            by = "password_file" if self.password_file is not None else "password_env"
            raise wrong(
                f"the password needs {_LEAST_PASSWORD} characters or more; `openssl rand -hex 16` "
                "makes one",
                by,
            )
        return self


class InboundAuth(Section):
    """What inbound calls of a trunk must prove besides their source address."""

    digest: InboundDigest | None = None
    """Calls are challenged (401), and let in with these credentials only."""
    client_certificates: Annotated[tuple[HostName, ...], EachOnce] = Field(
        default=(), max_length=20
    )
    """Mutual TLS: names of the carrier, one of which its certificate must hold (RFC 5922: `sip:`
    URI or DNS name among the alternative names, no wildcard). Its authority must be in `ca_file`.
    Needs `transport: tls`."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> InboundAuth:
        if self.digest is None and not self.client_certificates:
            raise wrong("give digest, client_certificates or both")
        return self
