"""Signing with a person's own key: by `ssh-keygen`, which asks ssh-agent, the file or the token."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dialer.credentials.ssh_keys import NAMESPACE, PublicKey
from dialer.errors import SignatureError

_USUAL: Final = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa", "id_rsa")


def sign(text: str, key: Path) -> str:
    """`text` signed with the private key at `key`, or with the agent's where `key` is public.

    ssh-keygen asks for a passphrase or a touch itself. Raises SignatureError.
    """
    command = [_program(), "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE]
    with tempfile.TemporaryDirectory() as folder:
        # A file, so that standard input is free for the passphrase.
        statement = Path(folder) / "statement"
        statement.write_text(text, "utf-8")
        done = subprocess.run(  # noqa: S603 -- no shell; a program found by its whole path
            [*command, str(statement)], stderr=subprocess.PIPE, text=True, check=False
        )
        signature = statement.with_name("statement.sig")
        if done.returncode != 0 or not signature.exists():
            why = done.stderr.strip().splitlines()
            raise SignatureError(f"{key} signs nothing: {why[-1] if why else 'ssh-keygen failed'}")
        return signature.read_text("ascii")


def make_key(file: Path, who: str) -> None:
    """A new ed25519 key of `who`'s without a passphrase, its public one beside it.

    Raises SignatureError.
    """
    command = [_program(), "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(file)]
    done = subprocess.run(  # noqa: S603 -- as in `sign`
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SignatureError(f"no key was made at {file}: {done.stderr.strip()}")


def _program() -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SignatureError(
            "ssh-keygen is not installed (apt-get install openssh-client); or sign elsewhere and "
            "give --signed"
        )
    return program


def sign_by_any(text: str, registered: Sequence[str], folders: Sequence[Path]) -> str:
    """`text` signed by one of the `registered` keys: a usual file of `folders`, else the agent.

    Raises SignatureError where none of them is at hand.
    """
    keys = {PublicKey.read(line) for line in registered}
    for file in (folder / name for folder in folders for name in _USUAL):
        try:
            public = PublicKey.read(file.with_name(f"{file.name}.pub").read_text("utf-8"))
        except (OSError, ValueError, SignatureError):
            continue
        if public in keys and file.exists():
            return sign(text, file)
    if os.environ.get("SSH_AUTH_SOCK"):
        for key in keys:
            with tempfile.NamedTemporaryFile("w", suffix=".pub") as line:
                line.write(key.text + "\n")
                line.flush()
                try:
                    return sign(text, Path(line.name))
                except SignatureError:
                    continue
    shown = ", ".join(sorted(key.fingerprint for key in keys))
    raise SignatureError(
        f"none of your registered keys is at hand ({shown}): name one by --sign-key FILE "
        "(or DIALER_SIGN_KEY), or sign elsewhere: --statement shows the text"
    )
