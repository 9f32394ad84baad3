"""`dialer suppress`: the book of who is not to be called."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.cli.acting import TokenFile, acting
from dialer.cli.desks import rows, written
from dialer.cli.groups import Listing
from dialer.cli.numbers import Number
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, instant
from dialer.cli.tables import show, told
from dialer.config import Config, load_config
from dialer.core.office.access import Right
from dialer.core.values.months import months_after
from dialer.core.values.suppression import Suppression, Why, strongest
from dialer.files.number_list import read_number_list
from dialer.ports.desks import BookEntry, ListImport
from dialer.store import SqlSuppressions

suppress = typer.Typer(
    help="Who is not to be called, and why: our own list, imported lists, complaints.",
    cls=Listing,
    no_args_is_help=True,
)

Reason = Annotated[
    str, typer.Option("--why", help="The reason, kept in clear: no number, no person's name.")
]
_ENTRY: Final = ("since", "why", "by", "reason", "number_hash")
_LIST: Final = ("list", "source", "imported", "by", "numbers", "until", "digest")
_AGAINST: Final = ("why", "since", "until", "list", "source", "in_force", "words")


@suppress.command()
def add(
    number: Number, why: Reason, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None
) -> None:
    """Put NUMBER on our own do-not-call list. The next attempt to it is refused, on every node."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = acting(configuration, Right.SUPPRESS, token_file).name
    fresh = written(configuration, SqlSuppressions, lambda book: book.add(number, why, by, now))
    typer.echo(f"{number} is on the list" + ("" if fresh else ", and was before"))


@suppress.command()
def remove(
    number: Number, why: Reason, config: ConfigFile = DEFAULT_CONFIG, token_file: TokenFile = None
) -> None:
    """Take NUMBER from our own list. Refusals, complaints and others' lists stay."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    by = acting(configuration, Right.SUPPRESS, token_file).name
    written(configuration, SqlSuppressions, lambda book: book.remove(number, why, by, now))
    typer.echo(f"{number} is not on our own list any more")


@suppress.command("import")
def import_(  # noqa: PLR0913 - the options of a command
    file: Annotated[Path, typer.Argument(help="One number a line, or CSV with a column `number`.")],
    name: Annotated[str, typer.Option("--list", help="The list's name, a word.")],
    source: Annotated[str, typer.Option(help="Who gave it to us.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of what was imported under this name.")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When it ends; never if absent."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="utf-8, or gb18030.")] = "utf-8",
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Import somebody else's list, whole or not at all; every fault of FILE is told at once."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    if encoding not in {"utf-8", "gb18030"}:
        raise typer.BadParameter("write utf-8 or gb18030", param_hint="--encoding")
    if until is not None and until <= now:
        raise typer.BadParameter("lies in the past", param_hint="--until")
    by = acting(configuration, Right.SUPPRESS, token_file).name
    found = read_number_list(file, encoding)
    wanted = ListImport(
        name, source, found.digest, now, by, len(found), until and until.astimezone(UTC)
    )
    made = written(
        configuration,
        SqlSuppressions,
        lambda book: book.import_list(wanted, found.numbers(), replace=replace),
    )
    if json_output:
        typer.echo(json.dumps(_list_shown(made) | {"repeats": found.repeats}, indent=1))
        return
    again = f"; {found.repeats} stood there more than once" if found.repeats else ""
    typer.echo(f"{made.numbers} numbers of {made.name} are not called from now on{again}")


@suppress.command("list")
def list_entries(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    limit: Annotated[int, typer.Option(help="At most so many, latest first; 0: all.", min=0)] = 50,
    json_output: Json = False,
    csv_output: Csv = False,
) -> None:
    """Show the book without imported lists. It holds no number: only keyed hashes are kept."""
    configuration = load_config(config, now=datetime.now(UTC))
    found = rows(configuration, SqlSuppressions, lambda book: book.entries(limit or None))
    show(
        _ENTRY,
        map(_entry_shown, found),
        nothing="nobody is on our own list, and nobody has complained",
        as_json=json_output,
        as_csv=csv_output,
        too_wide=("number_hash",),
    )


@suppress.command()
def lists(
    config: ConfigFile = DEFAULT_CONFIG, *, json_output: Json = False, csv_output: Csv = False
) -> None:
    """Show the imported lists in force."""
    configuration = load_config(config, now=datetime.now(UTC))
    found = rows(configuration, SqlSuppressions, lambda book: book.lists())
    show(
        _LIST,
        map(_list_shown, found),
        nothing="no list was imported",
        as_json=json_output,
        as_csv=csv_output,
        too_wide=("digest",),
    )


@suppress.command()
def check(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
) -> None:
    """Show everything that the book has against NUMBER. Exit 1 where it is not to be called now."""
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    found = rows(configuration, SqlSuppressions, lambda book: book.check(number))
    against = [_with_its_rest(each, configuration) for each in found]
    show(
        _AGAINST,
        (_against_shown(each, now) for each in against),
        nothing=f"the book has nothing against {number}",
        as_json=json_output,
        as_csv=csv_output,
        too_wide=("list", "source"),
    )
    if strongest(against, now) is not None:
        raise typer.Exit(1)


def _with_its_rest(each: Suppression, config: Config) -> Suppression:
    """A refusal ends with its rest, which the configuration says."""
    if each.why is not Why.REFUSAL:
        return each
    rest = config.terms.refusal_months
    until = None if rest is None else months_after(each.since, rest)
    return Suppression(each.why, each.since, until)


def _entry_shown(entry: BookEntry) -> dict[str, Any]:
    return {
        "since": told(entry.since),
        "why": entry.why.value,
        "by": entry.by,
        "reason": entry.reason,
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
        "words": each.words,
    }
