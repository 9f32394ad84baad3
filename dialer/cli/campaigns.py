"""`dialer campaigns`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked, campaign_names
from dialer.cli.groups import Listing
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.tables import Lines, show
from dialer.cli.values import moment
from dialer.core.values.campaign_standing import CampaignStanding
from dialer.office import campaigns as office

campaigns = typer.Typer(
    cls=Listing,
    help="Show where campaigns stand, or end one. List: `dialer campaigns [NAME]`.",
)

_FIELDS: Final = (
    *("name", "state", "contacts", "done", "in_hand", "due", "waiting", "refused", "outcomes"),
    *("purpose", "ended", "ended_by"),
)


@campaigns.command("list")
def list_campaigns(
    name: Annotated[
        str | None, typer.Argument(help="Only this campaign.", autocompletion=campaign_names)
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show each campaign's contacts: done, due, and how many wait for what, and until when.

    Due are those against whom nothing stands that is known; who waits does so by a rule, and the
    instant is the earliest at which the first of them can be lawful.
    """
    now = datetime.now(UTC)
    found = asyncio.run(office.standings(asked(config), name))
    if json_output:
        echo(json.dumps([_as_json(each, now) for each in found], indent=1))
        return
    rows = [_as_row(each, now) for each in found]
    show(_FIELDS, rows, nothing="no campaigns", as_csv=csv_output, utc=utc, too_wide=_FIELDS[9:])


@campaigns.command()
def end(
    name: Annotated[str, typer.Argument(help="The campaign.", autocompletion=campaign_names)],
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
) -> None:
    """End a campaign for good: it calls nobody from now on, and its contacts are to be destroyed.

    Live calls go on to their own end. It takes a token whose role may end campaigns.
    """
    ended = asyncio.run(office.end(asked(config, token_file), name))
    echo(
        f"{ended.name} was ended at {ended.ended_at and moment(ended.ended_at)} by {ended.ended_by}"
    )


def _as_json(standing: CampaignStanding, now: datetime) -> dict[str, Any]:
    progress = standing.progress
    return {
        "name": standing.name,
        "purpose": standing.purpose,
        "state": standing.state(now),
        "contacts": progress.total,
        "done": progress.done,
        "in_hand": progress.claimed,
        "due": progress.waiting,
        "waiting": {
            rule: {"contacts": count, "first_due": _first(standing, rule, now)}
            for rule, count in sorted(progress.waiting_later.items())
        },
        "refused": dict(progress.refused),
        "outcomes": dict(progress.outcomes),
        "ended": _told(standing.ended_at),
        "ended_by": standing.ended_by,
    }


def _as_row(standing: CampaignStanding, now: datetime) -> dict[str, Any]:
    """The same on one line."""
    told = _as_json(standing, now)
    waits = [
        f"{count} {rule}, {_first(standing, rule, now) or 'no instant known'}"
        for rule, count in sorted(standing.progress.waiting_later.items())
    ]
    return told | {
        "waiting": Lines(waits),
        "refused": _counts(standing.progress.refused),
        "outcomes": _counts(standing.progress.outcomes),
    }


def _first(standing: CampaignStanding, rule: str, now: datetime) -> str | None:
    """When the first that this rule put off may be called; `now` where that is past."""
    due = standing.first_due.get(rule)
    return "now" if due is not None and due <= now else _told(due)


def _counts(counts: Mapping[str, int]) -> Lines:
    return Lines(f"{count} {what}" for what, count in sorted(counts.items()))


def _told(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")
