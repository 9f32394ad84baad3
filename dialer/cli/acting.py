"""Who acts: whoever the token says, and only if one of their roles gives the right.

A command that not everybody may use begins with `acting`, and hands the Actor on: to what is
written, and to the audit log.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.app.store import clerk, open_reader
from dialer.config import Config
from dialer.core.office.access import Actor, Right
from dialer.core.office.grants import Denial, admit, roles_with
from dialer.credentials.tokens import VARIABLE, Token, given_token
from dialer.errors import AccessError, DialerError, TokenFormError
from dialer.store import SqlAccess

TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="DIALER_TOKEN_FILE",
        help=f"Where your token is, if not in {VARIABLE}.",
    ),
]


def acting(config: Config, right: Right, token_file: Path | None = None) -> Actor:
    """Who has called the command, by DIALER_TOKEN or `token_file`, and may do this.

    Raises AccessError where there is no token, it opens nothing any more, or none of its roles
    gives the right; StoreError or VaultError where the store cannot be asked.
    """
    actor = _whose(config, token_file, right)
    if actor is None:
        raise AccessError(
            f"to {right} takes a token of the role {roles_with(right)}: set {VARIABLE} to it, or "
            "give --token-file. An admin gives them, by: dialer access grant NAME --role ROLE"
        )
    return actor


def whose(config: Config, token_file: Path | None = None) -> Actor | None:
    """Whose token was given, whatever it opens; None where none was. Raises as `acting` does."""
    return _whose(config, token_file, None)


def _whose(config: Config, token_file: Path | None, right: Right | None) -> Actor | None:
    try:
        token = given_token(token_file)
    except TokenFormError as fault:
        denial = Denial(None, right, str(fault), datetime.now(UTC))
        asyncio.run(_put_on_record(config, denial))
        raise
    return None if token is None else asyncio.run(_admit(config, token, right))


async def _admit(config: Config, token: Token, right: Right | None) -> Actor:
    """Who holds the token, if they may do this; a token that does not open it leaves a record."""
    store = open_reader(config)
    if not store.exists:
        raise AccessError(
            f"nobody has access to {config.data_dir} yet; its first admin is made by: "
            "dialer access grant NAME --role admin"
        )
    await store.open()
    try:
        grants = await SqlAccess(store.channel).grants()
    finally:
        await store.close()
    found = admit(grants, token.hash, right, datetime.now(UTC))
    if isinstance(found, Denial):
        await _put_on_record(config, found)
        raise AccessError(found.why)
    return found


async def _put_on_record(config: Config, denial: Denial) -> None:
    """Whoever shows what does not open this is on record, where there is a store to keep it.

    Raises AccessError where that cannot be.
    """
    if not open_reader(config).exists:
        return
    try:
        async with clerk(config) as desk:
            await SqlAccess(desk.channel).refused(denial)
    except DialerError as error:
        raise AccessError(f"{denial.why} (and that is not on record: {error})") from None
