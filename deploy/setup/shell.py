"""Starting programs: the only door to the machine, so that tests can put a fake in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

NOT_FOUND = 127
"""The code of a program that does not exist, as shells give it."""

# Daemons and network tools live where an ordinary user's PATH does not look.
_ALSO = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Result:
    """What a short program said."""

    code: int
    out: str = ""


class Shell(Protocol):
    """What set-up asks of the machine."""

    def ask(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        """Run a short program and return what it printed, errors included."""

    def run(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        own_session: bool = True,
    ) -> int:
        """Run a long program, append its output to `log`, and return its code."""

    def converse(self, argv: Sequence[str]) -> int:
        """Run a program that may ask the user something."""

    def find(self, program: str) -> str | None:
        """Where the program is, or None."""


class Machine:
    """The real one."""

    def ask(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env=_merged(env),
                cwd=cwd,
                check=False,
            )
        except OSError as error:
            return Result(NOT_FOUND, str(error))
        return Result(done.returncode, done.stdout)

    def run(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        own_session: bool = True,
    ) -> int:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as out:
            out.write(f"$ {' '.join(argv)}\n")
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                    env=_merged(env),
                    cwd=cwd,
                    start_new_session=own_session,
                )
            except OSError as error:
                out.write(f"{error}\n")
                return NOT_FOUND
            with process:
                try:
                    for line in process.stdout or ():
                        out.write(line)
                        out.flush()
                        if on_line is not None:
                            on_line(line.rstrip("\n"))
                except BaseException:
                    _end(process, group=own_session)
                    raise
            return process.returncode

    def converse(self, argv: Sequence[str]) -> int:
        try:
            return subprocess.run(argv, check=False).returncode
        except OSError:
            return NOT_FOUND

    def find(self, program: str) -> str | None:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_ALSO])
        return shutil.which(program, path=path)


def _merged(env: Mapping[str, str] | None) -> dict[str, str]:
    # The programs' words are read here and there; they must not come translated.
    return {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}


def _end(process: subprocess.Popen[str], *, group: bool) -> None:
    """End a program that must not outlive us, with its children where it leads a group."""
    try:
        if group:
            os.killpg(process.pid, signal.SIGTERM)
        else:
            process.terminate()
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
