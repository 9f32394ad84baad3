from __future__ import annotations

from pathlib import Path

import pytest

from deploy.setup import native
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell, FakeStep

PJSIP = Path("/cache/pjsip/0123")


@pytest.fixture(autouse=True)
def _no_sanitizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(native.SANITIZE, raising=False)


@pytest.fixture
def source(checkout: Checkout) -> Path:
    source = checkout.root / "audio" / "native" / "port.cpp"
    source.parent.mkdir(parents=True)
    source.write_text("// one\n")
    return source


@pytest.fixture
def ready(checkout: Checkout, shell: FakeShell) -> FakeShell:
    shell.answers[f"{checkout.venv_python} -m pip"] = Result(0)
    return shell


def test_it_is_built_against_the_cached_pjsip_with_nothing_fetched(
    checkout: Checkout, ready: FakeShell, step: FakeStep
) -> None:
    native.ensure(checkout, ready, step, PJSIP, "environment")
    (line,) = ready.started_with(str(checkout.venv_python))
    assert "--no-index --no-deps --no-build-isolation" in line
    assert f"cmake.define.PJSIP_PREFIX={PJSIP}" in line
    assert step.state == "built"


@pytest.mark.parametrize("changed", ["audio/native/port.cpp", "CMakeLists.txt", "pyproject.toml"])
def test_it_is_rebuilt_when_an_input_changes_and_only_then(
    checkout: Checkout, source: Path, ready: FakeShell, step: FakeStep, changed: str
) -> None:
    native.ensure(checkout, ready, step, PJSIP, "environment")
    native.ensure(checkout, ready, step, PJSIP, "environment")
    assert len(ready.started) == 1
    with (checkout.root / changed).open("a") as file:
        file.write("\n")
    native.ensure(checkout, ready, step, PJSIP, "environment")
    assert len(ready.started) == 2


def test_a_new_environment_pjsip_or_header_changes_the_key(
    checkout: Checkout, source: Path
) -> None:
    keys = {native.native_key(checkout, e, p) for e in ("a", "b") for p in ("x", "y")}
    source.with_name("port.hpp").touch()
    keys.add(native.native_key(checkout, "a", "x"))
    guard = checkout.root / "dialer" / "sip" / "native" / "guard.cpp"
    guard.parent.mkdir(parents=True)
    guard.touch()
    keys.add(native.native_key(checkout, "a", "x"))
    module = checkout.root / "dialer" / "sip" / "line.py"
    module.touch()
    keys.add(native.native_key(checkout, "a", "x"))
    module.rename(module.with_name("moved.py"))
    keys.add(native.native_key(checkout, "a", "x"))
    assert len(keys) == 8


def test_a_build_with_sanitizers_is_another_one_and_goes_again(
    checkout: Checkout, ready: FakeShell, step: FakeStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    native.ensure(checkout, ready, step, PJSIP, "environment")
    monkeypatch.setenv(native.SANITIZE, "address,undefined")
    native.ensure(checkout, ready, step, PJSIP, "environment")
    monkeypatch.delenv(native.SANITIZE)
    native.ensure(checkout, ready, step, PJSIP, "environment")
    plain, sanitized, again = ready.started
    assert "cmake.define.VERIDIAL_SANITIZE=address,undefined" in sanitized
    assert "build-dir=.cache/native/address-undefined-{wheel_tag}" in sanitized
    assert plain == again


def test_a_failed_build_is_said_and_tried_again(
    checkout: Checkout, ready: FakeShell, step: FakeStep
) -> None:
    native.ensure(checkout, ready, step, PJSIP, "environment")
    ready.answers[f"{checkout.venv_python} -m pip"] = Result(1, "port.cpp:1: error: no\n")
    with pytest.raises(SetupError, match="native extensions did not build"):
        native.ensure(checkout, ready, step, PJSIP, "another environment")
    ready.answers[f"{checkout.venv_python} -m pip"] = Result(0)
    native.ensure(checkout, ready, step, PJSIP, "environment")
    assert len(ready.started) == 3
