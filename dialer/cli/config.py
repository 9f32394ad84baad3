"""`dialer config`: the effective configuration is approved before a node calls anybody by it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo
from dialer.cli.signing import SignedFile, SignKey, StatementFile, signed_by
from dialer.cli.tables import show
from dialer.core.gate.configuration import ConfigurationChange, Value
from dialer.office import configuration as office

config = typer.Typer(
    help="The effective configuration: show what differs from the approved one, approve it, "
    "withdraw it.",
    no_args_is_help=True,
)
_FIELDS: Final = ("key", "effect", "before", "after")


@config.command()
def diff(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show what differs from what was approved. The exit code is 1 where it waits for approval."""
    found = asyncio.run(office.compared(asked(config)))
    show(
        _FIELDS,
        map(_shown, found.changes),
        nothing="nothing differs from what was approved",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )
    if found.needs_approval:
        if not json_output and not csv_output:
            echo("somebody with compliance approves it: dialer config approve")
        raise typer.Exit(1)


@config.command()
def approve(
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    *,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
) -> None:
    """Approve the configuration as it is now, by your own signature: for compliance.

    It holds for the node that the configuration names, from its next call on.
    """
    request = asked(config, token_file)
    wanted = asyncio.run(office.to_approve(request))
    by_hand = signed_by(request, wanted, sign_key, signed, statement, token_file)
    done = asyncio.run(office.approve(request, by_hand))
    count = sum(not change.tightens for change in done.changes)
    echo(f"configuration {done.digest[:12]} of {done.node} is approved: {count} keys looser or new")


@config.command()
def withdraw(
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    *,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
) -> None:
    """Withdraw the approval of this node's configuration, by your own signature: for compliance.

    The node launches no call from then on, until a configuration is approved again.
    """
    request = asked(config, token_file)
    wanted = asyncio.run(office.to_withdraw(request))
    by_hand = signed_by(request, wanted, sign_key, signed, statement, token_file)
    node = asyncio.run(office.withdraw(request, by_hand))
    echo(f"the approval of {node}'s configuration is withdrawn: it calls nobody")


def _shown(change: ConfigurationChange) -> dict[str, Any]:
    return {
        "key": change.key,
        "effect": "tightens" if change.tightens else "loosens",
        "before": _words(change.before),
        "after": _words(change.after),
    }


def _words(value: Value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
