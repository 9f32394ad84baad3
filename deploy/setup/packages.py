"""What the system must have, why, and how it gets it."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.python_choice import Interpreter
    from deploy.setup.shell import Shell

OS_RELEASE = Path("/etc/os-release")
INCLUDE = (Path("/usr/include"), Path("/usr/local/include"))


@dataclass(frozen=True)
class Need:
    """A Debian package, told by what it brings: so a program from elsewhere is as good."""

    package: str
    reason: str
    programs: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


NEEDS = (
    Need("build-essential", "compiles PJSIP and the native bridge", ("gcc", "g++", "make")),
    Need("patch", "mends PJSIP's sources before they are compiled", ("patch",)),
    Need("xz-utils", "unpacks the source of PJSIP", ("xz", "tar")),
    Need("swig", "makes PJSIP's Python binding", ("swig",)),
    Need("libssl-dev", "TLS and digests in PJSIP", headers=("openssl/ssl.h",)),
    Need("libsrtp2-dev", "encrypted media in PJSIP", headers=("srtp2/srtp.h",)),
    Need("libopus-dev", "the Opus codec in PJSIP", headers=("opus/opus.h",)),
    Need("libsamplerate0-dev", "resampling in PJSIP", headers=("samplerate.h",)),
    Need("uuid-dev", "unique call identifiers in PJSIP", headers=("uuid/uuid.h",)),
    Need("sip-tester", "the SIPp carriers of the demo and the tests", ("sipp",)),
    Need("espeak-ng", "speaks the `say:` prompts of scripts", ("espeak-ng",)),
    Need("openssh-client", "keys and signatures of people who approve", ("ssh-keygen",)),
    Need("tcpdump", "the demo and the tests read calls off the wire", ("tcpdump",)),
    Need(
        "ca-certificates",
        "trust for downloads",
        files=("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"),
    ),
)


def missing(shell: Shell, python: Interpreter | None, needs: Iterable[Need] = NEEDS) -> list[Need]:
    """The needs this machine does not meet."""
    found = [need for need in needs if not _met(need, shell)]
    found += [Need(name, f"a part of {DEBIANS}") for name in (python.missing if python else ())]
    return found


DEBIANS = "Debian's Python that the environment is made with"


def _met(need: Need, shell: Shell) -> bool:
    return (
        all(shell.find(program) for program in need.programs)
        and all(any((base / name).exists() for base in INCLUDE) for name in need.headers)
        and (not need.files or any(Path(name).exists() for name in need.files))
    )


def ensure(
    checkout: Checkout,
    shell: Shell,
    step: Step,
    python: Interpreter | None,
    needs: Iterable[Need] = NEEDS,
) -> None:
    """Install what is missing, each said with its reason; on a strange system, say what is."""
    lacking = missing(shell, python, needs)
    if not lacking:
        return
    names = [need.package for need in lacking]
    system, ours = _system(OS_RELEASE)
    if not ours or shell.find("apt-get") is None:
        raise SetupError(
            f"this is {system}, and set-up installs packages on Debian 12 only",
            "install what Debian calls " + " ".join(names) + ", then run again",
        )
    for need in lacking:
        step.say(f"installing {need.package}: {need.reason}")
    _install(names, checkout, shell, step)
    still = [need.package for need in missing(shell, None, needs) if need.package in names]
    if still:
        raise SetupError(
            f"after installing {' '.join(still)} what should be in it is not there",
            f"try: apt-get install --reinstall {' '.join(still)}",
        )
    step.done(f"installed {len(names)}")


def _system(os_release: Path) -> tuple[str, bool]:
    """The system's name, and whether it is the one set-up was made for."""
    told = dict.fromkeys(("ID", "VERSION_ID", "PRETTY_NAME"), "")
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, equals, value = line.partition("=")
        if equals:
            told[name] = " ".join(shlex.split(value))
    pretty = told["PRETTY_NAME"] or told["ID"] or f"an unknown {sys.platform} system"
    return pretty, (told["ID"], told["VERSION_ID"]) == ("debian", "12")


def _install(names: Sequence[str], checkout: Checkout, shell: Shell, step: Step) -> None:
    become = _root(names, shell)
    apt = [
        *become,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-y",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]
    log = checkout.log("packages")
    step.doing("refreshing the package lists")
    # A broken third-party source fails this although Debian's own lists came; the install tells.
    shell.run([*apt, "update"], log, own_session=False)
    code = shell.run(
        [*apt, "install", "--no-install-recommends", *names],
        log,
        on_line=_follow(step.doing),
        own_session=False,
    )
    if code != 0:
        raise SetupError(
            f"apt-get could not install {' '.join(names)}",
            "see the log; mostly the network or another apt is the cause. Then run again",
            log,
        )


def _root(names: Sequence[str], shell: Shell) -> list[str]:
    """What to put before a command so that it runs as root."""
    if os.geteuid() == 0:
        return []
    if shell.find("sudo") is not None:
        if shell.ask(["sudo", "-n", "true"]).code == 0:
            return ["sudo", "-n"]
        if sys.stdin.isatty() and shell.converse(["sudo", "-v"]) == 0:
            return ["sudo"]
    raise SetupError(
        "packages are missing, and installing them needs root",
        f"run: apt-get install --no-install-recommends {' '.join(names)} (as root), then run again",
    )


def _follow(doing: Callable[[str], None]) -> Callable[[str], None]:
    """Turn apt's chatter into phases."""

    def line(text: str) -> None:
        word, _, rest = text.partition(" ")
        if word.startswith("Get:"):
            doing("downloading")
        elif word in {"Unpacking", "Setting"}:
            doing("unpacking" if word == "Unpacking" else f"setting {rest.split(' (')[0]}")

    return line
