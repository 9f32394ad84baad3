"""The README's commands on a machine that is really new: a bare Debian 12 beside this one.

What lies on a machine hides what set-up forgets. So a minimal Debian is unpacked, this machine's
way to the network and nothing else of it is copied in, and a clean clone of HEAD goes through what
a new user does. It has a mount and a process namespace of its own, and shares the network.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.setup import packages
from deploy.setup.errors import SetupError
from deploy.setup.stamps import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step, Steps
    from deploy.setup.shell import Shell

FIRST = "apt-get update && apt-get install -y git make"
"""What the README says must be done before its commands."""
COMMANDS = ("make demo", "make test")
LIMIT_SECONDS = 2 * 60 * 60
_CLONE = "git clone -q -c advice.detachedHead=false veridial.bundle veridial"

SUITE = "bookworm"
NEEDS = (packages.Need("debootstrap", "makes a bare Debian", ("debootstrap",)),)
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# So that all ends with us: the first process, with it its namespace, and so what it mounted.
_APART = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"),
)
# How this machine gets to the network: where it finds names, whom it trusts, where pip looks.
_WAY_OUT = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "usr/local/share/ca-certificates")
_WAY_OUT_OF_HOME = (".config/pip", ".pip")
_TOLD = re.compile(r"^(?:PIP_\w+|\w+_proxy|\w+_PROXY|PYTEST_ARGS)$")
_TARGETS = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)"


def run(checkout: Checkout, shell: Shell, steps: Steps) -> None:
    """All steps; SetupError where one of the commands fails on the bare machine."""
    if os.geteuid() != 0:
        raise SetupError(
            "a bare Debian in namespaces of its own needs root", "run: sudo make fresh"
        )
    folder = checkout.cache / "fresh"
    root = folder / "root"
    log = checkout.log("fresh")
    try:
        with steps.step("what makes a bare Debian") as step:
            packages.ensure(checkout, shell, step, None, NEEDS)
        with steps.step("a bare Debian 12") as step:
            _remove(root, shell, log)
            base = _base(folder, shell, step, log)
            root.mkdir()
            _must(["tar", "-xzf", str(base), "-C", str(root)], "be unpacked", shell, log)
            _write_way_out(root, shell, log, os.environ)
        with steps.step(f"on it: {FIRST}; git clone") as step:
            _bundle(checkout, root, shell, step, log)
            _enter(checkout, root, f"{FIRST} && {_CLONE}", shell, step.doing)
        for command in commands():
            with steps.step(f"on it: {command}") as step:
                _enter(checkout, root, f"cd veridial && {command}", shell, step.say)
    finally:
        _remove(root, shell, log)


def commands() -> tuple[str, ...]:
    """What is run: both commands, or FRESH_RUN."""
    wanted = os.environ.get("FRESH_RUN", "")
    return (wanted,) if wanted else COMMANDS


def sources(targets: str) -> str:
    """Apt's list of Debian 12's archives, out of all that this machine's apt knows."""
    lines = set()
    for line in targets.splitlines():
        origin, _, rest = line.partition("|")
        address, codename, component = rest.split("|")
        if origin == "Debian" and codename.partition("-")[0] == SUITE:
            lines.add(f"deb {address} {codename} {component}\n")
    return "".join(sorted(lines))


def acquire(dump: str) -> dict[str, str]:
    """Apt's settings of this machine on how it downloads and what it believes."""
    found = re.findall(r'^(Acquire::(?:https?|Check-)\S*) "(.+)";$', dump, re.MULTILINE)
    return dict(found)


def told(environment: Mapping[str, str]) -> str:
    """Shell lines for the commands' environment, which has nothing else of this machine's."""
    # As continuous integration does: a test that is skipped on a bare machine fails.
    kept = {"CI": "true"} | {name: environment[name] for name in environment if _TOLD.match(name)}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in kept.items())


