"""Who has access: given, taken, recovered and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.core.office.access import Actor, Right, Role
from dialer.core.office.grants import Grant
from dialer.credentials.key_files import is_ours, our_account
from dialer.credentials.tokens import VARIABLE, Token
from dialer.errors import AccessError
from dialer.office.request import Request


@dataclass(frozen=True, slots=True)
class Given:
    """An access that was given, and its token: only its hash is kept, so it is told this once."""

    grant: Grant
    token: Token


async def give(
    request: Request, name: str, roles: Sequence[Role], expires: datetime | None = None
) -> Given:
    """Give somebody access. It takes an admin, but for the first of all. Raises AccessError."""
    by = await request.acting(Right.MANAGE_ACCESS) if await grants(request) else None
    token = Token.new()
    wanted = Grant(name, frozenset(roles), token.hash, request.utc(), expires_at=expires)
    async with request.store.writing() as desks:
        return Given(await desks.access.give(wanted, by), token)


async def recover(request: Request, name: str, why: str) -> Given:
    """Let an admin in again whose token is lost, where the store is that of who runs this process.

    So only a command can do it: a process that serves others runs as the owner, whoever asks.
    Raises AccessError.
    """
    _must_be_the_owners(request)
    token = Token.new()
    wanted = Grant(name, frozenset({Role.ADMIN}), token.hash, request.utc())
    async with request.store.writing() as desks:
        return Given(await desks.access.recover(wanted, our_account(), why.strip()), token)


async def revoke(request: Request, name: str) -> Grant:
    """Take somebody's access away: the token opens nothing from now on. Raises AccessError."""
    by = await request.acting(Right.MANAGE_ACCESS)
    async with request.store.writing() as desks:
        return await desks.access.take(name, by, request.utc())


async def grants(request: Request) -> Sequence[Grant]:
    """Every access ever given, the oldest first; none where nothing was ever kept."""
    return await request.rows(lambda desks: desks.access.grants())


async def whoami(request: Request) -> Actor:
    """Whose token was shown. Raises AccessError."""
    actor = await request.whose()
    if actor is None:
        raise AccessError(f"no token: set {VARIABLE} to yours, or give --token-file")
    return actor


def _must_be_the_owners(request: Request) -> None:
    """Raises AccessError where not all that the store is made of belongs to who asks."""
    if not request.store.exists:
        raise AccessError(
            f"nobody has access to {request.config.data_dir} yet: there is nothing to recover; its "
            "first admin is made by: dialer access grant NAME --role admin"
        )
    files = request.store.files
    if not files:
        raise AccessError("only the owner of the store lets an admin in again, by a command")
    for path in files:
        if not is_ours(path):
            raise AccessError(
                f"only the owner of the store lets an admin in again, and {path} is not there, or "
                f"not {our_account()}'s: have its owner, or root, run this"
            )
