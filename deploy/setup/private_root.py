"""Debian packages in a folder of their own, without root: nothing is installed, no daemon starts.

The packages and all that they need, down to the C library, are unpacked into
`.cache/<name>/<key>/`. No script of theirs runs, nothing is mounted, and the machine's own
libraries are not touched: the dynamic loader that came along starts a program with the libraries
that came along.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup import elf
from deploy.setup.debian_archive import Archive
from deploy.setup.errors import SetupError
from deploy.setup.stamps import key_of

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

# Written last, so a folder that has it is whole.
DONE = "version"
_NESTED = "*/lib*.so*"


@dataclass(frozen=True)
class Check:
    """A program of the root, started once to see that it runs here.

    `says` is a pattern for its answer, with one group: the version.
    """

    program: str
    arguments: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Recipe:
    """What is unpacked, from the first of `suites` that has it.

    Of all that comes along only `kept` stays (patterns below the root). `way_out` ends every
    error: who needs this and who does not.
    """

    name: str
    packages: tuple[str, ...]
    suites: tuple[str, ...]
    kept: tuple[str, ...]
    checks: tuple[Check, ...]
    way_out: str

    def root(self, checkout: Checkout) -> Root:
        """Where it is, or will be."""
        return Root(checkout.cache / self.name / key_of((), repr(self), os.uname().machine))


@dataclass(frozen=True)
class Root:
    """The folder that was unpacked into."""

    folder: Path

    def command(self, program: str) -> list[str]:
        """What to put before the arguments of a program, given by its path below the root."""
        loader = self._only("ld-linux*.so.*")
        libraries = ":".join(str(folder) for folder in self._searched())
        # The cache is this machine's: what lies on it must not hide what is missing here.
        return [
            *(str(loader), "--inhibit-cache", "--library-path", libraries),
            str(self.folder / program),
        ]

    def library(self, name: str) -> Path:
        """A file or folder beside the libraries of this machine's architecture."""
        return self._only(name)

    @property
    def version(self) -> str:
        return (self.folder / DONE).read_text(encoding="utf-8").strip()

    def lacking(self) -> dict[str, list[Path]]:
        """Libraries that are not in the root, each with the files of the root that need it."""
        there = {file.name for folder in self._searched() for file in folder.iterdir()}
        found: dict[str, list[Path]] = {}
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                for name in elf.missing(file, there):
                    found.setdefault(name, []).append(file.relative_to(self.folder))
        return found

    def _searched(self) -> list[Path]:
        """Where the loader looks. Some programs keep libraries in a folder of their own name."""
        return [
            folder
            for libraries in self._libraries()
            for folder in (libraries, *sorted({file.parent for file in libraries.glob(_NESTED)}))
        ]

    def _libraries(self) -> list[Path]:
        return [
            found
            for top in ("lib", "usr/lib")
            for found in (self.folder / top).glob("*-linux-gnu*")
        ]

    def _only(self, pattern: str) -> Path:
        for folder in self._libraries():
            found = sorted(folder.glob(pattern))
            if found:
                return found[0]
        raise FileNotFoundError(f"no {pattern} beside the libraries below {self.folder}")


def ensure(recipe: Recipe, checkout: Checkout, shell: Shell, step: Step) -> Root:
    """The root in its folder; fetched and unpacked now where it is not there yet."""
    result = recipe.root(checkout)
    if (result.folder / DONE).exists():
        return result
    roots = result.folder.parent
    # What a killed set-up left; the lock of set-up keeps others out.
    for leftover in roots.glob("*"):
        shutil.rmtree(leftover, ignore_errors=True)
    building = roots / f"building-{os.getpid()}"
    fresh = Root(building / "root")
    fresh.folder.mkdir(parents=True)
    log = checkout.log(recipe.name)
    try:
        packages = _download(recipe, building, shell, step, log)
        _unpack(recipe, packages, fresh.folder, shell, step, log)
        _refuse_lacking(recipe, fresh, log)
        version = ", ".join(_told(recipe, fresh, check, shell, log) for check in recipe.checks)
        (fresh.folder / DONE).write_text(version + "\n", encoding="utf-8")
        fresh.folder.rename(result.folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    step.done(", ".join(filter(None, (version, f"{_size(result.folder) >> 20} MB"))))
    return result


def _download(recipe: Recipe, building: Path, shell: Shell, step: Step, log: Path) -> list[Path]:
    step.doing("fetching its packages from Debian's archive")
    for suite in recipe.suites:
        folder = building / suite
        folder.mkdir()
        archive = Archive(folder, shell, log, recipe.way_out)
        packages = archive.download_all(suite, *recipe.packages)
        if packages:
            return packages
    raise SetupError(
        "Debian's archive could not be reached, or has no "
        f"{', '.join(recipe.packages)} in {' or '.join(recipe.suites)}",
        f"see that the network is there and run again; {recipe.way_out}",
        log,
    )


def _unpack(
    recipe: Recipe, packages: list[Path], target: Path, shell: Shell, step: Step, log: Path
) -> None:
    for number, package in enumerate(packages, start=1):
        step.doing(f"unpacking {number} of {len(packages)}")
        if shell.run(["dpkg-deb", "--extract", str(package), str(target)], log) != 0:
            raise SetupError(
                f"{package.name} could not be unpacked",
                "see the log; mostly the disk is full. Nothing half-done was kept",
                log,
            )
    kept = target.with_name("kept")
    for pattern in recipe.kept:
        for source in sorted(target.glob(pattern)):
            place = kept / source.relative_to(target)
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)
    shutil.rmtree(target)
    kept.rename(target)


def _refuse_lacking(recipe: Recipe, fresh: Root, log: Path) -> None:
    """A library that is not in the root must not be found on one machine and not on another."""
    lacking = fresh.lacking()
    if lacking:
        parts = []
        for name, files in lacking.items():
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            parts.append(f"{name} (needed by {files[0]}{more})")
        raise SetupError(
            f"the {recipe.name} that Debian's archive gave lack libraries: {', '.join(parts)}",
            f"add what they are in to `packages` or `kept` of the recipe; {recipe.way_out}",
            log,
        )


def _told(recipe: Recipe, fresh: Root, check: Check, shell: Shell, log: Path) -> str:
    """What the unpacked program says it is; refused where it does not run, or is another."""
    try:
        told = shell.ask([*fresh.command(check.program), *check.arguments]).out.strip()
    except FileNotFoundError as error:
        told = str(error)
    name = Path(check.program).name
    found = re.search(check.says, told)
    if found is None:
        raise SetupError(
            f"the {name} that Debian's archive gave does not run here, or is too old: {told}",
            f"see the log; {recipe.way_out}",
            log,
        )
    return f"{name} {found[1]}"


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*"))
