from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy.setup.checkout import Checkout
from deploy.setup.python_choice import Interpreter
from tests.unit.setup.fakes import FakeShell, FakeStep

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with the real recipe and lock file, and nothing built."""
    shutil.copytree(REPOSITORY / "deploy" / "pjsip", tmp_path / "deploy" / "pjsip")
    for name in ("requirements.lock", "pyproject.toml", "CMakeLists.txt"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return Checkout(tmp_path)


@pytest.fixture
def shell() -> FakeShell:
    return FakeShell()


@pytest.fixture
def step() -> FakeStep:
    return FakeStep()


@pytest.fixture
def python() -> Interpreter:
    return Interpreter(Path("/usr/bin/python3.11"), (3, 11, 2), ".cpython-311-x86_64-linux-gnu.so")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VERIDIAL_PYTHON", "VERIDIAL_PJSIP_TARBALL"):
        monkeypatch.delenv(name, raising=False)
