"""Asterisk 22 for the tests, in a folder of its own, without root.

Debian 12 has no Asterisk; Debian's later suites have. Its packages and all that they need, down to
the C library, are unpacked into `.cache/asterisk/<key>/`: no script of theirs runs, nothing is
installed or mounted, and the machine's own libraries are not touched. The dynamic loader that
came along starts the program with the libraries that came along.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup.debian_archive import Archive
from deploy.setup.errors import SetupError
from deploy.setup.stamps import key_of

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

PACKAGE = "asterisk"
SUITES = ("forky", "sid")
OLDEST = 22
WAY_OUT = "the tests need Asterisk 22 (`make demo` does not)"

# Of some 160 packages only this is used: half of the disk space saved.
KEPT = ("usr/lib", "usr/sbin/asterisk", "usr/share/asterisk")
# Written last, so a folder that has it is whole.
DONE = "version"


@dataclass(frozen=True)
class Root:
    """The folder Asterisk was unpacked into."""

    folder: Path

    @property
    def command(self) -> list[str]:
        """What to put before the arguments of `asterisk`."""
        loader = self._loader()
        program = self.folder / "usr" / "sbin" / "asterisk"
        return [str(loader), "--library-path", str(loader.parent), str(program)]

    @property
    def modules(self) -> Path:
        return self._loader().parent / "asterisk" / "modules"

    @property
    def data(self) -> Path:
        """Its sounds and documentation."""
        return self.folder / "usr" / "share" / "asterisk"

    @property
    def version(self) -> str:
        return (self.folder / DONE).read_text(encoding="utf-8").strip()

    def _loader(self) -> Path:
        """The dynamic loader, beside the libraries of its architecture."""
        found = sorted((self.folder / "usr" / "lib").glob("*-linux-gnu*/ld-linux*.so.*"))
        if not found:
            raise FileNotFoundError(f"no dynamic loader below {self.folder}")
        return found[0]


def root(checkout: Checkout) -> Root:
    """Where Asterisk is, or will be."""
    key = key_of([Path(__file__)], os.uname().machine)
    return Root(checkout.cache / "asterisk" / key)


def ensure(checkout: Checkout, shell: Shell, step: Step) -> Root:
    """Asterisk in its folder; fetched and unpacked now where it is not there yet."""
    result = root(checkout)
    if (result.folder / DONE).exists():
        return result
    roots = result.folder.parent
    # What a killed set-up left; the lock of set-up keeps others out.
    for leftover in roots.glob("*"):
        shutil.rmtree(leftover, ignore_errors=True)
    building = roots / f"building-{os.getpid()}"
    fresh = Root(building / "root")
    fresh.folder.mkdir(parents=True)
    log = checkout.log("asterisk")
    try:
        packages = _download(building, shell, step, log)
        _unpack(packages, fresh.folder, shell, step, log)
        version = _version(fresh, shell, log)
        (fresh.folder / DONE).write_text(version + "\n", encoding="utf-8")
        fresh.folder.rename(result.folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    step.done(f"{version}, {_size(result.folder) >> 20} MB")
    return result


def _download(building: Path, shell: Shell, step: Step, log: Path) -> list[Path]:
    step.doing("fetching its packages from Debian's archive")
    for suite in SUITES:
        folder = building / suite
        folder.mkdir()
        packages = Archive(folder, shell, log, WAY_OUT).download_all(suite, PACKAGE)
        if packages:
            return packages
    raise SetupError(
        f"Debian's archive could not be reached, or has no Asterisk in {' or '.join(SUITES)}",
        f"see that the network is there and run again; {WAY_OUT}",
        log,
    )


def _unpack(packages: list[Path], target: Path, shell: Shell, step: Step, log: Path) -> None:
    for number, package in enumerate(packages, start=1):
        step.doing(f"unpacking {number} of {len(packages)}")
        if shell.run(["dpkg-deb", "--extract", str(package), str(target)], log) != 0:
            raise SetupError(
                f"{package.name} could not be unpacked",
                "see the log; mostly the disk is full. Nothing half-done was kept",
                log,
            )
    kept = target.with_name("kept")
    for name in KEPT:
        source = target / name
        if source.exists():
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            source.rename(kept / name)
    shutil.rmtree(target)
    kept.rename(target)


def _version(fresh: Root, shell: Shell, log: Path) -> str:
    """What the unpacked program says it is; refused where it does not run, or is too old."""
    try:
        told = shell.ask([*fresh.command, "-V"]).out.strip()
    except FileNotFoundError as error:
        told = str(error)
    found = re.match(r"Asterisk (\d+)", told)
    if found is None or int(found[1]) < OLDEST:
        raise SetupError(
            f"the Asterisk that Debian's archive gave does not run here, or is no {OLDEST}: {told}",
            f"see the log; {WAY_OUT}",
            log,
        )
    return told


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*"))
