"""The servers and tools that the tests set against us, from Debian 12, in a private root.

Installed the usual way, Debian's Kamailio, mosquitto and Prometheus would start daemons of their
own on this machine, now and at every boot; unpacked, they start nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.setup import private_root
from deploy.setup.private_root import Check, Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

# Below the root; the key is what users type.
PROGRAMS = {
    "kamailio": "usr/sbin/kamailio",
    "mosquitto": "usr/sbin/mosquitto",
    "mosquitto_passwd": "usr/bin/mosquitto_passwd",
    "prometheus": "usr/bin/prometheus",
    "promtool": "usr/bin/promtool",
    "secsipidx": "usr/bin/secsipidx",
}

RECIPE = Recipe(
    name="peers",
    packages=("kamailio", "mosquitto", "prometheus", "secsipidx"),
    suites=("bookworm",),
    kept=(
        *PROGRAMS.values(),
        "lib/*-linux-gnu*/*.so*",
        "usr/lib/*-linux-gnu*/*.so*",
        "usr/lib/*-linux-gnu*/kamailio",
        "usr/share/prometheus",
    ),
    checks=(
        Check(PROGRAMS["kamailio"], ("-v",), r"kamailio (\d[\d.]+)"),
        Check(PROGRAMS["mosquitto"], ("-h",), r"version (\d[\d.]+)"),
        Check(PROGRAMS["promtool"], ("--version",), r"version (\d[\d.]+)"),
        Check(PROGRAMS["prometheus"], ("--version",), r"version (\d[\d.]+)"),
        Check(PROGRAMS["secsipidx"], ("-version",), r"(\d[\d.]+)"),
    ),
    way_out="the tests need Kamailio, mosquitto, Prometheus and secsipidx (`make demo` does not)",
)


def root(checkout: Checkout) -> private_root.Root:
    """Where they are, or will be."""
    return RECIPE.root(checkout)


def ensure(checkout: Checkout, shell: Shell, step: Step) -> private_root.Root:
    """The root in its folder; fetched and unpacked now where it is not there yet."""
    return private_root.ensure(RECIPE, checkout, shell, step)


def command(checkout: Checkout, program: str) -> list[str]:
    """What to put before the arguments of one of PROGRAMS."""
    return root(checkout).command(PROGRAMS[program])


def kamailio_modules(checkout: Checkout) -> Path:
    """Where Kamailio finds its modules (its option -L)."""
    return root(checkout).library("kamailio") / "modules"
