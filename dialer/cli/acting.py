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

from dialer import app_store
from dialer.config import Config
from dialer.core.access import Actor, Right
from dialer.core.grants import roles_with, why_not
from dialer.errors import AccessError
from dialer.store import SqlAccess
from dialer.tokens import VARIABLE, Token, given_token

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
    actor = whose(config, token_file)
    if actor is None:
        raise AccessError(
            f"to {right} takes a token of the role {roles_with(right)}: set {VARIABLE} to it, or "
            "give --token-file. An admin gives them, by: dialer access grant NAME --role ROLE"
        )
    refused = why_not(actor, right)
    if refused is not None:
        raise AccessError(refused.why)
    return actor


def whose(config: Config, token_file: Path | None = None) -> Actor | None:
    """Whose token was given, whatever it opens; None where none was. Raises as `acting` does."""
    token = given_token(token_file)
    return None if token is None else asyncio.run(_identify(config, token))


async def _identify(config: Config, token: Token) -> Actor:
    store = app_store.open_reader(config)
    if not store.exists:
        raise AccessError(
            f"nobody has access to {config.data_dir} yet; its first admin is made by: "
            "dialer access grant NAME --role admin"
        )
    await store.open()
    try:
        return await SqlAccess(store.channel).identify(token.hash, datetime.now(UTC))
    finally:
        await store.close()
