"""`dialer suppress`: the suppression list, which numbers are not called and why."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.groups import Listing
from dialer.cli.numbers import Number
from dialer.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    Country,
    Csv,
    Encoding,
    Json,
    Utc,
    instant,
)
from dialer.cli.said import echo
from dialer.cli.signing import SignedFile, SignKey, StatementFile, signed_by
from dialer.cli.tables import show, told
from dialer.cli.waiting import waiting
from dialer.core.values.suppression import Suppression
from dialer.errors import Fault
from dialer.office import suppressions as office
from dialer.ports.desks import BookEntry, ListImport

suppress = typer.Typer(
    help="The suppression list: add, remove, import and check numbers.",
    cls=Listing,
    no_args_is_help=True,
)

Reason = Annotated[
    str, typer.Option("--why", help="The reason, kept in clear: no number, no person's name.")
]
_ENTRY: Final = ("since", "why", "by", "reason", "unproven", "number_hash")
_LIST: Final = ("list", "source", "imported", "by", "numbers", "until", "digest")
_AGAINST: Final = ("why", "since", "until", "list", "source", "in_force", "unproven", "words")


@suppress.command()
def add(
    number: Number, why: Reason, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None
) -> None:
    """Put NUMBER on our own list. From the next attempt on it is denied, on every node."""
    fresh = asyncio.run(office.add(asked(config, token_file), number, why))
    echo(f"{number} is on the list" + ("" if fresh else ", and was before"))


@suppress.command()
def remove(
    number: Number, why: Reason, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None
) -> None:
    """Take NUMBER from our own list, as compliance. Refusals, complaints and lists stay."""
    asyncio.run(office.remove(asked(config, token_file), number, why))
    echo(f"{number} is not on our own list any more")


@suppress.command("import")
def import_(  # noqa: PLR0913 - the options of a command
    file: Annotated[Path, typer.Argument(help="One number a line, or CSV with a column `number`.")],
    name: Annotated[str, typer.Option("--list", help="The list's name, a word.")],
    source: Annotated[str, typer.Option(help="Who gave it to us.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="In place of what was imported under this name: by compliance, signed.",
        ),
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When it ends; never if absent."),
    ] = None,
    encoding: Encoding = "utf-8",
    country: Country = None,
    column: Annotated[
        str | None, typer.Option(help="The column that holds the numbers, by its name in FILE.")
    ] = None,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Import a list that someone else keeps, whole or not at all. Every fault of FILE is shown."""
    # A listing does without the reader of contacts, which brings numpy along.
    from dialer.files.columns import ListForm  # noqa: PLC0415
    from dialer.files.number_list import NumberList, read_number_list  # noqa: PLC0415

    request = asked(config, token_file)
    form = ListForm(encoding, country, {} if column is None else {column: "number"})
    if until is not None and until <= datetime.now(UTC):
        raise typer.BadParameter("lies in the past", param_hint="--until")
    skipped: list[Fault] = []

    @cache
    def read() -> NumberList:
        found = read_number_list(file, form)
        skipped.extend(found.skipped)
        return found

    by_hand = None
    if replace:
        wanted = asyncio.run(office.to_replace(request, name, source, read))
        by_hand = signed_by(request, wanted, sign_key, signed, statement, token_file)
    importing = office.import_list(
        request,
        name,
        source,
        read,
        until=until and until.astimezone(UTC),
        replace=replace,
        signed=by_hand,
    )
    with waiting("importing the list"):
        done = asyncio.run(importing)
    for notice in skipped:
        echo(f"notice: {notice}", err=True)
    if json_output:
        echo(json.dumps(_list_shown(done.made) | {"repeats": done.repeats}, indent=1))
        return
    again = f"; {done.repeats} stood there more than once" if done.repeats else ""
    echo(f"{done.made.numbers} numbers of {done.made.name} are not called from now on{again}")


@suppress.command("list")
def list_entries(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    limit: Annotated[int, typer.Option(help="At most so many, latest first; 0: all.", min=0)] = 50,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show our own list, refusals and complaints. No number is kept, only keyed hashes."""
    found = asyncio.run(office.entries(asked(config), limit or None))
    show(
        _ENTRY,
        map(_entry_shown, found),
        nothing="nobody is on our own list, and nobody has complained",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
        too_wide=("number_hash",),
    )


@suppress.command()
def lists(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show the imported lists in force."""
    found = asyncio.run(office.lists(asked(config)))
    show(
        _LIST,
        map(_list_shown, found),
        nothing="no list was imported",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
        too_wide=("digest",),
    )


@suppress.command()
def check(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show every entry for NUMBER. The exit code is 1 where it must not be called now."""
    now = datetime.now(UTC)
    against = asyncio.run(office.check(asked(config), number))
    show(
        _AGAINST,
        (_against_shown(each, now) for each in against.found),
        nothing=f"the suppression list has no entry for {number}",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
        too_wide=("list", "source"),
    )
    if against.forbids:
        raise typer.Exit(1)


def _entry_shown(entry: BookEntry) -> dict[str, Any]:
    return {
        "since": told(entry.since),
        "why": entry.why.value,
        "by": entry.by,
        "reason": entry.reason,
        "unproven": entry.unproven,
        "number_hash": entry.number,
    }


def _list_shown(made: ListImport) -> dict[str, Any]:
    return {
        "list": made.name,
        "source": made.source,
        "imported": told(made.imported_at),
        "by": made.by,
        "numbers": made.numbers,
        "until": told(made.until),
        "digest": made.digest,
    }


def _against_shown(each: Suppression, now: datetime) -> dict[str, Any]:
    return {
        "why": each.why.value,
        "since": told(each.since),
        "until": told(each.until),
        "list": each.list,
        "source": each.source,
        "in_force": each.in_force(now),
        "unproven": each.unproven,
        "words": each.words,
    }
