from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import asterisk, elf, peers, postgres, private_root, systemd
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Result
from tests.support import peers as unpacked
from tests.unit.setup.conftest import REPOSITORY
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
        "--inhibit-cache",
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


MODULES = f"{LIBRARIES}/tool/modules"
TOOL = private_root.Recipe("tool", ("tool",), ("bookworm",), ("lib", "usr"), (), "only tests")


def link(file: Path, *options: str) -> Path:
    """A real shared object, made by this machine's compiler."""
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["gcc", "-shared", "-nostdlib", "-x", "c", "/dev/null", "-o", str(file), *options],
        check=True,
    )
    return file


@pytest.fixture
def tool(debian: FakeShell, tmp_path: Path) -> FakeShell:
    """The archive's package has two modules that need a library, and the library elsewhere."""
    library = link(tmp_path / "made" / "libtool.so.1", "-Wl,-soname,libtool.so.1")

    def extract(argv: Sequence[str]) -> Result:
        target = Path(argv[-1])
        for name in ("a", "b"):
            link(target / MODULES / f"{name}.so", "-Wl,--no-as-needed", "-x", "none", str(library))
        loader = target / LOADER
        loader.parent.mkdir(parents=True)
        loader.write_text("x")
        return Result(0)

    debian.answers["dpkg-deb --extract"] = extract
    return debian


def test_a_library_that_is_not_in_the_root_is_named_with_what_needs_it(
    checkout: Checkout, tool: FakeShell, step: FakeStep
) -> None:
    with pytest.raises(SetupError) as caught:
        private_root.ensure(TOOL, checkout, tool, step)
    assert f"libtool.so.1 (needed by {MODULES}/a.so and 1 more)" in caught.value.problem
    assert "only tests" in caught.value.advice
    assert list((checkout.cache / "tool").glob("*")) == []


@pytest.mark.parametrize("folder,searched", [("tool", True), ("tool/modules/deep", False)])
def test_the_loader_looks_into_the_folders_that_programs_have_beside_the_libraries(
    checkout: Checkout, tool: FakeShell, step: FakeStep, folder: str, searched: bool
) -> None:
    extract = tool.answers["dpkg-deb --extract"]
    assert callable(extract)

    def with_library(argv: Sequence[str]) -> Result:
        link(Path(argv[-1]) / LIBRARIES / folder / "libtool.so.1", "-Wl,-soname,libtool.so.1")
        return extract(argv)

    tool.answers["dpkg-deb --extract"] = with_library
    if not searched:
        with pytest.raises(SetupError, match="lack libraries: libtool"):
            private_root.ensure(TOOL, checkout, tool, step)
        return
    root = private_root.ensure(TOOL, checkout, tool, step)
    assert root.command("usr/bin/tool")[3].split(":") == [
        f"{root.folder}/lib/x86_64-linux-gnu",
        f"{root.folder}/{LIBRARIES}",
        f"{root.folder}/{LIBRARIES}/tool",
    ]


@pytest.mark.parametrize("beside,missing", [("$ORIGIN", []), ("/usr/lib", ["libtool.so.1"])])
def test_a_module_may_look_beside_itself_but_not_into_the_machine(
    tmp_path: Path, beside: str, missing: list[str]
) -> None:
    library = link(tmp_path / "libtool.so.1", "-Wl,-soname,libtool.so.1")
    needs = ("-Wl,--no-as-needed", "-x", "none", str(library), f"-Wl,-rpath,{beside}")
    assert elf.missing(link(tmp_path / "module.so", *needs), {"libc.so.6"}) == missing


@pytest.mark.parametrize("recipe", [asterisk.RECIPE, peers.RECIPE, postgres.RECIPE, systemd.RECIPE])
def test_what_set_up_unpacked_has_all_its_libraries(recipe: private_root.Recipe) -> None:
    root = recipe.root(Checkout(REPOSITORY))
    assert root.folder.exists(), "run `make peers`"
    assert root.lacking() == {}
