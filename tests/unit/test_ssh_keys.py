"""Signatures of OpenSSH's keys, made by ssh-keygen; those of FIDO keys, made by the book."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialer.credentials.ssh_keys import PublicKey, SshSignature, is_signed
from dialer.credentials.ssh_signing import sign, sign_by_any
from dialer.errors import SignatureError

TEXT = "what is signed\n"


def made(folder: Path, *kind: str) -> tuple[Path, str]:
    file = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", file, "-t", *kind], check=True)
    return file, file.with_suffix(".pub").read_text()


@pytest.mark.parametrize(
    "kind", [["ed25519"], ["ecdsa"], ["ecdsa", "-b", "384"], ["ecdsa", "-b", "521"], ["rsa"]]
)
def test_what_ssh_keygen_signs_is_verified(kind: list[str], tmp_path: Path) -> None:
    file, public = made(tmp_path, *kind)
    signature = sign(TEXT, file)
    assert is_signed(TEXT, signature, public)
    assert not is_signed(TEXT + " ", signature, public)
    shown = subprocess.run(["ssh-keygen", "-lf", file], capture_output=True, text=True, check=True)
    assert shown.stdout.split()[1] == PublicKey.read(public).fingerprint
    (tmp_path / ".ssh").mkdir()
    for end in ("", ".pub"):
        file.with_suffix(end).rename(tmp_path / ".ssh" / f"id_{kind[0]}{end}")
    assert is_signed(TEXT, sign_by_any(TEXT, [public], [tmp_path, tmp_path / ".ssh"]), public)


@pytest.mark.parametrize("bad", ["", "ssh-dss AAAA", "ssh-ed25519 AAAA", "ssh-ed25519 !", "x y"])
def test_what_is_no_key_is_refused(bad: str) -> None:
    with pytest.raises(SignatureError):
        PublicKey.read(bad)


def test_a_short_rsa_key_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    _, public = made(tmp_path, "rsa", "-b", "1024")
    with pytest.raises(SignatureError, match="too short"):
        PublicKey.read(public)
    with pytest.raises(SignatureError, match="damaged"):
        PublicKey.read(public.replace("ssh-rsa", "ssh-ed25519"))


def test_a_signature_cut_anywhere_is_none(tmp_path: Path) -> None:
    file, public = made(tmp_path, "ed25519")
    whole = sign(TEXT, file)
    data = base64.b64decode("".join(whole.split("\n")[1:-2]))
    for length in range(len(data)):
        armour = base64.encodebytes(data[:length]).decode()
        cut = f"-----BEGIN SSH SIGNATURE-----\n{armour}-----END SSH SIGNATURE-----\n"
        assert not is_signed(TEXT, cut, public)
        flipped = data[:length] + bytes([data[length] ^ 1]) + data[length + 1 :]
        armour = base64.encodebytes(flipped).decode()
        bad = f"-----BEGIN SSH SIGNATURE-----\n{armour}-----END SSH SIGNATURE-----\n"
        assert not is_signed(TEXT, bad, public)


@pytest.mark.parametrize("flags, counts", [(b"\1", True), (b"\5", True), (b"\0", False)])
def test_a_fido_key_signs_when_it_is_touched(flags: bytes, *, counts: bool) -> None:
    private, kind = Ed25519PrivateKey.generate(), b"sk-ssh-ed25519@openssh.com"
    blob = _strings(kind, private.public_key().public_bytes_raw(), b"ssh:")
    public = f"{kind.decode()} {base64.b64encode(blob).decode()}"
    digest, rest = hashlib.sha512(TEXT.encode()).digest(), flags + b"\0\0\0\7"
    inner = b"SSHSIG" + _strings(b"veridial", b"", b"sha512", digest)
    over = hashlib.sha256(b"ssh:").digest() + rest + hashlib.sha256(inner).digest()
    signed = _strings(kind, private.sign(over)) + rest
    whole = b"SSHSIG\0\0\0\1" + _strings(blob, b"veridial", b"", b"sha512", signed)
    armour = base64.encodebytes(whole).decode()
    text = f"-----BEGIN SSH SIGNATURE-----\n{armour}-----END SSH SIGNATURE-----\n"
    assert SshSignature.read(text).key == PublicKey.read(public)
    assert is_signed(TEXT, text, public) is counts


def _strings(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
