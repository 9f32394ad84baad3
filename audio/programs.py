"""Programs of others that we start, by the path that set-up found: never by PATH.

Whoever may set PATH, or an entry before the program's, would else choose what is said.
"""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Final

FOUND: Final = "programs.json"
"""Below the environment's folder; set-up writes it."""
_USUAL: Final = Path("/usr/bin")
"""Where Debian has them, for an environment that another set-up made."""


class ProgramError(Exception):
    """A program cannot be trusted or is not there; the message says what to do."""


def program(name: str, package: str) -> Path:
    """The program's absolute path. Raises ProgramError; `package` is Debian's, for its message."""
    path = _found(name)
    try:
        status = path.stat()
    except OSError:
        raise ProgramError(
            f"needs {name}, which is not installed (Debian package {package}): it is not at "
            f"{path}. Install it, then run `make setup`"
        ) from None
    if not stat.S_ISREG(status.st_mode) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ProgramError(f"others may write to {path}; run: chmod go-w {path}")
    return path


def _found(name: str) -> Path:
    try:
        told = json.loads((Path(sys.prefix) / FOUND).read_text("utf-8"))[name]
    except (OSError, ValueError, KeyError, TypeError):
        return _USUAL / name
    path = Path(str(told))
    return path if path.is_absolute() else _USUAL / name
