"""Who has access: given, taken, recovered and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.core.office.access import Actor, Right, Role
from dialer.core.office.grants import Grant
from dialer.core.office.person_keys import PersonKey
from dialer.core.values.statements import Act, Signature, Signed, Statement, fault_of_statement
from dialer.credentials.key_files import is_ours, our_account
from dialer.credentials.tokens import VARIABLE, Token
from dialer.errors import AccessError, SignatureError
from dialer.office.request import Request
from dialer.office.signing import checked, stated


@dataclass(frozen=True, slots=True)
class Given:
    """An access that was given, and its token: only its hash is kept, so it is told this once."""

    grant: Grant
    token: Token


def to_second(request: Request, second: str, name: str) -> Statement:
    """What a second person signs so that `name` is given compliance."""
    return stated(request, Act.GRANT_COMPLIANCE, second, user=name)


async def give(
    request: Request,
    name: str,
    roles: Sequence[Role],
    expires: datetime | None = None,
    second: tuple[str, Signed] | None = None,
) -> Given:
    """Give somebody access. It takes an admin, but for the first of all.

    Compliance takes two, once two people have held it: `second` is a name, and that person's
    signature over `to_second`. Raises AccessError, SignatureError.
    """
    by = await request.acting(Right.MANAGE_ACCESS) if await grants(request) else None
    token = Token.new()
    wanted = Grant(name, frozenset(roles), token.hash, request.utc(), expires_at=expires)
    async with request.store.writing() as desks:
        signature = None
        if second is not None:
            who, signed = second
            signature = await checked(request, desks, to_second(request, who, name), signed)
        return Given(await desks.access.give(wanted, by, signature), token)


async def recover(request: Request, name: str, why: str, role: Role = Role.ADMIN) -> Given:
    """Let an admin in again whose token is lost, or give compliance where nobody holds it.

    It takes the store's owner: the store must be that of who runs this process.

    So only a command can do it: a process that serves others runs as the owner, whoever asks.
    Raises AccessError.
    """
    _must_be_the_owners(request)
    token = Token.new()
    wanted = Grant(name, frozenset({role}), token.hash, request.utc())
    async with request.store.writing() as desks:
        return Given(await desks.access.recover(wanted, our_account(), why.strip()), token)


async def revoke(request: Request, name: str) -> Grant:
    """Take somebody's access away: the token opens nothing from now on. Raises AccessError."""
    by = await request.acting(Right.MANAGE_ACCESS)
    async with request.store.writing() as desks:
        return await desks.access.take(name, by, request.utc())


async def to_register(request: Request, public: str, voucher: str | None = None) -> Statement:
    """What one signs with a new key to register its line; or what `voucher` signs for it.

    Raises AccessError, SignatureError.
    """
    who = await whoami(request)
    return _registration(request, who.name, public, voucher)


async def register_key(
    request: Request, public: str, signed: Signed, vouched: tuple[str, Signed] | None = None
) -> PersonKey:
    """Register one's own key: who shows the token, holds the key as well.

    `vouched` is who gives their word, where one had a key before, and their signature over
    `to_register`. Raises AccessError, SignatureError.
    """
    # A listing does without cryptography.
    from dialer.credentials.ssh_keys import PublicKey, is_signed  # noqa: PLC0415

    who, now = await whoami(request), request.utc()
    key = PublicKey.read(public)
    own = _registration(request, who.name, public)
    fault = fault_of_statement(signed.text, own, now)
    if fault is not None:
        raise SignatureError(fault.why)
    if not is_signed(signed.text, signed.signature, key.text):
        raise SignatureError("this is not signed by the key that is to be registered")
    wanted = PersonKey(who.name, key.text, key.fingerprint, now)
    async with request.store.writing() as desks:
        word = None
        if vouched is not None:
            voucher, theirs = vouched
            statement = _registration(request, who.name, public, voucher)
            word = await checked(request, desks, statement, theirs)
        signature = Signature.of(signed, key.fingerprint, who.name, now)
        return await desks.access.register(wanted, signature, word)


async def revoke_key(request: Request, fingerprint: str) -> PersonKey:
    """Revoke a key: one's own, or anybody's as an admin. Raises AccessError, SignatureError."""
    by = await whoami(request)
    async with request.store.writing() as desks:
        return await desks.access.revoke_key(fingerprint, by, request.utc())


async def keys(request: Request) -> Sequence[PersonKey]:
    """Every key ever registered, the oldest first."""
    return await request.rows(lambda desks: desks.access.keys())


def _registration(
    request: Request, user: str, public: str, voucher: str | None = None
) -> Statement:
    from dialer.credentials.ssh_keys import PublicKey  # noqa: PLC0415 - as above

    key = PublicKey.read(public)
    return stated(
        request,
        Act.REGISTER_KEY,
        voucher or user,
        user=user,
        key=key.text,
        fingerprint=key.fingerprint,
        word="its holder's" if voucher is None else "for another key",
    )


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
