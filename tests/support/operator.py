"""An operator whose people use the command `dialer`, each by their own token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialer.demo.files import Carrier, Job, write
from tests.support.commands import Done, run
from tests.support.signing import approve_configuration, key_file, register_by_command

CALLEE = "+861065590004"
OTHER = "+861065590005"


@dataclass(frozen=True)
class Operator:
    """The command `dialer` on one folder, with the tokens of its people."""

    config: Path
    tokens: dict[str, str]

    @property
    def sign(self) -> tuple[str, str]:
        """The option by which `li.na` signs."""
        return "--sign-key", str(key_file(self.config.parent, "li.na"))

    def dialer(self, *arguments: str, by: str | None = None, said: str = "") -> Done:
        token = None if by is None else self.tokens[by]
        return run(*arguments, "-c", str(self.config), token=token, said=said)

    def done(self, *arguments: str, by: str | None = None, said: str = "") -> str:
        finished = self.dialer(*arguments, by=by, said=said)
        assert finished.returncode == 0, finished.stderr
        assert CALLEE[3:] not in finished.stdout + finished.stderr
        return finished.stdout

    def told(self, *arguments: str) -> list[dict[str, Any]]:
        finished = self.dialer(*arguments, "--json")
        assert finished.returncode in {0, 1}, finished.stderr
        rows: list[dict[str, Any]] = json.loads(finished.stdout)
        return rows


def employ(folder: Path) -> Operator:
    """`root` is an admin, `li.na` has the role compliance; the one contact is CALLEE."""
    config, _ = write(folder, Job(carriers=[Carrier("carrier", 5999)], numbers=[CALLEE]))
    return staffed(config)


def staffed(config: Path) -> Operator:
    """The operator of a configuration, on a folder where nobody has access yet."""
    made = Operator(config, {})
    for name, role in (("root", "admin"), ("li.na", "compliance")):
        by = "root" if made.tokens else None
        shown = made.done("access", "grant", name, "--role", role, "--json", by=by)
        made.tokens[name] = json.loads(shown)["token"]
    register_by_command(config, "li.na", made.tokens["li.na"])
    approve_configuration(config, "li.na", made.tokens["li.na"])
    return made
