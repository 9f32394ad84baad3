"""The programs of others that the dialer starts: where set-up found them, noted in .venv."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.shell import Shell

# Read by audio/programs.py.
FILE = "programs.json"
STARTED = ("espeak-ng",)


def note(checkout: Checkout, shell: Shell) -> None:
    """Write down where each of them is, so that the dialer need not go by PATH."""
    found = {name: path for name in STARTED if (path := shell.find(name)) is not None}
    place = checkout.venv / FILE
    told = json.dumps(found)
    if not place.exists() or place.read_text(encoding="utf-8") != told:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(told, encoding="utf-8")
