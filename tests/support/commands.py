"""A command run within the test's own process: what it printed, and how it ended."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from dialer.cli import main
from dialer.tokens import VARIABLE


@dataclass(frozen=True)
class Done:
    """As `subprocess.CompletedProcess` has it."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, token: str | None = None) -> Done:
    """`dialer ARGUMENTS`, with `token` in its environment."""
    environ = {} if token is None else {VARIABLE: token}
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        patch.object(sys, "argv", ["dialer", *map(str, arguments)]),
        patch.dict("os.environ", environ),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())
