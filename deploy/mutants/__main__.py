"""Makes faults, one at a time, runs the tests that use the faulty module, and lists what passed.

Each fault is judged in a forked child, which has pytest and the libraries loaded already and reads
the faulty module from memory: no file is changed, and a fault costs a second or two.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Final

import hypothesis
import pydantic  # noqa: F401 -- loaded once, for all children
import pytest
import sqlalchemy  # noqa: F401

from deploy.mutants.faults import faults

WHERE: Final = ("dialer/core", "dialer/vault", "dialer/audit", "dialer/store")
LEFT_OUT: Final = ("/migrations/", "/schema/")
"""One test holds these against each other, and against every released database."""
TESTS: Final = ("tests/unit", "tests/property", "tests/conformance")
NO_JUDGES: Final = ("test_docs.py", "_page.py", "test_memory.py")
"""They hold pages that are made from the code, or ask a process that has not the fault in it."""
LONGEST: Final = 300.0
"""Seconds that the judges of one module may take."""
OPTIONS: Final = (
    *("-x", "-q", "-p", "no:cacheprovider", "--timeout=0", "-k", "not postgres"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
_SAID: Final = tempfile.TemporaryFile(mode="ab+")  # noqa: SIM115 -- for all children


@cache
def imported(path: Path) -> frozenset[Path]:
    """The modules of ours that the file at `path` imports, also through the door of a package."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names)):
                at = Path(*name.split("."))
                found |= {at.with_suffix(".py"), at / "__init__.py"}
    found = {each for each in found if each.is_file()}
    doors = (each for each in found if each.name == "__init__.py" and each != path)
    return frozenset(found.union(*map(imported, doors)))


@cache
def reached(path: Path) -> frozenset[Path]:
    """What it imports, and what that imports in turn."""
    seen, ahead = set[Path](), [path]
    while ahead:
        new = imported(ahead.pop()) - seen
        seen |= new
        ahead += new
    return frozenset(seen)


@cache
def judges(path: Path) -> tuple[list[Path], ...]:
    """Test files, to be asked in turn: of its room and importing it, importing it, reaching it."""
    turns: tuple[list[Path], ...] = [], [], []
    for test in (each for folder in TESTS for each in sorted(Path(folder).rglob("test_*.py"))):
        is_of_room = path.parts[1] in test.parts
        conftest = test.parent / "conftest.py"
        uses = path in imported(test) or (conftest.is_file() and path in imported(conftest))
        if not test.name.endswith(NO_JUDGES) and (uses or (is_of_room and path in reached(test))):
            turns[2 if not uses else 0 if is_of_room else 1].append(test)
    return turns


def noticed(path: Path, source: bytes, tests: Sequence[Path], patience: float) -> bool | None:
    """Whether one of `tests` fails with this source; None where they hang, or take too long."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _SAID.truncate(0)
        os.dup2(_SAID.fileno(), 1)
        os.dup2(_SAID.fileno(), 2)
        _read_from_memory(path, source)
        hypothesis.settings.register_profile(
            "mutants",
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),  # nobody reads examples
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),  # slowness is no notice
        )
        hypothesis.settings.load_profile("mutants")
        os._exit(int(pytest.main([*OPTIONS, *map(str, tests)])))
    until = time.monotonic() + patience
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _read_from_memory(path: Path, source: bytes) -> None:
    plain = SourceFileLoader.get_code
    faulty = ".".join(path.with_suffix("").parts).removesuffix(".__init__")

    def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
        if fullname == faulty:
            return compile(source, loader.path, "exec")
        return plain(loader, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


@cache
def patience_with(path: Path) -> tuple[float, ...]:
    """How long the judges of a module may take, by how long they need; nothing: they fail."""
    spans = []
    for tests in judges(path):
        began = time.monotonic()
        if tests and noticed(path, path.read_bytes(), tests, LONGEST) is not False:
            _SAID.seek(0)
            print(f"{path}: its tests fail, or take too long, without a fault:")
            print(_SAID.read()[-2000:].decode(errors="replace"), flush=True)
            return ()
        spans.append(20 + 4 * (time.monotonic() - began))
    return tuple(spans)


def judged(path: Path, source: bytes) -> str:
    if not patience_with(path):
        return "unjudged"
    for tests, patience in zip(judges(path), patience_with(path), strict=True):
        seen = noticed(path, source, tests, patience) if tests else False
        if seen is not False:
            return "noticed" if seen else "hangs"
    return "unseen"


def drawn(paths: Sequence[Path], seed: int) -> Iterator[tuple[Path, int, bytes]]:
    """One fault of each file in turn, by lot, until all files are through."""
    lot = random.Random(seed)  # noqa: S311 -- a sample, no secret
    left = {path: list(faults(path.read_bytes())) for path in paths}
    print(f"{sum(map(len, left.values()))} faults in {len(paths)} files", flush=True)
    for each in left.values():
        lot.shuffle(each)
    while any(left.values()):
        yield from ((path, *each.pop()) for path, each in left.items() if each)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("paths", nargs="*", type=Path, default=[Path(each) for each in WHERE])
    asked.add_argument("--minutes", type=float, default=20.0)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    found = (sorted(at.rglob("*.py")) if at.is_dir() else [at] for at in options.paths)
    paths = [one for each in found for one in each if not any(p in str(one) for p in LEFT_OUT)]
    until = time.monotonic() + options.minutes * 60
    tried: dict[Path, list[str]] = {}
    for path, line, source in drawn(paths, options.seed):
        if time.monotonic() > until:
            break
        tried.setdefault(path, []).append(judged(path, source))
        if tried[path][-1] == "unseen":
            before, after = path.read_text().splitlines(), source.decode().splitlines()
            lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[3:]
            print("\n".join([f"{path}:{line}", *lines]), flush=True)
    for path, verdicts in sorted(tried.items()):
        print(f"{verdicts.count('unseen'):4} of {len(verdicts):4} unseen  {path}")
    every = [verdict for each in tried.values() for verdict in each]
    told = ", ".join(f"{every.count(each)} {each}" for each in sorted(set(every)))
    print(f"{len(every)} tried: {told}")


if __name__ == "__main__":
    main()
