"""People's keys, and what they sign with them, in tests."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dialer.core.office.person_keys import PersonKey
from dialer.core.values.statements import Act, Signature, Signed, Statement
from dialer.credentials.ssh_keys import PublicKey
from dialer.store import SqlStore
from dialer.store.queries import signing
from tests.support.commands import run
from tests.support.orders import NOON


@cache
def key_of(who: str) -> Ed25519PrivateKey:
    """The same key for the same name, in this process."""
    return Ed25519PrivateKey.generate()


def public_of(who: str) -> PublicKey:
    line = key_of(who).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return PublicKey.read(line.decode())


def sign(who: str, text: str, namespace: bytes = b"veridial") -> Signed:
    """Signed as `ssh-keygen -Y sign` would (PROTOCOL.sshsig)."""
    key, digest = key_of(who), hashlib.sha512(text.encode()).digest()
    message = b"SSHSIG" + _strings(namespace, b"", b"sha512", digest)
    signature = _strings(b"ssh-ed25519", key.sign(message))
    whole = b"SSHSIG\0\0\0\1" + _strings(public_of(who).blob, namespace, b"", b"sha512", signature)
    armour = base64.encodebytes(whole).decode()
    return Signed(text, f"-----BEGIN SSH SIGNATURE-----\n{armour}-----END SSH SIGNATURE-----\n")


def signature(who: str, act: Act, at: datetime = NOON, **named: str) -> Signature:
    """A checked signature of `who`'s, as the office hands it to a desk."""
    text = Statement(act, "Example Bank", named, who, at).text
    return Signature.of(sign(who, text), public_of(who).fingerprint, who, at)


def key(who: str, at: datetime = NOON) -> PersonKey:
    public = public_of(who)
    said = signature(who, Act.REGISTER_KEY, at)
    return PersonKey(who, public.text, public.fingerprint, at, signed=said.digest)


async def register(store: SqlStore, *people: str, at: datetime = NOON) -> None:
    """Have the keys of `people` in the store, whoever they are."""
    for who in people:
        await store.channel.submit(partial(signing.add_key, key=key(who, at)))


def key_file(folder: Path, who: str) -> Path:
    """The private key of `who` for ssh-keygen, its public one beside it."""
    file = folder / f"{who}.key"
    if not file.exists():
        text = key_of(who).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        file.touch(mode=0o600)
        file.write_bytes(text)
        file.with_name(f"{file.name}.pub").write_text(public_of(who).text + "\n")
    return file


def approve_configuration(config: Path, who: str, token: str) -> None:
    """Have compliance approve a configuration, by the command."""
    file = key_file(config.parent, who)
    done = run("config", "approve", "--sign-key", file, "-c", config, token=token)
    assert done.returncode == 0, done.stderr


def register_by_command(config: Path, who: str, token: str) -> Path:
    """Register the key of `who` as they would; its file."""
    file = key_file(config.parent, who)
    done = run("access", "key", file.with_name(f"{file.name}.pub"), "-c", config, token=token)
    assert done.returncode == 0, done.stderr
    return file


def _strings(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
