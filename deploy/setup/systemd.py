"""systemd's analyser for the tests, in a private root: no service manager starts here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.setup import private_root
from deploy.setup.private_root import Check, Recipe

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

ANALYSER = "usr/bin/systemd-analyze"

RECIPE = Recipe(
    name="systemd",
    packages=("systemd",),
    suites=("bookworm",),
    kept=(
        ANALYSER,
        "lib/*-linux-gnu*/*.so*",
        "usr/lib/*-linux-gnu*/*.so*",
        "usr/lib/*-linux-gnu*/systemd/*.so*",
    ),
    checks=(Check(ANALYSER, ("--version",), r"systemd (\d[\d.]+)"),),
    way_out="the tests need systemd-analyze (`make demo` does not)",
)


def root(checkout: Checkout) -> private_root.Root:
    """Where it is, or will be."""
    return RECIPE.root(checkout)


def ensure(checkout: Checkout, shell: Shell, step: Step) -> private_root.Root:
    """The root in its folder; fetched and unpacked now where it is not there yet."""
    return private_root.ensure(RECIPE, checkout, shell, step)


def command(checkout: Checkout) -> list[str]:
    """What to put before the arguments of systemd-analyze."""
    return root(checkout).command(ANALYSER)
