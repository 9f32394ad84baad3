"""A source archive of PJSIP whose bytes are known to be right."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup.debian_archive import Archive
from deploy.setup.errors import SetupError
from deploy.setup.stamps import sha256_of

if TYPE_CHECKING:
    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

VERSION = "2.17"
VARIABLE = "VERIDIAL_PJSIP_TARBALL"
SUITES = ("forky", "sid")
SOURCE_PACKAGE = "asterisk"
COMPONENT = r"\.orig-Xpjproject\.tar\.\w+$"


def pins(file: Path) -> list[str]:
    """The pinned checksums."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def obtain(checkout: Checkout, shell: Shell, step: Step, log: Path) -> Path:
    """The archive the user named, or the one kept from last time, or the one of Debian."""
    pinned = pins(checkout.recipe / "sources.sha256")
    named = os.environ.get(VARIABLE)
    if named:
        return _named(Path(named).expanduser(), pinned)
    downloads = checkout.cache / "downloads"
    for checksum in pinned:
        kept = downloads / f"{checksum}.tar"
        if kept.exists():
            if sha256_of(kept) == checksum:
                return kept
            kept.unlink()
    return _from_debian(downloads, pinned, shell, step, log)


def _named(archive: Path, pinned: list[str]) -> Path:
    if not archive.is_file():
        raise SetupError(
            f"{VARIABLE} names {archive}, and there is no such file",
            f"name a source archive of pjproject {VERSION}, or unset {VARIABLE}",
        )
    found = sha256_of(archive)
    if found not in pinned:
        raise SetupError(
            f"{archive} has the wrong checksum: {found} is not in deploy/pjsip/sources.sha256",
            f"download the archive of pjproject {VERSION} again; if you made sure by other means "
            "that it is right, add its checksum to that file",
        )
    return archive


def _from_debian(downloads: Path, pinned: list[str], shell: Shell, step: Step, log: Path) -> Path:
    step.doing("fetching the source from Debian's archive")
    folder = downloads / "apt"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = Archive(folder, shell, log)
    try:
        for suite in SUITES:
            remote = archive.locate(suite, SOURCE_PACKAGE, COMPONENT)
            if remote is None:
                continue
            fresh = folder / "component.tar"
            archive.download(remote, fresh)
            _check(fresh, remote.sha256, pinned, shell, step)
            target = downloads / f"{remote.sha256}.tar"
            fresh.replace(target)
            return target
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    raise SetupError(
        f"Debian's archive could not be reached, or has no pjproject in {' or '.join(SUITES)}",
        f"see that the network is there and run again; or download a source archive of pjproject "
        f"{VERSION} and name it in {VARIABLE}",
        log,
    )


def _check(archive: Path, vouched: str, pinned: list[str], shell: Shell, step: Step) -> None:
    """Refuse what is not what the archive's signed index names, or not the version we build."""
    found = sha256_of(archive)
    if found != vouched:
        raise SetupError(
            f"the downloaded source of PJSIP has the wrong checksum ({found}, not {vouched})",
            "run again; if it goes on, something on the way changes downloads",
        )
    if found in pinned:
        return
    version = version_of(archive, shell)
    if version != VERSION:
        raise SetupError(
            f"Debian's archive has gone on to PJSIP {version or 'of an unknown version'}; "
            f"this checkout builds {VERSION}",
            f"download a source archive of pjproject {VERSION} and name it in {VARIABLE}",
        )
    step.say(
        f"the checksum {found[:12]}... is not pinned, but Debian's signed index names it and it is "
        f"PJSIP {VERSION}: taken"
    )


def version_of(archive: Path, shell: Shell) -> str | None:
    """What the version.mak in a source archive says."""
    told = shell.ask(["tar", "-xOf", str(archive), "--wildcards", "*/version.mak"]).out
    parts = {
        found[1]: found[2].strip()
        for found in re.finditer(r"^export PJ_VERSION_(\w+)\s*:=[ \t]*(.*)$", told, re.MULTILINE)
    }
    if not parts.get("MAJOR") or not parts.get("MINOR"):
        return None
    version = f"{parts['MAJOR']}.{parts['MINOR']}"
    if parts.get("REV"):
        version += f".{parts['REV']}"
    return version + parts.get("SUFFIX", "")
