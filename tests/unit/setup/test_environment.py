from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import environment
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.python_choice import Interpreter
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell, FakeStep

PJSIP = Path("/cache/pjsip/0123")


@pytest.fixture
def ready(checkout: Checkout, shell: FakeShell) -> FakeShell:
    def venv(argv: Sequence[str]) -> Result:
        checkout.venv_python.parent.mkdir(parents=True, exist_ok=True)
        checkout.venv_python.touch()
        return Result(0)

    shell.answers = {
        "/usr/bin/python3.11 -m venv": venv,
        f"{checkout.venv_python} -m pip": Result(0, "Collecting rich==15.0.0\n"),
        f"{checkout.venv_python} -c": Result(0, "/site-packages\n"),
        str(checkout.recipe / "link-binding.sh"): Result(0),
    }
    return shell


def ensure(checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter) -> str:
    return environment.ensure(checkout, shell, step, python, PJSIP)


def test_it_installs_by_hash_and_only_wheels_then_links(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    ensure(checkout, ready, step, python)
    (install,) = ready.started_with(f"{checkout.venv_python} -m pip")
    assert "--require-hashes --only-binary :all: --no-deps" in install
    assert "index" not in install
    assert ready.started[-1][1:] == [str(PJSIP), str(checkout.venv_python), "/site-packages"]
    assert step.phases == [
        "creating .venv",
        "installing the pinned packages",
        "fetching rich",
        "linking pjsua2",
    ]


def test_a_second_time_nothing_is_started(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    key = ensure(checkout, ready, step, python)
    ready.started.clear()
    assert ensure(checkout, ready, step, python) == key
    assert ready.started == []


def test_another_pjsip_is_only_linked_anew(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    ensure(checkout, ready, step, python)
    ready.started.clear()
    environment.ensure(checkout, ready, step, python, PJSIP.with_name("4567"))
    assert not ready.started_with(f"{checkout.venv_python} -m pip")
    assert len(ready.started) == 2


def test_another_lock_or_python_makes_it_anew(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    ensure(checkout, ready, step, python)
    newer = dataclasses.replace(python, version=(3, 11, 3))
    for change in (lambda: None, lambda: checkout.lock.write_text("# none\n")):
        change()
        ready.started.clear()
        ensure(checkout, ready, step, newer)
        assert ready.started_with("/usr/bin/python3.11 -m venv --clear")


@pytest.mark.parametrize(
    "told,problem",
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "wrong checksum"),
        (
            "ERROR: No matching distribution found for a==2 (from versions: 1)",
            "not to be had for this Python",
        ),
        (
            "ERROR: Could not find it (from versions: none)\nERROR: No matching distribution",
            "could not be installed",
        ),
        ("ERROR: Connection reset", "could not be installed"),
    ],
)
def test_pips_failures_are_explained_and_nothing_counts_as_done(
    checkout: Checkout,
    ready: FakeShell,
    step: FakeStep,
    python: Interpreter,
    told: str,
    problem: str,
) -> None:
    ready.answers[f"{checkout.venv_python} -m pip"] = Result(1, told)
    with pytest.raises(SetupError, match=problem):
        ensure(checkout, ready, step, python)
    assert environment.stamps(checkout).get("environment") is None


def test_a_venv_that_cannot_be_made_is_said(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    with pytest.raises(SetupError, match=r"could not create \.venv"):
        ensure(checkout, shell, step, python)


def test_a_binding_that_does_not_link_is_said(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    ready.answers[str(checkout.recipe / "link-binding.sh")] = Result(1, "ld: error: no\n")
    with pytest.raises(SetupError, match="could not be linked"):
        ensure(checkout, ready, step, python)
    assert environment.stamps(checkout).get("pjsua2") is None
