"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

DEFAULT_CONFIG: Final = Path("dialer.yaml")

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Tell more; -vv: libraries too.")
]
