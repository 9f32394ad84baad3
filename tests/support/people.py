"""People with tokens, made by the command line as an operator would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import run


@dataclass(frozen=True, slots=True)
class People:
    """Tokens: an author of scripts, and two who may approve; the first may submit as well."""

    ann: str
    bob: str
    eve: str


def people(config: Path) -> People:
    """Give access to all of them, in the store of a configuration that knows nobody."""
    root = given(config, "root", "admin")
    return People(
        given(config, "ann", "operator", token=root),
        given(config, "bob", "compliance", token=root),
        given(config, "eve", "operator", "compliance", token=root),
    )


def given(config: Path, name: str, *roles: str, token: str | None = None) -> str:
    """Give access; the token."""
    asked = [option for role in roles for option in ("--role", role)]
    done = run("access", "grant", name, *asked, "-c", config, "--json", token=token)
    assert done.returncode == 0, done.stderr
    made: str = json.loads(done.stdout)["token"]
    return made
