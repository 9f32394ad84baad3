"""STIR/SHAKEN of calls that come in: whether the caller's number is the caller's (RFC 8224 6.2).

Certificates are those that the operator lists, by the URL that PASSporTs name them by. None is
fetched: a call must not have us ask where the caller says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.core.gate.signed import Validity
from dialer.core.values.number import E164
from dialer.credentials.certificate_chain import (
    TnAuthList,
    anchor_of,
    chain_fault,
    span,
    tn_auth_list,
)
from dialer.credentials.passport import (
    BadKeyError,
    BadPassportError,
    Passport,
    parse,
    read_certificates,
)

_FRESH: Final = timedelta(seconds=60)
"""RFC 8224 6.2, step 4: how old a PASSporT may be, and how far ahead another's clock."""
_MOST_HEADERS: Final = 4
_LONGEST: Final = 4096
_MOST_SEEN: Final = 4096
_CONSTRAINTS: Final = {
    x509.ObjectIdentifier("1.3.6.1.5.5.7.1.27"),
    x509.ObjectIdentifier("1.3.6.1.5.5.7.1.33"),
}
"""JWTClaimConstraints, and enhanced ones (RFC 8226 8, RFC 9118)."""


class Attested(Enum):
    """What an inbound call's Identity headers come to, the best first."""

    A = "a"
    """The caller may show the number. Only this is believed."""
    B = "b"
    """The carrier knows the caller, and not whether the number is theirs."""
    C = "c"
    """The carrier knows neither; the call came in by its gateway."""
    REPLAYED = "replayed"
    """It came before, with another call."""
    STALE = "stale"
    """Its time, or its certificate's, is over or has not come."""
    OTHER = "other_number"
    """It is for another caller or callee, or its certificate is not for this caller's number."""
    BAD = "bad_signature"
    UNKNOWN = "unknown_certificate"
    UNREADABLE = "unreadable"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Trusted:
    """Another's certificate, whose chain has been checked."""

    key: ec.EllipticCurvePublicKey = field(repr=False)
    valid: Validity
    numbers: TnAuthList


def trusted(path: Path, authorities: Path) -> Trusted:
    """The first certificate in a PEM file, whose chain ends at one of `authorities`.

    Raises BadKeyError.
    """
    chain, anchors = read_certificates(path), read_certificates(authorities)
    certificate, key = chain[0], chain[0].public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKeyError("ES256 needs a key on the curve P-256 (prime256v1)")  # RFC 8225 5.1
    fault = chain_fault(chain, anchors)
    if fault is not None:
        raise BadKeyError(fault)
    try:
        held = {each.oid for each in certificate.extensions}
        numbers = tn_auth_list(certificate)
    except ValueError as error:
        raise BadKeyError(f"the certificate's TNAuthList cannot be read: {error}") from None
    if numbers is None:
        raise BadKeyError("names no numbers and no provider (TNAuthList, RFC 8226)")
    if held & _CONSTRAINTS:
        raise BadKeyError("holds JWTClaimConstraints (RFC 8226 8), which are not understood here")
    return Trusted(key, span([*chain, anchor_of(chain, anchors)]), numbers)


class Seen:
    """PASSporTs that were believed, until they are too old to be (RFC 8224 12.1).

    Keyed by what was signed: of one signature anybody can make a second.
    """

    def __init__(self) -> None:
        self._until: dict[bytes, datetime] = {}

    def is_new(self, passport: Passport, at: datetime) -> bool:
        """Whether it is seen for the first time; where there is no room it counts as seen."""
        while self._until and next(iter(self._until.values())) < at:
            del self._until[next(iter(self._until))]
        key = hashlib.sha256(passport.signed).digest()
        if key in self._until or len(self._until) >= _MOST_SEEN:
            return False
        self._until[key] = at + 2 * _FRESH
        return True


class Verifier:
    """Judges the Identity headers of one trunk's calls; some 0.1 ms each, on one thread.

    `certificates` by URL. `seen` is shared by the trunks of a node.
    """

    def __init__(self, certificates: Mapping[str, Trusted], seen: Seen) -> None:
        self._certificates = certificates
        self._seen = seen
        self.counts = dict.fromkeys((each.value for each in Attested), 0)
        """Calls by what came of them; any thread may read."""

    def judge(
        self, identities: Iterable[str], caller: E164, called: E164, at: datetime
    ) -> Attested:
        """The best that one of the headers comes to, at the aware instant `at`."""
        order = list(Attested)
        found = [
            self._one(identity, caller, called, at)
            for identity in islice(identities, _MOST_HEADERS)
        ]
        best = min(found, key=order.index, default=Attested.NONE)
        self.counts[best.value] += 1
        return best

    def _one(self, identity: str, caller: E164, called: E164, at: datetime) -> Attested:
        try:
            passport = parse(identity if len(identity) <= _LONGEST else "")
        except BadPassportError:
            return Attested.UNREADABLE
        certificate = self._certificates.get(passport.certificate_url)
        if certificate is None:
            return Attested.UNKNOWN
        fault = _fault(passport, certificate, caller, called, at)
        if fault is None and not self._seen.is_new(passport, at):
            fault = Attested.REPLAYED
        return fault or Attested[passport.attest]


def _fault(
    passport: Passport, certificate: Trusted, caller: E164, called: E164, at: datetime
) -> Attested | None:
    """Why it does not speak for this call now; None where it does."""
    if not passport.is_signed_by(certificate.key):
        return Attested.BAD
    if abs(at - passport.issued_at) > _FRESH or not certificate.valid.holds(at):
        return Attested.STALE
    is_for_them = passport.orig == caller.digits and called.digits in passport.dest
    if not is_for_them or not certificate.numbers.covers(caller.digits):
        return Attested.OTHER
    return None
