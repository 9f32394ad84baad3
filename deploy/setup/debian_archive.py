"""Files of Debian's archive, source or binary, under apt's chain of signatures.

Only apt knows where this machine gets Debian from, so it is asked. Everything happens in a folder
of our own: the system's apt configuration, lists and packages are not touched, and root is not
needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.setup.errors import SetupError

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.shell import Shell

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
APT_HELPER = "/usr/lib/apt/apt-helper"

WAY_OUT = "download a source archive of pjproject 2.17 and name it in VERIDIAL_PJSIP_TARBALL"

_TARGETS = ("apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)")
# 'URI' name size SHA256:hex, as apt-get --print-uris writes it.
_URI_LINE = re.compile(r"^'(?P<uri>[^']+)' (?P<name>\S+) (?P<size>\d+) SHA256:(?P<sha256>\w{64})$")


@dataclass(frozen=True)
class Remote:
    """A file of the archive, with the checksum the archive's signed index gives it."""

    uri: str
    name: str
    sha256: str


class Archive:
    """Debian's archive, through a private apt state in `folder`.

    `way_out` is what a user can do on a machine whose apt knows no Debian.
    """

    def __init__(self, folder: Path, shell: Shell, log: Path, way_out: str = WAY_OUT) -> None:
        self._folder = folder
        self._shell = shell
        self._log = log
        self._way_out = way_out

    def locate(self, suite: str, source: str, pattern: str) -> Remote | None:
        """The file of a source package whose name matches, or None where the suite has none."""
        sources = f"deb-src [signed-by={KEYRING}] {self._address()} {suite} main\n"
        # Given as an option and not by APT_CONFIG, for that is read before the system's files.
        private = ("-c", str(self._configure(sources)))
        if self._shell.run(["apt-get", "update", *private], self._log, cwd=self._folder) != 0:
            return None
        asked = self._shell.ask(
            ["apt-get", "source", "--download-only", "--print-uris", source, *private],
            cwd=self._folder,
        )
        for line in asked.out.splitlines():
            found = _URI_LINE.match(line)
            if found and re.search(pattern, found["name"]):
                return Remote(found["uri"], found["name"], found["sha256"].lower())
        return None

    def download(self, remote: Remote, target: Path) -> None:
        """Fetch a file; apt-helper refuses bytes that have not its checksum."""
        argv = [
            APT_HELPER,
            "download-file",
            remote.uri,
            str(target),
            f"SHA256:{remote.sha256}",
            *("-c", str(self._folder / "apt.conf")),
        ]
        if self._shell.run(argv, self._log) != 0 or not target.exists():
            target.unlink(missing_ok=True)
            raise SetupError(
                f"the download of {remote.name} from Debian's archive broke off or was wrong",
                "run again; if it goes on, download a source archive of pjproject 2.17 elsewhere "
                "and name it in VERIDIAL_PJSIP_TARBALL",
                self._log,
            )

    def download_all(self, suite: str, *packages: str) -> list[Path] | None:
        """Binary packages and all that they depend on, or None where the suite has not all."""
        sources = f"deb [signed-by={KEYRING}] {self._address()} {suite} main\n"
        private = ("-c", str(self._configure(sources)))
        wanted = ("-y", "--download-only", "--no-install-recommends", "install", *packages)
        for command in (("update",), wanted):
            if self._shell.run(["apt-get", *command, *private], self._log, cwd=self._folder) != 0:
                return None
        return sorted((self._folder / "cache" / "archives").glob("*.deb"))

    def _address(self) -> str:
        """Where this machine gets Debian from."""
        address = _main_archive(self._shell.ask(_TARGETS).out)
        if address is None:
            # A machine whose lists were cleaned away: fetch them, into our own folder.
            private = ("-c", str(self._configure(None)))
            self._shell.run(["apt-get", "update", *private], self._log)
            address = _main_archive(self._shell.ask([*_TARGETS, *private]).out)
        if address is None:
            raise SetupError(
                "apt on this machine knows no archive of Debian to fetch from",
                f"{self._way_out}, or add Debian's archive to apt",
                self._log,
            )
        return address

    def _configure(self, sources: str | None) -> Path:
        """Write the private configuration; with the system's own sources where none are given."""
        lists = self._folder / "lists"
        cache = self._folder / "cache"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        lines = [
            f'Dir::State::lists "{lists}";',
            f'Dir::Cache "{cache}";',
            # Our folder may be closed to apt's own download user.
            'APT::Sandbox::User "";',
            'Acquire::Languages "none";',
            'Acquire::Retries "3";',
            # We want one file of known content, not the latest of anything: an old index that is
            # rightly signed is good enough, and so is a machine whose clock is wrong.
            'Acquire::Check-Valid-Until "false";',
            'Acquire::Check-Date "false";',
            # Without it, apt-get update succeeds although nothing came.
            'APT::Update::Error-Mode "any";' if sources else "",
            # Hooks of the system's apt want root.
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear DPkg::Post-Invoke;",
        ]
        if sources is not None:
            (self._folder / "sources.list").write_text(sources, encoding="utf-8")
            # As if nothing were installed here: so that nothing is left out.
            (self._folder / "status").touch()
            lines += [
                f'Dir::State::status "{self._folder / "status"}";',
                f'Dir::Etc::sourcelist "{self._folder / "sources.list"}";',
                'Dir::Etc::sourceparts "-";',
            ]
        config = self._folder / "apt.conf"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return config


def _main_archive(targets: str) -> str | None:
    for line in targets.splitlines():
        origin, _, rest = line.partition("|")
        codename, _, uri = rest.partition("|")
        security = codename.endswith("-security") or "security" in uri
        if origin == "Debian" and not security and uri.startswith(("http://", "https://")):
            return uri
    return None
