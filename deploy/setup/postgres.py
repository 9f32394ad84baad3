"""PostgreSQL of Debian 12 for the tests, in a private root: no cluster starts on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.setup import private_root
from deploy.setup.private_root import Check, Recipe

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

VERSION = "15"
BIN = f"usr/lib/postgresql/{VERSION}/bin"
PROGRAMS = ("initdb", "postgres")

RECIPE = Recipe(
    name="postgres",
    packages=(f"postgresql-{VERSION}",),
    suites=("bookworm",),
    # Without the compiler of queries: LLVM is larger than all the rest.
    kept=(
        *(f"{BIN}/{program}" for program in PROGRAMS),
        f"usr/lib/postgresql/{VERSION}/lib/[!l]*.so",
        f"usr/share/postgresql/{VERSION}",
        "lib/*-linux-gnu*/*.so*",
        "usr/lib/*-linux-gnu*/lib[!L]*.so*",
    ),
    checks=(Check(f"{BIN}/postgres", ("--version",), rf"({VERSION}\.\d+)"),),
    way_out="the tests need PostgreSQL (`make demo` does not)",
)


def root(checkout: Checkout) -> private_root.Root:
    """Where it is, or will be."""
    return RECIPE.root(checkout)


def ensure(checkout: Checkout, shell: Shell, step: Step) -> private_root.Root:
    """The root in its folder; fetched and unpacked now where it is not there yet."""
    return private_root.ensure(RECIPE, checkout, shell, step)
