"""`dialer access`: who may do what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.app.store import open_reader
from dialer.cli.acting import TokenFile, acting, whose
from dialer.cli.desks import rows, written
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, instant
from dialer.cli.tables import show, told
from dialer.config import Config, load_config
from dialer.core.office.access import Actor, Right, Role
from dialer.core.office.grants import Grant
from dialer.credentials.key_files import is_ours, our_account
from dialer.credentials.tokens import VARIABLE, Token
from dialer.errors import AccessError
from dialer.store import SqlAccess
from dialer.store.sqlite import FILE

access = typer.Typer(help="Give and take access, and see who has it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A user's name, as records will show it: li.na")]
_FIELDS: Final = (
    *("name", "roles", "given", "given_by", "expires", "state", "revoked", "revoked_by"),
)


@access.command()
def grant(
    name: Name,
    role: Annotated[list[Role], typer.Option(help="What they are to you; more than once: all.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    expires: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When it ends; never if absent."),
    ] = None,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Give NAME access, and show the token: this once, for only its hash is kept.

    An admin's token is needed, but for the first access of all, which is an admin's and made by
    whoever may write in the data folder.
    """
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = _giver(configuration, token_file)
    token = Token.new()
    wanted = Grant(
        name, frozenset(role), token.hash, now, expires_at=expires and expires.astimezone(UTC)
    )
    made = written(configuration, SqlAccess, lambda desk: desk.give(wanted, by))
    _tell(made, token, now, json_output=json_output)


@access.command()
def recover(
    name: Name,
    why: Annotated[
        str, typer.Option("--why", help="What became of the token; kept in the audit log.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
) -> None:
    """Let an admin in again whose token is lost, and show the new one: this once.

    No token is needed, but the store must be yours: only the owner of the data folder and of the
    keys may do this, or root, and only where the vault opens. NAME becomes an admin and nothing
    else; a token that NAME had opens nothing any more. It is in the audit log for good.
    """
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    _must_be_the_owners(configuration)
    token = Token.new()
    wanted = Grant(name, frozenset({Role.ADMIN}), token.hash, now)
    made = written(
        configuration, SqlAccess, lambda desk: desk.recover(wanted, our_account(), why.strip())
    )
    _tell(made, token, now, json_output=json_output)


@access.command()
def revoke(name: Name, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None) -> None:
    """Take NAME's access away: the token opens nothing from now on. An admin's token is needed."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = acting(configuration, Right.MANAGE_ACCESS, token_file)
    taken = written(configuration, SqlAccess, lambda desk: desk.take(name, by, now))
    typer.echo(f"{taken.name} has no access any more")


@access.command("list")
def list_access(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, csv_output: Csv = False
) -> None:
    """Show every access ever given, the oldest first. No token is needed, and none is shown."""
    now = datetime.now(UTC)
    given = _given(load_config(config, now=now))
    shown = (_shown(each, now) for each in given)
    show(_FIELDS, shown, nothing="nobody has access", as_json=json_output, as_csv=csv_output)


@access.command()
def whoami(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, token_file: TokenFile = None
) -> None:
    """Show whose token this is, and what it opens."""
    actor = whose(load_config(config, now=datetime.now(UTC)), token_file)
    if actor is None:
        raise AccessError(f"no token: set {VARIABLE} to yours, or give --token-file")
    rights = [right for right in Right if actor.may(right)]
    if json_output:
        shown = {"name": actor.name, "roles": sorted(actor.roles), "rights": rights}
        typer.echo(json.dumps(shown, indent=1))
        return
    typer.echo(f"{actor.name}, {_words(actor.roles)}, may:")
    for right in rights:
        typer.echo(f"  {right}")


def _must_be_the_owners(config: Config) -> None:
    """Raises AccessError where not all that the store is made of belongs to who asks."""
    if not open_reader(config).exists:
        raise AccessError(
            f"nobody has access to {config.data_dir} yet: there is nothing to recover; its first "
            "admin is made by: dialer access grant NAME --role admin"
        )
    of_the_store = [config.data_dir, *config.vault.key_files(config.data_dir)]
    if config.store is None:
        of_the_store.append(config.data_dir / FILE)
    for path in of_the_store:
        if not is_ours(path):
            raise AccessError(
                f"only the owner of the store lets an admin in again, and {path} is not there, or "
                f"not {our_account()}'s: have its owner, or root, run this"
            )


def _tell(made: Grant, token: Token, now: datetime, *, json_output: bool) -> None:
    if json_output:
        typer.echo(json.dumps(_shown(made, now) | {"token": token.text}, indent=1))
        return
    typer.echo(f"{made.name} has access as {_words(made.roles)}. The token, shown only now:")
    typer.echo(token.text)


def _giver(config: Config, token_file: Path | None) -> Actor | None:
    """Who gives; None where nobody has access yet, and so nobody can."""
    if not _given(config):
        return None
    return acting(config, Right.MANAGE_ACCESS, token_file)


def _given(config: Config) -> Sequence[Grant]:
    return rows(config, SqlAccess, lambda desk: desk.grants())


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


def _words(roles: Iterable[Role]) -> str:
    return " and ".join(sorted(roles))
