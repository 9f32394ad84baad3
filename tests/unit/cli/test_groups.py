"""The help of the root, which imports no command."""

from __future__ import annotations

import pytest

from dialer.cli.groups import EXIT_CODES, HELP, load


@pytest.mark.parametrize("name", HELP)
def test_the_root_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    command = load(name)
    assert " ".join(command.help.split()).startswith(HELP[name])


@pytest.mark.parametrize("name", HELP)
def test_every_help_tells_the_exit_codes(name: str) -> None:
    command = load(name)
    commands = [command, *getattr(command, "commands", {}).values()]
    assert [each.epilog for each in commands] == [EXIT_CODES] * len(commands)
