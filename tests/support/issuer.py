"""Another provider whose calls come in: its authority, its certificates, its PASSporTs."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from dialer.core.values.number import E164
from dialer.credentials.certificate_chain import TN_AUTH_LIST
from tests.support.passports import ORIGID, PROVIDER, URL

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
CALLER = E164("+8613912345678")
OURS = E164("+861065550100")


class Issuer:
    """An authority and the certificates that it issues, in a folder."""

    def __init__(
        self, folder: Path, name: str = "sti-ca", *, ends: datetime = NOW + 90 * DAY
    ) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate(self.name, self.key, ends, authority=True))

    def certify(
        self,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        *,
        listed: bytes | None = PROVIDER,
        ends: datetime = NOW + 30 * DAY,
        constrained: str = "",
    ) -> Path:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SHAKEN 709D")])
        extensions = [] if listed is None else [x509.UnrecognizedExtension(TN_AUTH_LIST, listed)]
        if constrained:
            oid = x509.ObjectIdentifier(constrained)
            extensions.append(x509.UnrecognizedExtension(oid, b"\x30\x00"))
        file = self.folder / "theirs.pem"
        file.write_bytes(self._certificate(name, key, ends, *extensions))
        return file

    def _certificate(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        ends: datetime,
        *extensions: x509.ExtensionType,
        authority: bool = False,
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 90 * DAY)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        for each in extensions:
            builder = builder.add_extension(each, critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM)


THEIRS = ec.generate_private_key(ec.SECP256R1())


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(key: ec.EllipticCurvePrivateKey = THEIRS, url: str = URL, **claims: object) -> str:
    """An Identity header of THEIRS for CALLER calling OURS now, but for what `claims` say."""
    head = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": url}
    said = {
        "attest": "A",
        "dest": {"tn": [OURS.digits]},
        "iat": int(NOW.timestamp()),
        "orig": {"tn": CALLER.digits},
        "origid": str(ORIGID),
    } | claims
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, said))
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"{text}.{signature};info=<{url}>;alg=ES256;ppt=shaken"
