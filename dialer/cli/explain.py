"""`dialer explain`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.app.gate import Answer, explanations
from dialer.cli.asking import asked as request
from dialer.cli.numbers import Number
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Utc, instant
from dialer.cli.tables import coloured, columns
from dialer.cli.values import cut, moment, wrapped
from dialer.cli.waiting import waiting
from dialer.config import Config, load_config
from dialer.core.gate.compliance import Explained
from dialer.core.gate.consent import CONSENT
from dialer.core.gate.wording_approved import WORDING_APPROVED
from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, Contact, ContactRow
from dialer.core.values.verdict import Deny, Verdict
from dialer.core.values.visible import visible
from dialer.files import LoadedCampaign, load_run
from dialer.office.request import Request
from dialer.office.scripts import said_now
from dialer.prompts.inspection import inspect_said

_OF_A_CAMPAIGN: Final = frozenset({CONSENT, WORDING_APPROVED})
"""The rules that nothing can be said of without one."""


def explain(  # noqa: PLR0913 - a command has as many options as it needs
    number: Number,
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
    campaign: Annotated[
        Path | None, typer.Option(help="As this campaign would call: its list, its caller ID.")
    ] = None,
    *,
    why: Annotated[
        bool, typer.Option("--why", "-v", help="Show each rule's reason in full, not in one line.")
    ] = False,
    utc: Utc = False,
    json_output: Json = False,
) -> None:
    """Show what each rule of the gate says about a call to NUMBER.

    For every trunk and each of its numbers, by the calls on record. Consent is a contact's, and
    wording a campaign's, so they are asked about only with --campaign. Nothing is dialed or
    written. The exit code is 1 where no trunk may call.
    """
    now = datetime.now(UTC)
    at = (at or now).astimezone(UTC)
    if campaign is None:
        configuration = load_config(config, now=now)
        asked = _Asked(ContactRow(0, number, "", "", at, "", timezone))
    else:
        configuration, loaded = load_run(campaign, config, now=now)
        row = _row_of(loaded, number)
        asked = _Asked(
            row if timezone is None else replace(row, timezone=timezone),
            loaded.record.caller_id,
            loaded.record.purpose,
            asyncio.run(_version(request(config), loaded)),
        )
    orders = _orders(configuration, asked, at, trunk)
    if not orders:
        raise typer.BadParameter("the configuration has no such trunk", param_hint="--trunk")
    without = _OF_A_CAMPAIGN if campaign is None else ()
    with waiting("asking the gate"):
        found = asyncio.run(explanations(configuration, orders, without))
    if json_output:
        told = zip(orders, found, strict=True)
        typer.echo(json.dumps([_as_json(*each) for each in told], indent=1))
    else:
        _print(orders, found, at, _Shown(why, utc))
    if not any(map(_allows, found)):
        raise typer.Exit(1)


def _allows(answer: Answer) -> bool:
    return not any(isinstance(verdict, Deny) for _, verdict in answer.said)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom to call; by which number and for what, where a campaign says so."""

    row: ContactRow
    caller_id: E164 | None = None
    purpose: str = ""
    script_version: str = ""


async def _version(asking: Request, loaded: LoadedCampaign) -> str:
    """The version that a node would say."""
    found = await inspect_said(asking.config, loaded.said)
    return await said_now(asking, found.content)


def _row_of(loaded: LoadedCampaign, number: E164) -> ContactRow:
    for row in loaded.rows():
        if row.number == number:
            return row
    raise typer.BadParameter("the campaign's list has no such number", param_hint="NUMBER")


def _orders(config: Config, asked: _Asked, at: datetime, only: str | None) -> list[AttemptOrder]:
    """The attempts that could be made: one for each number of each trunk to a carrier."""
    return [
        AttemptOrder(
            attempt="",
            call="",
            contact=Contact(0, 0, asked.row),
            node=config.node,
            trunk=trunk.name,
            caller_id=owned.number,
            why_trunk="",
            at=at,
            purpose=asked.purpose,
            script_version=asked.script_version,
            lab=trunk.lab,
            counts_abandoned=config.terms.abandon_rate is not None,
        )
        for trunk in config.trunks
        if trunk.role != "pbx" and only in {None, trunk.name}
        for owned in trunk.numbers
        if asked.caller_id in {None, owned.number}
    ]


def _as_json(order: AttemptOrder, answer: Answer) -> dict[str, Any]:
    return {
        "trunk": order.trunk,
        "caller_id": order.caller_id.masked,
        "at": order.at.isoformat(),
        "allowed": _allows(answer),
        "earliest": answer.earliest.isoformat() if answer.earliest is not None else None,
        "rules": [
            {
                "rule": rule,
                "allows": not isinstance(verdict, Deny),
                "why": verdict.why if isinstance(verdict, Deny) else None,
                "until": verdict.until.isoformat()
                if isinstance(verdict, Deny) and verdict.until is not None
                else None,
            }
            for rule, verdict in answer.said
        ],
    }


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a person reads it."""

    whole: bool
    utc: bool


def _print(
    orders: Sequence[AttemptOrder], found: Sequence[Answer], at: datetime, how: _Shown
) -> None:
    """The verdict, then a line for each rule: one for all trunks where they have the same."""
    typer.echo(_verdict(orders, found, at, how))
    room = columns()
    lines = list(_lines(orders, [each.said for each in found]))
    name = max(len(rule) for rule, _, _ in lines)
    for rule, over, verdict in lines:
        denies = isinstance(verdict, Deny)
        mark = coloured("no ", "red") if denies else coloured("yes", "green")
        why = _why(verdict, how) if isinstance(verdict, Deny) else ""
        text = visible(f"{over}: {why}" if over and why else over or why)
        first, *more = wrapped(text, room - name - 6) if how.whole else [cut(text, room - name - 6)]
        typer.echo(f"{mark} {rule:<{name}}  {first}".rstrip())
        for line in more:
            typer.echo(" " * (name + 6) + line)


def _verdict(
    orders: Sequence[AttemptOrder], found: Sequence[Answer], at: datetime, how: _Shown
) -> str:
    able = dict.fromkeys(
        order.trunk for order, each in zip(orders, found, strict=True) if _allows(each)
    )
    if able:
        return (
            f"{coloured('ALLOWED', 'green')}: a call may be placed over {visible(', '.join(able))}"
        )
    # By all rules together, over whichever trunk is first.
    earliest = min((each.earliest for each in found if each.earliest is not None), default=None)
    denied = coloured("DENIED", "red")
    if earliest is None:
        return f"{denied}: no call can ever be lawful, by what is known now"
    if earliest <= at:
        return f"{denied}: no trunk may call"
    return f"{denied}: the earliest call that can be lawful: {moment(earliest, utc=how.utc)}"


def _why(deny: Deny, how: _Shown) -> str:
    until = "never" if deny.until is None else f"not before {moment(deny.until, utc=how.utc)}"
    return f"{until}; {deny.why}"


def _lines(
    orders: Sequence[AttemptOrder], found: Sequence[Explained]
) -> Iterator[tuple[str, str, Verdict]]:
    for position, (rule, first) in enumerate(found[0]):
        verdicts = [each[position][1] for each in found]
        if all(verdict == first for verdict in verdicts):
            yield rule, "", first
            continue
        for order, verdict in zip(orders, verdicts, strict=True):
            yield rule, f"{order.trunk}, {order.caller_id.masked}", verdict
