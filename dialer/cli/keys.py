"""`dialer keys`: the keys that seal personal data, changed without a stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer.app.store import clerk, reading
from dialer.cli.acting import TokenFile, acting
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json
from dialer.cli.tables import show
from dialer.config import Config, load_config
from dialer.core.office.access import Right
from dialer.store.keys import SqlKeys
from dialer.vault import ShelvedKey

keys = typer.Typer(help="See the store's keys, and change them.", no_args_is_help=True)

_FIELDS: Final = ("key", "generation", "state", "master")


@keys.command()
def status(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, csv_output: Csv = False
) -> None:
    """Show every key by its name, and the id of the master key that it is wrapped under.

    That the store opens at all shows that the master key given is the right one. No key is shown.
    """
    configuration = load_config(config, now=datetime.now(UTC))
    rows = [_shown(key) for key in asyncio.run(_shelf(configuration))]
    show(_FIELDS, rows, nothing="no keys", as_json=json_output, as_csv=csv_output)


@keys.command()
def rotate(
    campaign: Annotated[str, typer.Argument(help="The campaign, by its name.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Seal what CAMPAIGN keeps from now on under new keys; what was sealed opens as before."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = acting(configuration, Right.MANAGE_KEYS, token_file)
    made = asyncio.run(_rotate(configuration, campaign, by.name, now))
    if json_output:
        typer.echo(json.dumps(made))
        return
    for name, generation in made.items():
        typer.echo(f"{name}: generation {generation}")


@keys.command("rotate-master")
def rotate_master(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, token_file: TokenFile = None
) -> None:
    """Wrap every key under another master key, while nodes go on.

    Where the master key is in a file, the next one is made beside it and takes its place; else it
    is the one that `vault.next` names. The old one is needed for backups made before, and for
    nothing else.
    """
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = acting(configuration, Right.MANAGE_KEYS, token_file)
    old, new = asyncio.run(_change_master(configuration, by.name, now))
    if json_output:
        typer.echo(json.dumps({"old": old, "new": new}))
        return
    typer.echo(f"the master key is {new}; {old} opens nothing any more but backups made before")
    if configuration.vault.next is not None:
        typer.echo("name the new one where the old one was, and take vault.next away")


async def _shelf(config: Config) -> Sequence[ShelvedKey]:
    async with reading(config) as store:
        return await SqlKeys(store.channel).shelf()


async def _rotate(config: Config, campaign: str, by: str, now: datetime) -> dict[str, int]:
    async with clerk(config) as store:
        return await SqlKeys(store.channel).rotate(campaign, by, now)


async def _change_master(config: Config, by: str, now: datetime) -> tuple[str, str]:
    place = config.vault.masters(config.data_dir)
    async with clerk(config) as store:
        return await SqlKeys(store.channel).change_master(place, by, now)


def _shown(key: ShelvedKey) -> dict[str, Any]:
    return {
        "key": key.name,
        "generation": key.generation,
        "state": "destroyed" if key.is_destroyed else "in use",
        "master": None if key.is_destroyed else key.master,
    }