def _base(folder: Path, shell: Shell, step: Step, log: Path) -> Path:
    """An archive of a minimal Debian, made once."""
    base = folder / f"debian-{key_of((), SUITE, os.uname().machine)}.tar.gz"
    if base.exists():
        return base
    archive = re.search(rf"^deb (\S+) {SUITE} main$", _sources(shell, log), re.MULTILINE)
    if archive is None:
        raise SetupError(
            "apt on this machine knows no archive of Debian 12", "add Debian's archive to apt", log
        )
    building = folder / "building"
    _remove(building, shell, log)
    building.mkdir(parents=True)
    step.doing("debootstrap")
    proxy = acquire(shell.ask(["apt-config", "dump"]).out).get("Acquire::http::Proxy")
    try:
        _must(
            [
                *(*_APART, "--mount-proc", "debootstrap", "--variant=minbase"),
                *(f"--keyring={KEYRING}", SUITE, str(building), archive[1]),
            ],
            "be made",
            shell,
            log,
            {"http_proxy": proxy} if proxy else {},
        )
        new = base.with_suffix(".new")
        left_out = ("--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*")
        pack = ["tar", "-czf", str(new), "--exclude=./dev/*", *left_out, "-C", str(building), "."]
        _must(pack, "be packed", shell, log)
        new.rename(base)
    finally:
        _remove(building, shell, log)
    return base


def _sources(shell: Shell, log: Path) -> str:
    ask = ["apt-get", "indextargets", "--format", _TARGETS]
    found = sources(shell.ask(ask).out)
    if not found:
        # A machine whose lists were cleaned away.
        shell.run(["apt-get", "update"], log)
        found = sources(shell.ask(ask).out)
    return found


def _write_way_out(root: Path, shell: Shell, log: Path, environment: Mapping[str, str]) -> None:
    places = [(Path("/", name), root / name) for name in _WAY_OUT]
    places += [(Path.home() / name, root / "root" / name) for name in _WAY_OUT_OF_HOME]
    for here, there in places:
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, dirs_exist_ok=True)
        elif here.exists():
            there.unlink(missing_ok=True)
            shutil.copyfile(here, there)
    apt = root / "etc" / "apt"
    (apt / "sources.list").write_text(_sources(shell, log), encoding="utf-8")
    settings = acquire(shell.ask(["apt-config", "dump"]).out) | {"APT::Install-Recommends": "false"}
    lines = "".join(f'{name} "{value}";\n' for name, value in settings.items())
    (apt / "apt.conf.d" / "90machine").write_text(lines, encoding="utf-8")
    (root / "root" / "machine.sh").write_text(told(environment), encoding="utf-8")


def _bundle(checkout: Checkout, root: Path, shell: Shell, step: Step, log: Path) -> None:
    git = ["git", "-c", f"safe.directory={checkout.root}", "-C", str(checkout.root)]
    if shell.ask([*git, "status", "--porcelain"]).out.strip():
        step.say("what is not committed here is not in the clone")
    bundle = str(root / "root" / "veridial.bundle")
    _must([*git, "bundle", "create", bundle, "HEAD"], "be given the sources", shell, log)


def _enter(
    checkout: Checkout, root: Path, command: str, shell: Shell, on_line: Callable[[str], None]
) -> None:
    log = checkout.log("fresh")
    script = str(checkout.root / "deploy" / "setup" / "enter-fresh.sh")
    argv = [*_APART, "sh", script, str(root), str(LIMIT_SECONDS), command]
    code = shell.run(argv, log, on_line=on_line)
    if code != 0:
        raise SetupError(
            f"on a bare Debian 12 `{command}` ended with {code}",
            "see the log for what this machine has and a new one lacks",
            log,
        )


def _must(
    argv: list[str], what: str, shell: Shell, log: Path, env: Mapping[str, str] | None = None
) -> None:
    if shell.run(argv, log, env=env) != 0:
        raise SetupError(
            f"the bare Debian could not {what}",
            "see the log; mostly the network or a full disk is the cause, or the folder allows no "
            "devices",
            log,
        )


def _remove(folder: Path, shell: Shell, log: Path) -> None:
    """Never beyond its file system: mounts are seen in the namespace only, but be sure."""
    if folder.exists():
        _must(["rm", "-rf", "--one-file-system", str(folder)], "be removed", shell, log)
