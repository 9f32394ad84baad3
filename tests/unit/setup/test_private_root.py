from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import peers, private_root
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Result
from tests.support import peers as unpacked
from tests.unit.setup.fakes import FakeShell, FakeStep

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
FILES = (
    LOADER,
    f"{LIBRARIES}/libssl.so.3",
    f"{LIBRARIES}/kamailio/modules/tm.so",
    "usr/share/doc/b",
    "etc/init.d/mosquitto",
    *peers.PROGRAMS.values(),
)


@pytest.fixture
def debian(checkout: Checkout, shell: FakeShell) -> FakeShell:
    def fetch(argv: Sequence[str]) -> Result:
        (Path(argv[-1]).parent / "cache" / "archives" / "all.deb").write_bytes(b"")
        return Result(0)

    def extract(argv: Sequence[str]) -> Result:
        for name in FILES:
            file = Path(argv[-1]) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        return Result(0)

    shell.answers |= {
        "apt-get indextargets": Result(0, "Debian|bookworm|http://m.example/debian/\n"),
        "apt-get update": Result(0),
        "apt-get -y --download-only": fetch,
        "dpkg-deb --extract": extract,
        str(checkout.cache): Result(0, "tool, version 1.2.3\nand more"),
    }
    return shell


def test_only_programs_and_libraries_are_kept(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    debian.answers[str(checkout.cache)] = Result(0, "kamailio 5.6.3 version 5.6.3")
    root = peers.ensure(checkout, debian, step)
    kept = {str(file.relative_to(root.folder)) for file in root.folder.rglob("*") if file.is_file()}
    assert kept == {*FILES, "version"} - {"usr/share/doc/b", "etc/init.d/mosquitto"}
    assert root.version.startswith("kamailio 5.6.3, mosquitto 5.6.3, promtool")
    assert peers.command(checkout, "promtool") == [
        f"{root.folder}/{LOADER}",
        "--library-path",
        f"{root.folder}/lib/x86_64-linux-gnu:{root.folder}/{LIBRARIES}",
        f"{root.folder}/usr/bin/promtool",
    ]
    assert peers.kamailio_modules(checkout) == root.folder / LIBRARIES / "kamailio" / "modules"


def test_nothing_is_installed_and_root_is_not_asked_for(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    debian.answers[str(checkout.cache)] = Result(0, "kamailio 5.6.3 version 5.6.3")
    peers.ensure(checkout, debian, step)
    installs = [argv for argv in debian.started if "install" in argv]
    assert len(installs) == 1
    assert "--download-only" in installs[0]
    assert not any(argv[0] in {"sudo", "chroot", "dpkg"} for argv in debian.started)


def test_another_recipe_is_another_folder(checkout: Checkout) -> None:
    other = private_root.Recipe("peers", ("kamailio",), ("sid",), (), (), "")
    assert other.root(checkout) != peers.root(checkout)


def test_a_program_that_does_not_run_leaves_nothing(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    debian.answers[str(checkout.cache)] = Result(127, "cannot open shared object")
    with pytest.raises(SetupError, match="the kamailio that Debian's archive gave does not run"):
        peers.ensure(checkout, debian, step)
    assert list((checkout.cache / "peers").glob("*")) == []


@pytest.mark.parametrize("program", sorted(peers.PROGRAMS))
def test_every_peer_is_there_and_may_be_run_by_everybody(program: str) -> None:
    loader, *_, file = unpacked.command(program)
    for path in (Path(loader), Path(file)):
        assert path.stat().st_mode & 0o555 == 0o555
