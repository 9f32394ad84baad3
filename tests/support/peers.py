"""Debian's servers and tools for the tests, which `make peers` unpacked below `.cache`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.setup import peers
from deploy.setup.checkout import Checkout

_CHECKOUT: Final = Checkout(Path(__file__).resolve().parents[2])


def command(program: str) -> list[str]:
    """What to put before the arguments of a program of `deploy.setup.peers.PROGRAMS`.

    Raises FileNotFoundError where `make peers` has not run.
    """
    if not peers.root(_CHECKOUT).folder.exists():
        raise FileNotFoundError(f"{program} is not there: run `make peers`")
    return peers.command(_CHECKOUT, program)


def kamailio_modules() -> Path:
    """The folder for Kamailio's option -L."""
    return peers.kamailio_modules(_CHECKOUT)
