from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import asterisk
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell, FakeStep

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = f"{LIBRARIES}/ld-linux-x86-64.so.2"


@pytest.fixture
def debian(checkout: Checkout, shell: FakeShell) -> FakeShell:
    """A machine whose Debian archive has two packages for us."""

    def fetch(argv: Sequence[str]) -> Result:
        folder = Path(argv[-1]).parent
        for name in ("asterisk", "libc6"):
            (folder / "cache" / "archives" / f"{name}.deb").write_bytes(b"")
        return Result(0)

    def extract(argv: Sequence[str]) -> Result:
        for name in (LOADER, "usr/sbin/asterisk", "usr/share/asterisk/a", "usr/share/doc/b"):
            file = Path(argv[-1]) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        return Result(0)

    shell.answers |= {
        "apt-get indextargets": Result(0, "Debian|bookworm|http://m.example/debian/\n"),
        "apt-get update": Result(0),
        "apt-get -y --download-only": fetch,
        "dpkg-deb --extract": extract,
        str(checkout.cache): Result(0, "Asterisk 22.9.0~dfsg\n"),
    }
    return shell


def left(checkout: Checkout) -> list[Path]:
    return list((checkout.cache / "asterisk").glob("*"))


def test_it_is_unpacked_once_and_only_what_is_used_is_kept(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    root = asterisk.ensure(checkout, debian, step)
    assert root.version == "asterisk 22.9.0~dfsg"
    assert left(checkout) == [root.folder]
    assert (root.data / "a").exists()
    assert not (root.folder / "usr/share/doc").exists()
    assert len(debian.started_with("dpkg-deb")) == 2
    started = len(debian.started)
    assert asterisk.ensure(checkout, debian, step) == root == asterisk.root(checkout)
    assert len(debian.started) == started


def test_it_runs_on_the_libraries_that_came_with_it(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    root = asterisk.ensure(checkout, debian, step)
    assert root.command == [
        f"{root.folder}/{LOADER}",
        "--inhibit-cache",
        "--library-path",
        f"{root.folder}/{LIBRARIES}",
        f"{root.folder}/usr/sbin/asterisk",
    ]


def test_no_root_and_no_script_of_a_package(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    asterisk.ensure(checkout, debian, step)
    fetches = debian.started_with("apt-get -y")
    assert all("--download-only" in line for line in fetches)
    assert not any(argv[0] in {"sudo", "chroot", "dpkg"} for argv in debian.started)


def test_the_next_suite_is_asked_where_one_has_it_not(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    fetch = debian.answers["apt-get -y --download-only"]
    assert callable(fetch)

    def only_in_sid(argv: Sequence[str]) -> Result:
        return fetch(argv) if "/sid/" in argv[-1] else Result(100, "E: Unable to locate\n")

    debian.answers["apt-get -y --download-only"] = only_in_sid
    assert asterisk.ensure(checkout, debian, step).version


@pytest.mark.parametrize("fails", ["apt-get update", "apt-get -y", "dpkg-deb --extract"])
def test_what_fails_leaves_nothing_and_says_that_only_tests_need_it(
    checkout: Checkout, debian: FakeShell, step: FakeStep, fails: str
) -> None:
    for known in list(debian.answers):
        if known.startswith(fails):
            debian.answers[known] = Result(100, "E: no\n")
    with pytest.raises(SetupError) as caught:
        asterisk.ensure(checkout, debian, step)
    assert caught.value.log is not None
    assert left(checkout) == []


@pytest.mark.parametrize("says", ["Asterisk 20.1.0", "cannot open shared object", ""])
def test_one_that_is_too_old_or_does_not_run_is_refused(
    checkout: Checkout, debian: FakeShell, step: FakeStep, says: str
) -> None:
    debian.answers[str(checkout.cache)] = Result(0, says)
    with pytest.raises(SetupError, match="does not run here, or is too old"):
        asterisk.ensure(checkout, debian, step)
    assert left(checkout) == []


def test_what_a_killed_set_up_left_is_removed(
    checkout: Checkout, debian: FakeShell, step: FakeStep
) -> None:
    half = checkout.cache / "asterisk" / "building-1" / "root"
    half.mkdir(parents=True)
    root = asterisk.ensure(checkout, debian, step)
    assert left(checkout) == [root.folder]
