"""Tokens: how somebody shows who they are. The token is shown once; only its hash is kept.

A token is 32 random bytes. Nobody can try 2^256 of them, so its SHA-256 needs no salt and no slow
function, as the hash of a password would: those make guessing dear, and there is nothing to guess.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import shlex
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from dialer.credentials.key_files import open_to_others
from dialer.errors import AccessError, TokenFormError

VARIABLE: Final = "DIALER_TOKEN"

_BYTES: Final = 32
_MARK: Final = "dialer_"
"""By it a token is known for one where it does not belong: in a file, a log, a commit."""
_FORM: Final = re.compile(_MARK + r"[A-Za-z0-9_-]{43}")


class Token:
    """A token. It never shows itself by accident; `text` does, `hash` is what may be kept."""

    def __init__(self, text: str) -> None:
        """Raises TokenFormError where `text` is no token; it is not repeated."""
        if not _FORM.fullmatch(text):
            raise TokenFormError(
                f"this is no token: one is {_MARK} and 43 letters, digits, - and _"
            )
        self.text = text

    @classmethod
    def new(cls) -> Token:
        """A token that never was."""
        random = base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)).rstrip(b"=")
        return cls(_MARK + random.decode())

    @property
    def hash(self) -> str:
        """The SHA-256 of its text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __repr__(self) -> str:
        return "Token(...)"


def given_token(
    file: Path | None = None, environ: MutableMapping[str, str] = os.environ
) -> Token | None:
    """The token in `file`, else in DIALER_TOKEN; None where neither is there.

    It is taken out of the environment: programs that we start do not inherit it. Raises
    AccessError where the file cannot be had or is others' to read, TokenFormError where what is
    there is no token.
    """
    held = environ.pop(VARIABLE, "").strip()
    if file is not None:
        held = _read(file)
    return Token(held) if held else None


def _read(file: Path) -> str:
    quoted = shlex.quote(str(file))
    try:
        with file.open("rb") as opened:
            # A pipe is as good as a file: --token-file <(pass show dialer)
            if open_to_others(os.fstat(opened.fileno()).st_mode):
                raise AccessError(f"others may read the token file; run: chmod 600 {quoted}")
            text = opened.read(1024).decode("ascii", "replace").strip()
    except OSError as error:
        raise AccessError(f"the token file {quoted} cannot be read: {error.strerror}") from None
    if not text:
        raise AccessError(f"the token file {quoted} is empty")
    return text
