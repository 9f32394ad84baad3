"""A signer's certificate: its chain, and for whose numbers it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dialer.credentials.certificate_chain import TN_AUTH_LIST, TnAuthList, tn_auth_list
from dialer.credentials.passport import BadKeyError, certified
from tests.support.passports import PROVIDER

NOW = datetime(2026, 11, 22, tzinfo=UTC)
YEAR = timedelta(days=365)
Key = ec.EllipticCurvePrivateKey


def made(
    name: str,
    key: Key,
    issuer: tuple[str, Key],
    *,
    authority: bool = False,
    ends: datetime = NOW + YEAR,
    numbers: bytes | None = None,
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(named(issuer[0]), named(name), key.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW - YEAR).not_valid_after(ends)
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    if numbers is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(TN_AUTH_LIST, numbers), False)
    return builder.sign(issuer[1], hashes.SHA256())


class Chain:
    """A root, an authority below it, and a signer."""

    def __init__(
        self, folder: Path, *, authority: bool = True, ends: datetime = NOW + YEAR
    ) -> None:
        self.folder = folder
        self.key, below, top = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.root = made("root", top, ("root", top), authority=True)
        self.middle = made("middle", below, ("root", top), authority=authority, ends=ends)
        self.signer = made("signer", self.key, ("middle", below), numbers=PROVIDER)

    def file(self, *certificates: x509.Certificate) -> Path:
        path = self.folder / f"{len(list(self.folder.iterdir()))}.pem"
        pem = (each.public_bytes(serialization.Encoding.PEM) for each in certificates)
        path.write_bytes(b"".join(pem))
        return path


def test_a_chain_that_holds_is_taken_and_holds_as_long_as_all_of_it(tmp_path: Path) -> None:
    soon = NOW + timedelta(days=3)
    chain = Chain(tmp_path, ends=soon)
    whole = chain.file(chain.signer, chain.middle)
    found = certified(chain.key, whole, chain.file(chain.root))
    assert found.valid.ends == soon
    assert found.numbers == TnAuthList(codes=("709D",))
    assert certified(chain.key, chain.file(chain.signer)).valid.ends == NOW + YEAR


def test_a_chain_that_is_broken_is_refused(tmp_path: Path) -> None:
    chain, other = Chain(tmp_path), Chain(tmp_path, authority=False)
    for wrong, what in (
        (chain.file(chain.signer, chain.root), "has not issued"),
        (chain.file(chain.signer, other.middle), "has not issued"),
        (chain.file(chain.signer, chain.middle, other.root), "certificate 3"),
    ):
        with pytest.raises(BadKeyError, match=what):
            certified(chain.key, wrong)
    with pytest.raises(BadKeyError, match="is no authority's"):
        certified(other.key, other.file(other.signer, other.middle))
    with pytest.raises(BadKeyError, match="authorities_file"):
        certified(chain.key, chain.file(chain.signer, chain.middle), chain.file(other.root))
    with pytest.raises(BadKeyError, match="authorities_file"):
        certified(chain.key, chain.file(chain.signer), chain.file(chain.root))


def listed(numbers: bytes | None) -> TnAuthList | None:
    key = ec.generate_private_key(ec.SECP256R1())
    return tn_auth_list(made("a", key, ("a", key), numbers=numbers))


def test_a_list_names_providers_numbers_and_ranges() -> None:
    one = b"\xa2\x0d\x16\x0b12025550100"
    of_ten = b"\xa1\x12\x30\x10\x16\x0b12025550200\x02\x01\x0a"
    found = listed(b"\x30" + bytes([len(one + of_ten)]) + one + of_ten)
    assert found == TnAuthList((), (("12025550100", 1), ("12025550200", 10)))
    for digits, covered in (
        ("12025550100", True),
        ("12025550101", False),
        ("12025550200", True),
        ("12025550209", True),
        ("12025550210", False),
        ("2025550100", False),
    ):
        assert found.covers(digits) is covered
    provider = listed(PROVIDER)
    assert provider is not None
    assert provider.covers("12025550199")
    assert listed(None) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x30\x00",
        b"\x30\x05\xa0",
        b"\x30\x04\xa3\x02\x16\x00",
        b"\x30\x06\xa2\x04\x16\x02ab",
        b"\x30\x0c\xa1\x0a\x30\x08\x16\x0312\x02\x01\x0a",
        b"\x30\x0b\xa1\x09\x30\x07\x16\x0212\x02\x01\x01",
        b"\x30\x84\xff\xff\xff\xff\x00",
        PROVIDER + b"\x00",
    ],
)
def test_a_list_that_is_broken_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed(raw)
