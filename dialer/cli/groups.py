"""Commands of commands: the root, which imports a command when it is asked for, and lists.

Importing every command takes seconds, most of them for what only `run` and `demo` need: SIP, media,
MQTT. So a command's module is named as the command is, and holds it, as a function or a `Typer`,
under that name.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

NAMES: Final = (
    *("run", "check", "explain", "calls", "recordings", "campaigns", "contacts", "trunks"),
    *("scripts", "suppress", "complaints", "retention", "access", "audit", "keys", "demo"),
)
"""The commands of `dialer`, in the order of its help: each is `dialer.cli.NAME.NAME`."""


class LazyCommands(TyperGroup):
    """The root: its commands are `NAMES`, each imported when it is first wanted."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        # Typer takes from here what it suggests for a command that is misspelt.
        self.commands: Any = dict.fromkeys(NAMES)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - click's type has moved
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - the same
        if self.commands.get(cmd_name) is None and cmd_name in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands.get(cmd_name)


class Listing(TyperGroup):
    """A group whose command `list` is meant where none is named: `dialer contacts card-renewal`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's type has moved
        if "--help" not in args[:1] and not (args and args[0] in self.commands):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def _load(name: str) -> Any:  # noqa: ANN401 - typer keeps its type to itself
    found = getattr(importlib.import_module(f"dialer.cli.{name}"), name)
    if isinstance(found, typer.Typer):
        # Also of one command, for which typer would make no group by itself.
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    return command
