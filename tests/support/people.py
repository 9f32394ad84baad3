"""People with tokens, made by the command line as an operator would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import run
from tests.support.signing import approve_configuration, register_by_command


@dataclass(frozen=True, slots=True)
class People:
    """Tokens: two authors of scripts, and one who may approve, and signs with `key`."""

    ann: str
    bob: str
    eve: str
    key: Path


def people(config: Path) -> People:
    """Give access to all of them, in the store of a configuration that knows nobody."""
    root = given(config, "root", "admin")
    bob = given(config, "bob", "compliance", token=root)
    key = register_by_command(config, "bob", bob)
    approve_configuration(config, "bob", bob)
    return People(
        given(config, "ann", "operator", token=root),
        bob,
        given(config, "eve", "operator", token=root),
        key,
    )


def given(config: Path, name: str, *roles: str, token: str | None = None) -> str:
    """Give access; the token."""
    asked = [option for role in roles for option in ("--role", role)]
    done = run("access", "grant", name, *asked, "-c", config, "--json", token=token)
    assert done.returncode == 0, done.stderr
    made: str = json.loads(done.stdout)["token"]
    return made
