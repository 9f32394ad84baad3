"""Asterisk 22 for the tests, in a private root: Debian 12 has none, Debian's later suites have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.setup import private_root
from deploy.setup.private_root import Check, Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

PROGRAM = "usr/sbin/asterisk"

RECIPE = Recipe(
    name="asterisk",
    packages=("asterisk",),
    suites=("forky", "sid"),
    # Of some 160 packages only this is used: half of the disk space saved.
    kept=("usr/lib", PROGRAM, "usr/share/asterisk"),
    checks=(Check(PROGRAM, ("-V",), r"Asterisk ((?:2[2-9]|[3-9]\d)\.\S+)"),),
    way_out="the tests need Asterisk 22 (`make demo` does not)",
)


@dataclass(frozen=True)
class Root:
    """Asterisk in its folder."""

    at: private_root.Root

    @property
    def folder(self) -> Path:
        return self.at.folder

    @property
    def command(self) -> list[str]:
        """What to put before the arguments of `asterisk`."""
        return self.at.command(PROGRAM)

    @property
    def modules(self) -> Path:
        return self.at.library("asterisk") / "modules"

    @property
    def data(self) -> Path:
        """Its sounds and documentation."""
        return self.folder / "usr" / "share" / "asterisk"

    @property
    def version(self) -> str:
        return self.at.version


def root(checkout: Checkout) -> Root:
    """Where Asterisk is, or will be."""
    return Root(RECIPE.root(checkout))


def ensure(checkout: Checkout, shell: Shell, step: Step) -> Root:
    """Asterisk in its folder; fetched and unpacked now where it is not there yet."""
    return Root(private_root.ensure(RECIPE, checkout, shell, step))
