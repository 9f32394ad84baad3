"""`dialer access`: who may do what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc, instant
from dialer.cli.said import echo
from dialer.cli.signing import (
    SignedFile,
    SignKey,
    StatementFile,
    read_signed,
    signed_by,
    write,
)
from dialer.cli.tables import show, told
from dialer.core.office.access import Right, Role
from dialer.core.office.grants import Grant
from dialer.core.office.person_keys import PersonKey
from dialer.office import access as office

access = typer.Typer(
    help="Who may do what: grant and revoke access, and list it.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="A user's name, as records will show it: li.na")]
_KEY_FIELDS: Final = (
    *("name", "kind", "fingerprint", "added", "vouched_by", "revoked", "revoked_by"),
)
_FIELDS: Final = (
    *("name", "roles", "given", "given_by", "expires", "state", "revoked", "revoked_by"),
)


@access.command()
def grant(  # noqa: PLR0913 - the options of a command
    name: Name,
    role: Annotated[list[Role], typer.Option(help="What they are to you; more than once: all.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    expires: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When it ends; never if absent."),
    ] = None,
    second: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who signs for compliance besides you, by --signed."),
    ] = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Grant NAME access, and show the token. It is shown once: only its hash is kept.

    An admin's token is needed, but for the first access of all, which is an admin's and made by
    whoever may write in the data folder. Once two people have held compliance, it takes the
    signature of one who holds it, too: --second.
    """
    request = asked(config, token_file)
    until = expires and expires.astimezone(UTC)
    word = None
    if second is not None:
        wanted = office.to_second(request, second, name)
        if signed is None and statement is None:
            raise typer.BadParameter(
                "give --statement FILE first, then --signed", param_hint="--second"
            )
        word = (second, signed_by(request, wanted, signed=signed, write_to=statement))
    given = asyncio.run(office.give(request, name, role, until, word))
    _tell(given, json_output=json_output)


@access.command()
def recover(
    name: Name,
    why: Annotated[
        str, typer.Option("--why", help="What became of the token; kept in the audit log.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    role: Annotated[
        Role, typer.Option(help="admin; or compliance, where nobody holds it any more.")
    ] = Role.ADMIN,
    json_output: Json = False,
) -> None:
    """Let an admin in again whose token is lost, and show the new one: this once.

    No token is needed, but the store must be yours: only the owner of the data folder and of the
    keys may do this, or root, and only where the vault opens. NAME becomes an admin and nothing
    else; a token that NAME had opens nothing any more. It is in the audit log for good.
    """
    _tell(asyncio.run(office.recover(asked(config), name, why, role)), json_output=json_output)


@access.command()
def key(  # noqa: PLR0913 - the options of a command
    public: Annotated[Path, typer.Argument(help="Your public key: ~/.ssh/id_ed25519.pub.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
    by_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A key of yours that is registered: for a second one."),
    ] = None,
    voucher: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who vouches for it, if your key is lost.")
    ] = None,
    vouched: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the voucher signed; --voucher alone writes FILE."),
    ] = None,
    token_file: TokenFile = None,
) -> None:
    """Register your key, which signs what you approve, close and replace. Your token is needed.

    You sign with it once, to show that it is yours. A second key takes a signature by the first,
    or by somebody with compliance.
    """
    request = asked(config, token_file)
    line = _public(public)
    wanted = asyncio.run(office.to_register(request, line))
    own = signed_by(request, wanted, sign_key or _private(public), signed, statement)
    word = None
    if by_key is not None:
        before = asyncio.run(office.to_register(request, line, wanted.by))
        word = (wanted.by, signed_by(request, before, by_key))
    elif voucher is not None and vouched is not None:
        theirs = asyncio.run(office.to_register(request, line, voucher))
        if not vouched.exists():
            write(vouched, theirs.text)
            raise typer.Exit
        word = (voucher, read_signed(vouched))
    made = asyncio.run(office.register_key(request, line, own, word))
    echo(f"{made.name} signs with {made.fingerprint} from now on")


@access.command("keys")
def list_keys(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show the keys that people sign with, by their fingerprints. No token is needed."""
    found = asyncio.run(office.keys(asked(config)))
    show(
        _KEY_FIELDS,
        map(_key_shown, found),
        nothing="no key is registered: dialer access key ~/.ssh/id_ed25519.pub",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )


@access.command()
def revoke_key(
    fingerprint: Annotated[str, typer.Argument(help="As `dialer access keys` shows it.")],
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
) -> None:
    """Revoke a key: your own, or anybody's as an admin. What it has signed still counts."""
    done = asyncio.run(office.revoke_key(asked(config, token_file), fingerprint))
    echo(f"{done.fingerprint} of {done.name} signs no more")


@access.command()
def revoke(name: Name, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None) -> None:
    """Revoke NAME's access: the token is not valid any more. An admin's token is needed."""
    taken = asyncio.run(office.revoke(asked(config, token_file), name))
    echo(f"{taken.name} has no access any more")


@access.command("list")
def list_access(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show every access ever given, the oldest first. No token is needed, and none is shown."""
    now = datetime.now(UTC)
    given = asyncio.run(office.grants(asked(config)))
    shown = (_shown(each, now) for each in given)
    show(
        _FIELDS, shown, nothing="nobody has access", as_json=json_output, as_csv=csv_output, utc=utc
    )


@access.command()
def whoami(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, token_file: TokenFile = None
) -> None:
    """Show whose token this is, and what it allows."""
    actor = asyncio.run(office.whoami(asked(config, token_file)))
    rights = [right for right in Right if actor.may(right)]
    if json_output:
        shown = {"name": actor.name, "roles": sorted(actor.roles), "rights": rights}
        echo(json.dumps(shown, indent=1))
        return
    echo(f"{actor.name}, {_words(actor.roles)}, may:")
    for right in rights:
        echo(f"  {right}")


def _tell(given: office.Given, *, json_output: bool) -> None:
    made, token = given.grant, given.token.text
    if json_output:
        echo(json.dumps(_shown(made, made.given_at) | {"token": token}, indent=1))
        return
    echo(f"{made.name} has access as {_words(made.roles)}. The token, shown only now:")
    echo(token)


def _shown(grant: Grant, now: datetime) -> dict[str, Any]:
    state = "revoked" if grant.revoked_at else "expired" if grant.has_expired(now) else "holds"
    return {
        "name": grant.name,
        "roles": sorted(grant.roles),
        "given": told(grant.given_at),
        "given_by": grant.given_by,
        "expires": told(grant.expires_at),
        "state": state,
        "revoked": told(grant.revoked_at),
        "revoked_by": grant.revoked_by,
    }


def _key_shown(key: PersonKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "kind": key.public.split()[0],
        "fingerprint": key.fingerprint,
        "added": told(key.added_at),
        "vouched_by": key.vouched_by,
        "revoked": told(key.revoked_at),
        "revoked_by": key.revoked_by,
    }


def _public(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise typer.BadParameter(
            f"{file} cannot be read; ssh-keygen -t ed25519 makes a key", param_hint="PUBLIC"
        ) from None


def _private(public: Path) -> Path:
    """The private key beside a public one; the public one itself where only an agent has it."""
    beside = public.with_suffix("")
    return beside if public.suffix == ".pub" and beside.exists() else public


def _words(roles: Iterable[Role]) -> str:
    return " and ".join(sorted(roles))
