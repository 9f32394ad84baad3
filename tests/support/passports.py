"""Keys, certificates and signers for tests, made where they are asked for."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dialer.core.gate.caller_id import VerifiedNumber
from dialer.core.values.number import E164
from dialer.credentials.certificate_chain import TN_AUTH_LIST
from dialer.credentials.passport import Signer, certified, origid_of, read_key
from tests.support import peers

URL: Final = "https://certificates.example/a-17.pem"
ORIGID: Final = origid_of("B2-20260001", "carrier-a")

STIR: Final = f"""\
    stir:
      key_file: key.pem
      certificate_file: certificate.pem
      certificate_url: {URL}
"""
"""Of a trunk of dialer.yaml, beside which `make_pair` has put the files."""


PROVIDER: Final = bytes.fromhex("3008a006160437303944")
"""TNAuthList of a provider, 709D."""


class Pair(NamedTuple):
    """Files of one signer."""

    key: Path
    certificate: Path
    public: Path


def verified(number: E164, expires: date = date(2099, 12, 31)) -> VerifiedNumber:
    return VerifiedNumber(number, "Example Bank", "contracts/a-17.pdf", expires)


def make_pair(
    folder: Path,
    *,
    begins: datetime | None = None,
    ends: datetime | None = None,
    mode: int = 0o600,
    numbers: bytes | None = PROVIDER,
) -> Pair:
    """A new P-256 key, a certificate that it signs itself, and its public half."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SHAKEN 0000")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now - timedelta(days=1))
        .not_valid_after(ends or now + timedelta(days=365))
    )
    if numbers is not None:
        listed = x509.UnrecognizedExtension(TN_AUTH_LIST, numbers)
        builder = builder.add_extension(listed, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    folder.mkdir(exist_ok=True)
    pair = Pair(folder / "key.pem", folder / "certificate.pem", folder / "public.pem")
    write_key(pair.key, key, mode)
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return pair


def write_key(
    path: Path,
    key: ec.EllipticCurvePrivateKey,
    mode: int = 0o600,
    password: bytes | None = None,
) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption(),
        )
    )
    os.chmod(path, mode)  # noqa: PTH101 - whatever the umask is


def make_signer(folder: Path, *numbers: E164) -> tuple[Signer, Pair]:
    """A signer for `numbers`, whose proofs hold for long."""
    pair = make_pair(folder)
    credentials = certified(read_key(pair.key), pair.certificate)
    return Signer(credentials, URL, [verified(number) for number in numbers], ORIGID), pair


def secsipidx(identity: str, public_key: Path, folder: Path, *, expire: int = 60) -> str:
    """`ok` where somebody else's verifier takes it for signed and fresh; else why not."""
    (folder / "identity.txt").write_text(identity, encoding="ascii")
    done = subprocess.run(
        [
            *peers.command("secsipidx"),
            *("-check", "-fidentity", str(folder / "identity.txt")),
            *("-fpubkey", str(public_key), "-expire", str(expire)),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    *why, verdict = done.stdout.splitlines()
    assert (done.returncode == 0, verdict) in {(True, "ok"), (False, "not-ok")}, done.stderr
    return why[0] if why else verdict
