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
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SignatureError(
            "ssh-keygen is not installed (apt-get install openssh-client); or sign elsewhere and "
            "give --signed"
        )
    command = [program, "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE]
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


def sign_by_any(text: str, registered: Sequence[str], home: Path | None = None) -> str:
    """`text` signed by one of the `registered` public keys: the user's usual files, else the agent.

    Raises SignatureError where none of them is at hand.
    """
    keys = {PublicKey.read(line) for line in registered}
    folder = (home or Path.home()) / ".ssh"
    for name in _USUAL:
        try:
            public = PublicKey.read((folder / f"{name}.pub").read_text("utf-8"))
        except (OSError, ValueError, SignatureError):
            continue
        if public in keys and (folder / name).exists():
            return sign(text, folder / name)
    if os.environ.get("SSH_AUTH_SOCK"):
        for key in keys:
            with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
                file.write(key.text + "\n")
                file.flush()
                try:
                    return sign(text, Path(file.name))
                except SignatureError:
                    continue
    shown = ", ".join(sorted(key.fingerprint for key in keys))
    raise SignatureError(
        f"none of your registered keys is at hand ({shown}): name one by --sign-key FILE "
        "(or DIALER_SIGN_KEY), or sign elsewhere: --statement shows the text"
    )
