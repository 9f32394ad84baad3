"""`dialer explain`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from dialer import app
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Json, instant
from dialer.config import Config, load_config
from dialer.core.compliance import Explained
from dialer.core.number import E164, BadNumberError, parse
from dialer.core.records import AttemptOrder, Contact, ContactRow
from dialer.core.verdict import Deny, Verdict


def _number(text: str) -> E164:
    try:
        return parse(text)
    except BadNumberError as error:
        raise typer.BadParameter(str(error)) from None


def explain(
    number: Annotated[E164, typer.Argument(parser=_number, metavar="NUMBER", help="The callee.")],
    config: ConfigFile = DEFAULT_CONFIG,
    at: Annotated[
        datetime | None,
        typer.Option(
            parser=instant, metavar="TIME", help="The instant asked about; now if absent."
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The contact's zone, as in the list: Asia/Shanghai.")
    ] = None,
    trunk: Annotated[str | None, typer.Option(help="Only over this trunk.")] = None,
    *,
    json_output: Json = False,
) -> None:
    """Show what each rule of the gate says of a call to NUMBER. Exit 1 where no trunk may call.

    For every trunk and each of its numbers, by the calls on record. Nothing is dialled or written.
    """
    now = datetime.now(UTC)
    configuration = load_config(config, now=now)
    orders = _orders(configuration, number, at or now, timezone, trunk)
    if not orders:
        raise typer.BadParameter("the configuration has no such trunk", param_hint="--trunk")
    found = asyncio.run(app.explain(configuration, orders))
    allowed = [not any(isinstance(said, Deny) for _, said in each) for each in found]
    if json_output:
        told = zip(orders, found, allowed, strict=True)
        typer.echo(json.dumps([_as_json(*each) for each in told], indent=1))
    else:
        _print(orders, found)
    if not any(allowed):
        raise typer.Exit(1)


def _orders(
    config: Config, number: E164, at: datetime, timezone: str | None, only: str | None
) -> list[AttemptOrder]:
    """The attempts that could be made: one for each number of each trunk to a carrier."""
    row = ContactRow(0, number, "", "", at, "", timezone)
    return [
        AttemptOrder(
            attempt="",
            call="",
            contact=Contact(0, 0, row),
            node=config.node,
            trunk=trunk.name,
            caller_id=owned.number,
            why_trunk="",
            at=at.astimezone(UTC),
        )
        for trunk in config.trunks
        if trunk.role != "pbx" and only in {None, trunk.name}
        for owned in trunk.numbers
    ]


def _as_json(order: AttemptOrder, said: Explained, allowed: bool) -> dict[str, Any]:  # noqa: FBT001
    return {
        "trunk": order.trunk,
        "caller_id": order.caller_id.masked,
        "at": order.at.isoformat(),
        "allowed": allowed,
        "rules": [
            {
                "rule": rule,
                "allows": not isinstance(verdict, Deny),
                "why": verdict.why if isinstance(verdict, Deny) else None,
                "until": verdict.until.isoformat()
                if isinstance(verdict, Deny) and verdict.until is not None
                else None,
            }
            for rule, verdict in said
        ],
    }


def _print(orders: Sequence[AttemptOrder], found: Sequence[Explained]) -> None:
    """One table; a rule that says the same of every trunk is shown once."""
    rows: list[tuple[str, str, Verdict]] = []
    for position, (rule, first) in enumerate(found[0]):
        verdicts = [each[position][1] for each in found]
        if all(verdict == first for verdict in verdicts):
            rows.append((rule, "", first))
            continue
        for order, verdict in zip(orders, verdicts, strict=True):
            rows.append((rule, f"{order.trunk}, {order.caller_id.masked}", verdict))
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("rule", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("why")
    table.add_column("not before", no_wrap=True)
    if any(over for _, over, _ in rows):
        table.add_column("over", no_wrap=True)
    for rule, over, verdict in rows:
        cells = [rule, "[green]allows[/]", "", ""]
        if isinstance(verdict, Deny):
            until = "never" if verdict.until is None else f"{verdict.until:%Y-%m-%d %H:%M:%SZ}"
            cells[1:] = ["[red]denies[/]", verdict.why, until]
        table.add_row(*cells, *([over] if len(table.columns) > len(cells) else []))
    Console().print(table)
