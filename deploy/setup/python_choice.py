"""Choosing the interpreter the environment is made with."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.setup.checkout import Checkout
    from deploy.setup.shell import Shell

OLDEST = (3, 11)
NEWEST = (3, 14)
"""The newest minor version all pinned packages have wheels for."""

DEBIAN = "/usr/bin/python3"

# Asks an interpreter about itself. Inside a virtual environment the answer is about its base.
_PROBE = """
import importlib.util as u, json, os, platform, sys, sysconfig
print(json.dumps({
    "executable": getattr(sys, "_base_executable", sys.executable),
    "version": list(sys.version_info[:3]),
    "abi": sysconfig.get_config_var("EXT_SUFFIX") or "",
    "plain": platform.python_implementation() == "CPython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED"),
    "venv": bool(u.find_spec("venv") and u.find_spec("ensurepip")),
    "headers": os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter of a fitting version."""

    executable: Path
    version: tuple[int, int, int]
    abi: str
    missing: tuple[str, ...] = field(default=())
    """Debian packages this interpreter lacks something of."""

    @property
    def name(self) -> str:
        return "Python " + ".".join(map(str, self.version))


def choose(checkout: Checkout, shell: Shell) -> Interpreter:
    """The first complete interpreter; else Debian's own, with what it lacks; else an error.

    The one the present environment was made with comes first: a changed PATH is no reason to
    build everything again.
    """
    wanted = os.environ.get("VERIDIAL_PYTHON")
    if wanted:
        found = _probe(wanted, shell)
        if found is None or found.missing:
            raise SetupError(
                f"VERIDIAL_PYTHON={wanted} is no complete Python",
                f"name a CPython {_range()} that has the venv module and its C headers",
            )
        return found
    fallback: Interpreter | None = None
    for candidate in _candidates(checkout):
        found = _probe(candidate, shell)
        if found is None:
            continue
        if not found.missing:
            return found
        if found.executable == Path(DEBIAN).resolve():
            fallback = found
    if fallback is None:
        raise SetupError(
            f"no CPython {_range()} with the venv module and C headers was found",
            "install one (on Debian 12: python3 python3-venv python3-dev), or name one in "
            "VERIDIAL_PYTHON, and run again",
        )
    return fallback


def _candidates(checkout: Checkout) -> Iterator[str]:
    if checkout.venv_python.exists():
        yield str(checkout.venv_python)
    yield "python3"
    yield DEBIAN
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        yield f"python3.{minor}"


def _probe(candidate: str, shell: Shell) -> Interpreter | None:
    result = shell.ask([candidate, "-I", "-c", _PROBE])
    if result.code != 0:
        return None
    try:
        told = json.loads(result.out)
    except ValueError:
        return None
    version = tuple(told["version"])
    if not told["plain"] or not OLDEST <= version[:2] <= NEWEST:
        return None
    missing = [] if told["venv"] else ["python3-venv"]
    missing += [] if told["headers"] else ["python3-dev"]
    return Interpreter(Path(told["executable"]).resolve(), version, told["abi"], tuple(missing))


def _range() -> str:
    return f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
