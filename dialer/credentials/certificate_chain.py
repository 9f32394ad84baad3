"""A signer's certificate: whether its chain holds, and for whose numbers it is (RFC 8226).

Trust in the last of the chain is the verifiers'; ours is that nothing before it is broken, which no
carrier would tell us: its calls would only be shown as unsigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from dialer.core.gate.signed import Validity

TN_AUTH_LIST: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")
_SEQUENCE, _INTEGER, _IA5 = 0x30, 0x02, 0x16
_CODE, _RANGE, _ONE = 0xA0, 0xA1, 0xA2
_MOST_COUNT: Final = 10**15


@dataclass(frozen=True, slots=True)
class TnAuthList:
    """The providers' codes and the numbers, as ranges of digits, that a certificate names."""

    codes: tuple[str, ...] = ()
    ranges: tuple[tuple[str, int], ...] = ()
    """First number and how many."""

    def covers(self, digits: str) -> bool:
        """Whether the number may be its own: a provider's code says nothing of single numbers."""
        return bool(self.codes) or any(
            len(first) == len(digits) and 0 <= int(digits) - int(first) < count
            for first, count in self.ranges
        )


def chain_fault(
    chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate] = ()
) -> str | None:
    """What is wrong with a chain, the signer's own certificate first; None where it holds.

    With `authorities` the last of it must be one of them, or be issued by one.
    """
    for position, (issued, issuer) in enumerate(pairwise(chain), start=2):
        if not _issued(issued, issuer):
            return f"certificate {position} of the file has not issued the one before it"
        if not _is_authority(issuer):
            return f"certificate {position} of the file is no authority's"
    last = chain[-1]
    if authorities and not any(last == each or _issued(last, each) for each in authorities):
        return "no certificate of authorities_file has issued the last one of the chain"
    return None


def anchor_of(
    chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]
) -> x509.Certificate:
    """The authority at which a chain without fault ends; of several the one that holds longest."""
    last = chain[-1]
    issuers = [each for each in authorities if last == each or _issued(last, each)]
    return max(issuers, key=lambda each: each.not_valid_after_utc)


def span(chain: Sequence[x509.Certificate]) -> Validity:
    """When all of a chain hold."""
    return Validity(
        max(each.not_valid_before_utc for each in chain),
        min(each.not_valid_after_utc for each in chain),
    )


def tn_auth_list(certificate: x509.Certificate) -> TnAuthList | None:
    """Whose numbers it is for; None where it does not say. Raises ValueError where it is broken."""
    try:
        found = certificate.extensions.get_extension_for_oid(TN_AUTH_LIST).value
    except x509.ExtensionNotFound:
        return None
    raw = found.value if isinstance(found, x509.UnrecognizedExtension) else b""
    codes, ranges = [], []
    for tag, entry in _parts(_only(raw, _SEQUENCE)):
        if tag == _CODE:
            codes.append(_only(entry, _IA5).decode("ascii"))
        elif tag == _ONE:
            ranges.append((_number(_only(entry, _IA5)), 1))
        elif tag == _RANGE:
            parts = list(_parts(_only(entry, _SEQUENCE)))
            if [each for each, _ in parts[:2]] != [_IA5, _INTEGER]:
                raise ValueError("a range of numbers is broken")
            count = int.from_bytes(parts[1][1], "big", signed=True)
            if not 2 <= count <= _MOST_COUNT:
                raise ValueError("a range of numbers has an impossible count")
            ranges.append((_number(parts[0][1]), count))
        else:
            raise ValueError("an entry is of no known kind")
    if not codes and not ranges:
        raise ValueError("it is empty")
    return TnAuthList(tuple(codes), tuple(ranges))


def _issued(issued: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _number(text: bytes) -> str:
    digits = text.decode("ascii")
    if not digits.isdigit() or len(digits) > 15:
        raise ValueError("a number is not of digits")
    return digits


def _only(data: bytes, wanted: int) -> bytes:
    """The contents of the one value of this kind that `data` is."""
    parts = list(_parts(data))
    if len(parts) != 1 or parts[0][0] != wanted:
        raise ValueError("it is not as RFC 8226 has it")
    return parts[0][1]


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The DER values of `data`: tag and contents."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("it ends early")
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(data[start : start + size], "big"), start + size
        if start + length > len(data):
            raise ValueError("it ends early")
        yield tag, data[start : start + length]
        at = start + length
