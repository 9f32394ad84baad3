"""Recordings of people, and music on hold, for benchmarks: Debian packages in a private root.

Nothing of them is kept in this repository; each package's licence lies beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.setup import private_root
from deploy.setup.private_root import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

LANGUAGES = ("en", "es", "fr", "it", "ru")

RECIPE = Recipe(
    name="human-voices",
    packages=(
        *(f"asterisk-core-sounds-{language}-wav" for language in LANGUAGES),
        "asterisk-moh-opsound-wav",
        "codec2-examples",
        "gcin-voice",
        "pocketsphinx-testdata",
    ),
    suites=("bookworm",),
    kept=(
        "usr/share/asterisk/moh",
        "usr/share/asterisk/sounds",
        "usr/share/codec2/raw",
        "usr/share/gcin-voice",
        "usr/share/pocketsphinx/test/data",
        *(
            f"usr/share/doc/{part}*/copyright"
            for part in ("asterisk", "codec2", "gcin-v", "pocket")
        ),
    ),
    checks=(),
    way_out="benchmarks/barge_in_quality.py needs them (`make demo` and the tests do not)",
)


def ensure(checkout: Checkout, shell: Shell, step: Step) -> Path:
    """The folder they lie in; fetched and unpacked now where they are not there yet."""
    return private_root.ensure(RECIPE, checkout, shell, step).folder
