"""`dialer keys`: the keys that seal personal data, changed without a stop."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked, campaign_names
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.tables import show
from dialer.cli.waiting import waiting
from dialer.office import keys as office
from dialer.vault import ShelvedKey

keys = typer.Typer(
    help="The keys of the vault: show their status, rotate them.", no_args_is_help=True
)

_FIELDS: Final = ("key", "generation", "state", "master")


@keys.command()
def status(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show every key by its name, and the id of the master key that it is wrapped under.

    That the store opens at all shows that the master key given is the right one. No key is shown.
    """
    rows = [_shown(key) for key in asyncio.run(office.shelf(asked(config)))]
    show(_FIELDS, rows, nothing="no keys", as_json=json_output, as_csv=csv_output, utc=utc)


@keys.command()
def rotate(
    campaign: Annotated[
        str, typer.Argument(help="The campaign, by its name.", autocompletion=campaign_names)
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Seal what CAMPAIGN keeps from now on under new keys; what was sealed opens as before."""
    with waiting("rotating the keys"):
        made = asyncio.run(office.rotate(asked(config, token_file), campaign))
    if json_output:
        echo(json.dumps(dict(made)))
        return
    for name, generation in made.items():
        echo(f"{name}: generation {generation}")


@keys.command("rotate-master")
def rotate_master(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, token_file: TokenFile = None
) -> None:
    """Wrap every key under another master key, while nodes go on.

    Where the master key is in a file, the next one is made beside it and takes its place; else it
    is the one that `vault.next` names. The old one is needed for backups made before, and for
    nothing else.
    """
    request = asked(config, token_file)
    with waiting("rewrapping the keys"):
        done = asyncio.run(office.change_master(request))
    if json_output:
        echo(json.dumps({"old": done.old, "new": done.new}))
        return
    echo(f"the master key is {done.new}; {done.old} opens nothing any more but backups made before")
    if request.config.vault.next is not None:
        echo("name the new one where the old one was, and take vault.next away")


def _shown(key: ShelvedKey) -> dict[str, Any]:
    return {
        "key": key.name,
        "generation": key.generation,
        "state": "destroyed" if key.is_destroyed else "in use",
        "master": None if key.is_destroyed else key.master,
    }
