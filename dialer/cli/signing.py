"""Having a statement signed: by the person's key here, or as files that were signed elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.said import echo
from dialer.core.values.statements import Signed, Statement
from dialer.errors import SignatureError
from dialer.office.request import Request
from dialer.office.signing import own_keys

SignKey = Annotated[
    Path | None,
    typer.Option(
        "--sign-key",
        envvar="DIALER_SIGN_KEY",
        metavar="FILE",
        help="Your SSH or FIDO key; else a registered one: beside your token, ~/.ssh, ssh-agent.",
    ),
]
SignedFile = Annotated[
    Path | None,
    typer.Option(
        "--signed",
        metavar="FILE",
        help="What you signed elsewhere: --statement wrote FILE, ssh-keygen -Y sign FILE.sig.",
    ),
]
StatementFile = Annotated[
    Path | None,
    typer.Option(
        "--statement",
        metavar="FILE",
        help="Write what is to be signed to FILE, and do nothing: to sign it elsewhere.",
    ),
]


def signed_by(
    request: Request,
    statement: Statement,
    key: Path | None = None,
    signed: Path | None = None,
    write_to: Path | None = None,
    token_file: Path | None = None,
) -> Signed:
    """`statement` with its signature. Ends the command where it was only to be written.

    Without `key` a registered one is looked for beside the token, in ~/.ssh and in ssh-agent.

    Raises SignatureError.
    """
    from dialer.credentials.ssh_signing import sign, sign_by_any  # noqa: PLC0415 - listings do not sign

    text = statement.text
    if write_to is not None:
        write(write_to, text)
        raise typer.Exit
    if signed is not None:
        return read_signed(signed)
    if key is not None:
        return Signed(text, sign(text, key))
    registered = asyncio.run(own_keys(request, statement.by))
    if not registered:
        raise SignatureError(
            f"{statement.by} has no key registered: dialer access key ~/.ssh/id_ed25519.pub "
            "(ssh-keygen -t ed25519 makes one)"
        )
    folders = [*([] if token_file is None else [token_file.parent]), Path.home() / ".ssh"]
    return Signed(text, sign_by_any(text, registered, folders))


def read_signed(file: Path) -> Signed:
    """What was signed elsewhere: `file`, and its signature beside it. Raises SignatureError."""
    signature = file.with_name(f"{file.name}.sig")
    try:
        return Signed(file.read_text("utf-8"), signature.read_text("ascii"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SignatureError(
            f"{file} with {signature.name} beside it cannot be read ({why}): ssh-keygen -Y sign "
            f"-f KEY -n veridial {file}"
        ) from None


def write(file: Path, text: str) -> None:
    """Write a statement, and say how it is signed. Raises SignatureError."""
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise SignatureError(f"{file} cannot be written: {error.strerror}") from None
    echo(f"sign it within a day: ssh-keygen -Y sign -f KEY -n veridial {file}")
    echo(f"then the same command again, with --signed {file}")
