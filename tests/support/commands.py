"""The command `dialer` run within the test: a process of its own takes seconds to import it all."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from dialer.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, token: str | None = None, said: str = "") -> Done:
    """Run `dialer ARGUMENTS`, as whoever has the token, with `said` on its standard input."""
    environment = {name: value for name, value in os.environ.items() if name != "DIALER_TOKEN"}
    if token is not None:
        environment["DIALER_TOKEN"] = token
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["dialer", *map(str, arguments)]),
        patch.object(sys, "stdin", io.StringIO(said)),
        patch.dict(os.environ, environment, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
    return Done(code, out.getvalue(), err.getvalue())
