"""Whether numbers, names and keys stay readable in memory that this process has let go of.

Python overwrites nothing that it frees. The C library does, where it is told to before the process
begins, and then only what Python asks of it each time (docs/decisions/vault.md).
"""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from typing import Final

OVERWRITTEN_BY: Final[Mapping[str, str]] = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
}
"""The environment of a process in which what is freed is overwritten at once."""


def doubts() -> list[str]:
    """What of this process's set-up leaves people's data or keys readable, each with its remedy."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_CORE)
    return doubts_of(os.environ, soft)


def doubts_of(environ: Mapping[str, str], core_limit: int) -> list[str]:
    """`doubts` of a process with this environment and this soft limit on core dumps, in bytes."""
    found = []
    if not _overwrites(environ):
        settings = " ".join(f"{name}={value}" for name, value in OVERWRITTEN_BY.items())
        found.append(
            "numbers and names stay readable in memory that is let go of: start the node with "
            f"{settings}, as deploy/systemd does"
        )
    if core_limit != 0:
        found.append(
            "a core dump is allowed, and would hold the keys: LimitCORE=0 in the unit, "
            "or ulimit -c 0 before the start"
        )
    return found


def _overwrites(environ: Mapping[str, str]) -> bool:
    pairs = (each.partition("=") for each in environ.get("GLIBC_TUNABLES", "").split(":"))
    tunables = {name: value for name, _, value in pairs}
    return (
        environ.get("PYTHONMALLOC") in {"malloc", "malloc_debug"}
        and tunables.get("glibc.malloc.perturb", "0") != "0"
        and tunables.get("glibc.malloc.tcache_count") == "0"
    )
