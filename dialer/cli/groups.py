"""Commands of commands: the root, which imports a command when it is asked for, and lists.

Importing every command takes seconds, most of them for what only `run` and `demo` need: SIP, media,
MQTT. So a command's module is named as the command is, and holds it, as a function or a `Typer`,
under that name; and what the root's help says of it stands here.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

HELP: Final[Mapping[str, str]] = {
    "init": "Write the files to start from, give two people access, and call a lab.",
    "run": "Dial one campaign to its end.",
    "check": "Check input files, and show every fault at once.",
    "explain": "Show what each rule of the gate says about a call to NUMBER.",
    "calls": "Show calls, the newest first, or one call with its attempts and second legs.",
    "leads": "Show whom to follow up: the best grade first, then the newest.",
    "recordings": "Recordings of calls: list them, export one.",
    "campaigns": "Show where campaigns stand, or end one.",
    "contacts": "Show a campaign's contacts, or destroy what is known of a number.",
    "trunks": "Show the trunks with their connect rates, or probe them.",
    "scripts": "Scripts: submit, inspect, approve and reject them.",
    "suppress": "The suppression list: add, remove, import and check numbers.",
    "complaints": "Complaints: open, answer and close them.",
    "retention": "Destroy data that is past its term, and show the certificates.",
    "config": "The effective configuration: show what differs from the approved one, approve it, "
    "withdraw it.",
    "access": "Who may do what: grant and revoke access, and list it.",
    "audit": "The audit log: verify it, list it, export a call's evidence.",
    "keys": "The keys of the vault: show their status, rotate them.",
    "demo": "Dial simulated carriers on this machine, and verify what was on the wire.",
}
"""The commands of `dialer`, in the order of its help: each is `dialer.cli.NAME.NAME`.

The first sentence of each command's own help is the same.
"""

EXIT_CODES: Final = "Exit codes: 0 done; 1 the job failed; 2 bad input or usage."


class LazyCommands(TyperGroup):
    """The root: its commands are those of `HELP`, each imported when it is first wanted."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        # Typer takes from here what it suggests for a command that is misspelt.
        self.commands: Any = dict.fromkeys(HELP)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - click's type has moved
        return list(HELP)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - the same
        if self.commands.get(cmd_name) is None and cmd_name in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - the same
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401 - the same
        if incomplete.startswith("-"):
            return super(TyperGroup, self).shell_complete(ctx, incomplete)
        # What click calls a CompletionItem: where its class is depends on the version of typer.
        return [
            SimpleNamespace(value=name, type="plain", help=words)
            for name, words in HELP.items()
            if name.startswith(incomplete)
        ]


class Listing(TyperGroup):
    """A group whose command `list` is meant where none is named: `dialer contacts card-renewal`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's type has moved
        # A shell that completes the first word wants the names of all commands.
        completing = ctx.resilient_parsing and not args
        if not completing and "--help" not in args[:1] and not (args and args[0] in self.commands):
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401 - the same
        meant: Any = self.commands["list"]
        inner = meant.make_context("list", [], parent=ctx, resilient_parsing=True)
        found: list[Any] = super().shell_complete(ctx, incomplete)
        found += meant.shell_complete(inner, incomplete)
        for argument in meant.params if incomplete[:1] != "-" else ():
            if argument.param_type_name == "argument":
                found += argument.shell_complete(inner, incomplete)
        return found


def load(name: str) -> Any:  # noqa: ANN401 - typer keeps its type to itself
    """The command of that name, imported."""
    # Nothing of what an import makes is garbage; to look for some takes a twentieth of a listing.
    gc.disable()
    found = getattr(importlib.import_module(f"dialer.cli.{name}"), name)
    gc.freeze()
    gc.enable()
    if isinstance(found, typer.Typer):
        # Also of one command, for which typer would make no group by itself.
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    for each in (command, *getattr(command, "commands", {}).values()):
        each.epilog = EXIT_CODES
        # Plain help: drawing boxes takes as long as all the rest of it.
        each.rich_markup_mode = None
    return command
