from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import fresh
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.progress import Steps
from deploy.setup.shell import Result
from tests.unit.setup.conftest import REPOSITORY
from tests.unit.setup.fakes import FakeShell

TARGETS = """\
Debian|http://m.example/debian/|bookworm|main
Debian|http://m.example/debian/|bookworm-updates|main
Debian|http://m.example/security/|bookworm-security|main
Debian|http://m.example/debian/|trixie|main
Debian|http://m.example/debian/|bookworm|main
Elsewhere|https://e.example/apt/|bookworm|main
|https://e.example/apt/||
"""
SETTINGS = """\
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://p.example:3128";
Acquire::https::CAInfo "/etc/ca.crt";
Acquire::Check-Date "false";
Acquire::Languages:: "none";
APT::Install-Recommends "1";
"""


@pytest.fixture
def entered(shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run on the bare machine; this one is root, and has all that is needed."""
    commands: list[str] = []

    def enter(argv: Sequence[str]) -> Result:
        if "debootstrap" in argv:
            return Result(0)
        commands.append(argv[-1])
        return Result(0, "said\n")

    def pack(argv: Sequence[str]) -> Result:
        Path(argv[2]).write_bytes(b"")
        return Result(0)

    def unpack(argv: Sequence[str]) -> Result:
        for name in ("etc/apt/apt.conf.d", "root"):
            (Path(argv[-1]) / name).mkdir(parents=True)
        return Result(0)

    def remove(argv: Sequence[str]) -> Result:
        target = Path(argv[-1])
        target.rename(target.with_name(f"{target.name}-removed-{len(shell.started)}"))
        return Result(0)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("FRESH_RUN", raising=False)
    shell.programs = {"debootstrap"}
    shell.answers |= {
        "apt-get indextargets": Result(0, TARGETS),
        "apt-config dump": Result(0, SETTINGS),
        "setpriv --pdeathsig KILL unshare": enter,
        "tar -czf": pack,
        "tar -xzf": unpack,
        "rm -rf --one-file-system": remove,
        "git": Result(0),
    }
    return commands


def steps() -> Steps:
    return Steps(5, io.StringIO())


def test_the_readme_has_the_commands_that_are_run() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^    (.*?)(?:  +#.*)?$", readme.split("## A real trunk")[0], re.MULTILINE)
    assert [line.strip() for line in shown] == [fresh.FIRST, *fresh.COMMANDS]


def test_a_bare_machine_goes_through_what_a_new_user_does(
    checkout: Checkout, shell: FakeShell, entered: list[str]
) -> None:
    fresh.run(checkout, shell, steps())
    clone, *commands = entered
    assert clone.startswith(f"{fresh.FIRST} && git clone ")
    assert commands == [f"cd veridial && {command}" for command in fresh.COMMANDS]
    (bootstrapped,) = [argv for argv in shell.started if "debootstrap" in argv]
    assert bootstrapped[-1] == "http://m.example/debian/"
    assert not (checkout.cache / "fresh" / "root").exists()
    fresh.run(checkout, shell, steps())
    assert len([argv for argv in shell.started if "debootstrap" in argv]) == 1


def test_one_command_is_run_where_one_is_wanted(
    checkout: Checkout, shell: FakeShell, entered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESH_RUN", "make demo")
    fresh.run(checkout, shell, steps())
    assert entered[1:] == ["cd veridial && make demo"]


def test_a_command_that_fails_fails_the_run_and_leaves_nothing(
    checkout: Checkout, shell: FakeShell, entered: list[str]
) -> None:
    enter = shell.answers["setpriv --pdeathsig KILL unshare"]
    assert callable(enter)

    def fails(argv: Sequence[str]) -> Result:
        done = enter(argv)
        return Result(2) if argv[-1].endswith("make demo") else done

    shell.answers["setpriv --pdeathsig KILL unshare"] = fails
    with pytest.raises(SetupError, match="make demo` ended with 2"):
        fresh.run(checkout, shell, steps())
    assert len(entered) == 2
    assert not (checkout.cache / "fresh" / "root").exists()


@pytest.mark.parametrize("fails", ["tar -czf", "tar -xzf", "git -c", "apt-get indextargets"])
def test_what_cannot_be_made_is_an_error_and_no_command_is_run(
    checkout: Checkout, shell: FakeShell, entered: list[str], fails: str
) -> None:
    for known in list(shell.answers):
        if fails.startswith(known):
            shell.answers[known] = Result(100)
    with pytest.raises(SetupError):
        fresh.run(checkout, shell, steps())
    assert entered == []
    assert not (checkout.cache / "fresh" / "root").exists()
    assert not (checkout.cache / "fresh" / "building").exists()


def test_lists_that_were_cleaned_away_are_fetched(
    checkout: Checkout, shell: FakeShell, entered: list[str]
) -> None:
    def update(_: Sequence[str]) -> Result:
        shell.answers["apt-get indextargets"] = Result(0, TARGETS)
        return Result(0)

    shell.answers |= {"apt-get indextargets": Result(0), "apt-get update": update}
    fresh.run(checkout, shell, steps())
    assert len(shell.started_with("apt-get update")) == 1
    assert len(entered) == 3


def test_only_root_may(
    checkout: Checkout, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="needs root"):
        fresh.run(checkout, shell, steps())
    assert shell.started == []


def test_the_bare_machine_knows_the_archives_of_its_own_debian_only() -> None:
    assert fresh.sources(TARGETS).splitlines() == [
        "deb http://m.example/debian/ bookworm main",
        "deb http://m.example/debian/ bookworm-updates main",
        "deb http://m.example/security/ bookworm-security main",
    ]


def test_of_apts_settings_those_on_downloading_are_taken() -> None:
    assert fresh.acquire(SETTINGS) == {
        "Acquire::http::Proxy": "http://p.example:3128",
        "Acquire::https::CAInfo": "/etc/ca.crt",
        "Acquire::Check-Date": "false",
    }


def test_of_the_environment_the_way_to_the_network_and_no_more_is_told() -> None:
    told = fresh.told(
        {
            "https_proxy": "http://p.example:3128",
            "NO_PROXY": "a b",
            "PIP_INDEX_URL": "https://e.example/$x",
            "PYTEST_ARGS": "-k 'one or two'",
            "PATH": "/opt/bin",
            "VERIDIAL_PYTHON": "/opt/python",
            "LD_LIBRARY_PATH": "/opt/lib",
        }
    )
    assert told.splitlines() == [
        "export CI=true",
        "export https_proxy=http://p.example:3128",
        "export NO_PROXY='a b'",
        "export PIP_INDEX_URL='https://e.example/$x'",
        "export PYTEST_ARGS='-k '\"'\"'one or two'\"'\"''",
    ]
