"""`dialer contacts`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer.app.retention import destroyer
from dialer.app.store import clerk, open_reader, reading
from dialer.audit import SignedCertificate
from dialer.cli.acting import TokenFile, acting
from dialer.cli.groups import Listing
from dialer.cli.looking import Clear, Eyes, Why, eyes
from dialer.cli.numbers import Number
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json
from dialer.cli.tables import show
from dialer.config import Config, load_config
from dialer.core.office.access import Right
from dialer.core.values.campaign_standing import ContactStanding
from dialer.core.values.number import E164
from dialer.store import SqlCampaigns

contacts = typer.Typer(cls=Listing, help="Show a campaign's contacts: `dialer contacts CAMPAIGN`.")

_FIELDS: Final = ("row", "number", "state", "rule", "due", "faults", "late_commits")
_PAGE: Final = 1000


@contacts.command("list")
def list_contacts(
    campaign: Annotated[str, typer.Argument(help="The campaign's name.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    clear: Clear = False,
    why: Why = None,
    json_output: Json = False,
    csv_output: Csv = False,
    token_file: TokenFile = None,
) -> None:
    """Show a campaign's contacts in the order of its file: state, and the rule that put them off.

    `due` is the earliest instant at which a call can be lawful. Numbers are masked. With --clear
    they are not: that takes a token whose role may see them, and each look is put on record before
    anything is shown.
    """
    configuration = load_config(config, now=datetime.now(UTC))
    seen_by = eyes(configuration, token_file, why, clear=clear)
    with asyncio.Runner() as runner:
        if clear:
            runner.run(_put_on_record(configuration, campaign, seen_by))
        found = _contacts(runner, configuration, campaign)
        rows = (_shown(each, seen_by) for each in found)
        show(_FIELDS, rows, nothing="no contacts", as_json=json_output, as_csv=csv_output)


@contacts.command()
def forget(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Destroy what contacts hold of NUMBER, in every campaign, at that person's own request.

    It is never called again: of it stays a keyed hash that says so. The records of calls that were
    made stay sealed as long as the law wants them. What was done is in a signed certificate.
    """
    configuration = load_config(config, now=datetime.now(UTC))
    by = acting(configuration, Right.FORGET_CONTACTS, token_file).name
    signed = asyncio.run(_forget(configuration, number, by))
    if signed is None:
        typer.echo(
            f"{number} is not called any more; a node is calling it just now, and forgets it"
        )
        typer.echo("within the hour: dialer retention certificates shows when")
    elif json_output:
        typer.echo(signed.as_json())
    else:
        done = signed.certificate
        typer.echo(f"{number} is forgotten in {done.counts.get('contacts', 0)} contacts and never")
        typer.echo(f"called again. Certificate {done.id}: dialer retention show {done.id}")


async def _forget(config: Config, number: E164, by: str) -> SignedCertificate | None:
    async with clerk(config) as store:
        destroying = await destroyer(config, store, lambda: datetime.now(UTC))
        return await destroying.forget(number, by)


async def _put_on_record(config: Config, campaign: str, seen_by: Eyes) -> None:
    """All of them, although less may be read: nobody knows where a reader stops."""
    async with reading(config) as store:
        found = await SqlCampaigns(store.channel).campaigns(campaign)
    rows = sum(each.progress.total for each in found)
    await seen_by.put_on_record(config, datetime.now(UTC), "contacts", rows, {"campaign": campaign})


def _contacts(runner: asyncio.Runner, config: Config, campaign: str) -> Iterator[ContactStanding]:
    """All of them, however many: no more than a page is in memory."""
    store = open_reader(config)
    runner.run(store.open())
    try:
        desk = SqlCampaigns(store.channel)
        after = 0
        while page := runner.run(desk.contacts(campaign, after, _PAGE)):
            yield from page
            after = page[-1].id
    finally:
        runner.run(store.close())


def _shown(contact: ContactStanding, seen_by: Eyes) -> dict[str, Any]:
    return {
        "row": contact.row,
        "number": seen_by.number(contact.number),
        "state": contact.state,
        "rule": contact.rule,
        "due": None if contact.due is None else contact.due.isoformat(timespec="seconds"),
        "faults": contact.faults,
        "late_commits": contact.late_commits,
    }
