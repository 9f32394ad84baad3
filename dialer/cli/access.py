"""`dialer access`: who may do what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc, instant
from dialer.cli.said import echo
from dialer.cli.tables import show, told
from dialer.core.office.access import Right, Role
from dialer.core.office.grants import Grant
from dialer.office import access as office

access = typer.Typer(
    help="Who may do what: grant and revoke access, and list it.", no_args_is_help=True
)

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
    """Grant NAME access, and show the token. It is shown once: only its hash is kept.

    An admin's token is needed, but for the first access of all, which is an admin's and made by
    whoever may write in the data folder.
    """
    until = expires and expires.astimezone(UTC)
    given = asyncio.run(office.give(asked(config, token_file), name, role, until))
    _tell(given, json_output=json_output)


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
    _tell(asyncio.run(office.recover(asked(config), name, why)), json_output=json_output)


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


def _words(roles: Iterable[Role]) -> str:
    return " and ".join(sorted(roles))
