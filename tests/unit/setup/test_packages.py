from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import packages, peers
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError, describe
from deploy.setup.python_choice import Interpreter
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell, FakeStep

ALL_PROGRAMS = {program for need in packages.NEEDS for program in need.programs}
DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


@pytest.fixture(autouse=True)
def _machine(tmp_path: Path, shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12 with everything there, and we are root."""
    include = tmp_path / "include"
    for need in packages.NEEDS:
        for header in need.headers:
            (include / header).parent.mkdir(parents=True, exist_ok=True)
            (include / header).touch()
    release = tmp_path / "os-release"
    release.write_text(DEBIAN_12)
    monkeypatch.setattr(packages, "INCLUDE", (include,))
    monkeypatch.setattr(packages, "OS_RELEASE", release)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shell.programs = ALL_PROGRAMS | {"apt-get", "sudo"}


def lose(shell: FakeShell, program: str, *, forever: bool = False) -> None:
    """Take a program away; installing brings it back, unless forever."""
    shell.programs.discard(program)

    def install(argv: Sequence[str]) -> Result:
        if not forever:
            shell.programs.add(program)
        return Result(0, "Get:1 archive x\nUnpacking x (1) ...\nSetting up x (1) ...\n")

    for prefix in ("env", "sudo -n env", "sudo env"):
        shell.answers[f"{prefix} DEBIAN_FRONTEND=noninteractive apt-get"] = install


def test_where_nothing_is_missing_nothing_is_started(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    packages.ensure(checkout, shell, step, python)
    assert (shell.started, step.said, step.state) == ([], [], "ok")


def test_what_is_missing_is_said_with_its_reason_and_installed(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    lose(shell, "sipp")
    packages.ensure(checkout, shell, step, python)
    assert step.said == ["installing sip-tester: the SIPp carriers of the demo and the tests"]
    update, install = shell.started
    assert update[-1] == "update"
    assert install[-3:] == ["install", "--no-install-recommends", "sip-tester"]
    assert step.phases[1:] == ["downloading", "unpacking", "setting up x"]
    assert step.state == "installed 1"


def test_what_debians_python_lacks_is_installed_too(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    lose(shell, "sipp")
    bare = dataclasses.replace(python, missing=("python3-venv", "python3-dev"))
    packages.ensure(checkout, shell, step, bare)
    assert shell.started[-1][-3:] == ["sip-tester", "python3-venv", "python3-dev"]


@pytest.mark.parametrize(
    "release,name",
    [
        ('ID=fedora\nVERSION_ID=40\nPRETTY_NAME="Fedora Linux 40"\n', "Fedora Linux 40"),
        ('ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n', "Ubuntu 24.04"),
        ("ID=alpine\n", "alpine"),
        ("", "an unknown linux system"),
    ],
)
def test_another_system_gets_one_line_that_names_what_to_install(
    checkout: Checkout,
    shell: FakeShell,
    step: FakeStep,
    python: Interpreter,
    release: str,
    name: str,
) -> None:
    packages.OS_RELEASE.write_text(release)
    lose(shell, "swig")
    lose(shell, "sipp")
    with pytest.raises(SetupError) as caught:
        packages.ensure(checkout, shell, step, python)
    assert describe(caught.value).splitlines() == [
        f"set-up failed: this is {name}, and set-up installs packages on Debian 12 only",
        "  what to do: install what Debian calls swig sip-tester, then run again",
    ]
    assert shell.started == []


def test_another_system_that_has_everything_is_good(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    packages.OS_RELEASE.write_text("ID=fedora\n")
    shell.programs.discard("apt-get")
    packages.ensure(checkout, shell, step, python)


def test_a_missing_os_release_is_another_system(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    packages.OS_RELEASE.unlink()
    lose(shell, "gcc")
    with pytest.raises(SetupError, match="an unknown"):
        packages.ensure(checkout, shell, step, python)


def test_a_user_with_sudo_installs(
    checkout: Checkout,
    shell: FakeShell,
    step: FakeStep,
    python: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    shell.answers["sudo -n true"] = Result(0)
    lose(shell, "tcpdump")
    packages.ensure(checkout, shell, step, python)
    assert len(shell.started_with("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get")) == 2


def test_a_user_without_sudo_and_terminal_is_told_the_command(
    checkout: Checkout,
    shell: FakeShell,
    step: FakeStep,
    python: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    shell.answers["sudo"] = Result(1, "sudo: a password is required\n")
    lose(shell, "tcpdump")
    shell.answers["sudo -n env"] = Result(1)
    with pytest.raises(SetupError, match="needs root") as caught:
        packages.ensure(checkout, shell, step, python)
    assert "apt-get install --no-install-recommends tcpdump" in caught.value.advice


def test_a_failed_install_shows_the_log(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    lose(shell, "swig")
    shell.answers["env DEBIAN_FRONTEND=noninteractive apt-get"] = Result(
        100, "E: Unable to locate package swig\n"
    )
    with pytest.raises(SetupError, match="could not install swig") as caught:
        packages.ensure(checkout, shell, step, python)
    assert "E: Unable to locate package swig" in describe(caught.value)


def test_a_package_that_does_not_bring_what_it_should_is_said(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    lose(shell, "g++", forever=True)
    with pytest.raises(SetupError, match="what should be in it is not there"):
        packages.ensure(checkout, shell, step, python)


def test_every_need_has_a_reason_and_a_way_to_be_told() -> None:
    for need in packages.NEEDS:
        assert need.reason
        assert need.programs or need.headers or need.files


def test_no_daemon_is_installed() -> None:
    """Debian's packages of servers start them at once; ours are unpacked (peers.py)."""
    assert not {need.package for need in packages.NEEDS} & set(peers.RECIPE.packages)
