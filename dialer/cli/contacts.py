"""`dialer contacts`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer import app
from dialer.cli.groups import Listing
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json
from dialer.cli.tables import show
from dialer.config import Config, load_config
from dialer.core.campaign_standing import ContactStanding
from dialer.store import SqlCampaigns

contacts = typer.Typer(cls=Listing, help="Show a campaign's contacts: `dialer contacts CAMPAIGN`.")

_FIELDS: Final = ("row", "number", "state", "rule", "due", "faults")
_PAGE: Final = 1000


@contacts.command("list")
def list_contacts(
    campaign: Annotated[str, typer.Argument(help="The campaign's name.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
) -> None:
    """Show a campaign's contacts in the order of its file: state, and the rule that put them off.

    Numbers are masked. `due` is the earliest instant at which a call can be lawful.
    """
    configuration = load_config(config, now=datetime.now(UTC))
    with asyncio.Runner() as runner:
        rows = map(_shown, _contacts(runner, configuration, campaign))
        show(_FIELDS, rows, nothing="no contacts", as_json=json_output, as_csv=csv_output)


def _contacts(runner: asyncio.Runner, config: Config, campaign: str) -> Iterator[ContactStanding]:
    """All of them, however many: no more than a page is in memory."""
    store = app.open_reader(config)
    runner.run(store.open())
    try:
        desk = SqlCampaigns(store.channel)
        after = 0
        while page := runner.run(desk.contacts(campaign, after, _PAGE)):
            yield from page
            after = page[-1].id
    finally:
        runner.run(store.close())


def _shown(contact: ContactStanding) -> dict[str, Any]:
    return {
        "row": contact.row,
        "number": None if contact.number is None else contact.number.masked,
        "state": contact.state,
        "rule": contact.rule,
        "due": None if contact.due is None else contact.due.isoformat(timespec="seconds"),
        "faults": contact.faults,
    }
