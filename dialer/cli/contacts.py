"""`dialer contacts`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import Clear, TokenFile, Why, asked, campaign_names, view
from dialer.cli.groups import Listing
from dialer.cli.numbers import Number
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.tables import show
from dialer.cli.waiting import waiting
from dialer.office import contacts as office

contacts = typer.Typer(
    cls=Listing, help="Show a campaign's contacts, or destroy what is known of a number."
)

_FIELDS: Final = ("row", "number", "state", "rule", "due", "faults", "late_commits")


@contacts.command("list")
def list_contacts(  # noqa: PLR0913 - a command has as many options as it needs
    campaign: Annotated[
        str, typer.Argument(help="The campaign's name.", autocompletion=campaign_names)
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    clear: Clear = False,
    why: Why = None,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Show a campaign's contacts in the order of its file: state, and the rule that put them off.

    `due` is the earliest instant at which a call can be lawful. Numbers are masked. With --clear
    they are not: that takes a token whose role may see them, and each look is put on record before
    anything is shown.
    """
    pages = office.pages(asked(config, token_file), campaign, view(why, clear=clear))
    with asyncio.Runner() as runner:
        rows = map(_shown, _each(runner, pages))
        show(_FIELDS, rows, nothing="no contacts", as_json=json_output, as_csv=csv_output, utc=utc)


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
    with waiting("destroying"):
        signed = asyncio.run(office.forget(asked(config, token_file), number))
    if signed is None:
        echo(f"{number} is not called any more; a node is calling it just now, and forgets it")
        echo("within the hour: dialer retention certificates shows when")
    elif json_output:
        echo(signed.as_json())
    else:
        done = signed.certificate
        echo(f"{number} is forgotten in {done.counts.get('contacts', 0)} contacts and never")
        echo(f"called again. Certificate {done.id}: dialer retention show {done.id}")


def _each(
    runner: asyncio.Runner, pages: AsyncIterator[Sequence[office.SeenContact]]
) -> Iterator[office.SeenContact]:
    """All of them, page by page."""

    async def page() -> Sequence[office.SeenContact]:
        async for found in pages:
            return found
        return ()

    while found := runner.run(page()):
        yield from found


def _shown(contact: office.SeenContact) -> dict[str, Any]:
    return {
        "row": contact.row,
        "number": contact.number,
        "state": contact.state,
        "rule": contact.rule,
        "due": None if contact.due is None else contact.due.isoformat(timespec="seconds"),
        "faults": contact.faults,
        "late_commits": contact.late_commits,
    }
