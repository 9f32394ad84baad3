from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.setup import python_choice
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Machine, Result
from tests.unit.setup.fakes import FakeShell

ABI = ".cpython-311-x86_64-linux-gnu.so"


def interpreter(
    executable: str, version: tuple[int, int, int] = (3, 11, 2), **facts: bool
) -> Result:
    told = {"plain": True, "venv": True, "headers": True, **facts}
    return Result(0, json.dumps({"executable": executable, "version": version, "abi": ABI, **told}))


def test_the_first_complete_one_on_the_path_is_taken(checkout: Checkout, shell: FakeShell) -> None:
    shell.answers = {
        "python3 ": interpreter("/opt/a/python3"),
        "/usr/bin/python3": interpreter("/usr/bin/python3"),
    }
    found = python_choice.choose(checkout, shell)
    assert (found.executable, found.name) == (Path("/opt/a/python3"), "Python 3.11.2")
    assert found.missing == ()


def test_the_one_of_the_present_environment_comes_first(
    checkout: Checkout, shell: FakeShell
) -> None:
    checkout.venv_python.parent.mkdir(parents=True)
    checkout.venv_python.touch()
    shell.answers = {
        str(checkout.venv_python): interpreter("/opt/b/python3"),
        "python3 ": interpreter("/opt/a/python3"),
    }
    assert python_choice.choose(checkout, shell).executable == Path("/opt/b/python3")


@pytest.mark.parametrize(
    "unfit",
    [
        interpreter("/opt/a", (3, 10, 9)),
        interpreter("/opt/a", (3, 15, 0)),
        interpreter("/opt/a", plain=False),
        interpreter("/opt/a", headers=False),
        interpreter("/opt/a", venv=False),
        Result(0, "no json"),
        Result(1, "broken"),
    ],
)
def test_an_unfit_one_is_passed_over(checkout: Checkout, shell: FakeShell, unfit: Result) -> None:
    shell.answers = {"python3 ": unfit, "python3.12 ": interpreter("/opt/c", (3, 12, 1))}
    assert python_choice.choose(checkout, shell).executable == Path("/opt/c")


def test_debians_own_may_lack_what_packages_bring(checkout: Checkout, shell: FakeShell) -> None:
    debian = str(Path(python_choice.DEBIAN).resolve())
    bare = interpreter(debian, venv=False, headers=False)
    shell.answers = {"python3 ": bare, python_choice.DEBIAN: bare}
    found = python_choice.choose(checkout, shell)
    assert found.missing == ("python3-venv", "python3-dev")


def test_where_there_is_none_it_says_what_to_install(checkout: Checkout, shell: FakeShell) -> None:
    with pytest.raises(SetupError, match=r"no CPython 3\.11 to 3\.14") as caught:
        python_choice.choose(checkout, shell)
    assert "python3-venv" in caught.value.advice


def test_a_wanted_one_must_be_complete(
    checkout: Checkout, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIDIAL_PYTHON", "/opt/w")
    shell.answers = {"/opt/w": interpreter("/opt/w"), "python3 ": interpreter("/opt/a")}
    assert python_choice.choose(checkout, shell).executable == Path("/opt/w")
    shell.answers["/opt/w"] = interpreter("/opt/w", headers=False)
    with pytest.raises(SetupError, match="VERIDIAL_PYTHON=/opt/w"):
        python_choice.choose(checkout, shell)


def test_the_probe_understands_a_real_interpreter(checkout: Checkout) -> None:
    found = python_choice.choose(checkout, Machine())
    assert found.version[:2] >= python_choice.OLDEST
    assert found.executable.exists()
