from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audio.programs import FOUND
from deploy.setup import __main__ as program
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.progress import Steps
from tests.unit.setup.fakes import FakeShell

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(
        REPOSITORY / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def run(clone: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.setup"],
        cwd=clone,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_failure_is_exit_one_with_a_message_and_no_traceback(clone: Path) -> None:
    done = run(clone, VERIDIAL_PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert done.stdout.startswith("[1/5] Python ... failed")
    assert done.stderr.splitlines() == [
        "set-up failed: VERIDIAL_PYTHON=/nowhere/python3 is no complete Python",
        "  what to do: name a CPython 3.11 to 3.14 that has the venv module and its C headers",
    ]


def test_a_disk_that_cannot_be_written_is_a_message(clone: Path) -> None:
    (clone / ".cache").write_text("in the way")
    done = run(clone)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "see that the disk has room" in done.stderr


def test_an_interrupt_is_its_own_code(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "set_up", interrupted)
    monkeypatch.setattr(program, "__file__", str(clone / "deploy" / "setup" / "__main__.py"))
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["set-up"])
    assert program.main() == program.INTERRUPTED
    assert "nothing half-built" in capsys.readouterr().err


def test_a_set_up_error_is_described(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise SetupError("it broke", "mend it")

    monkeypatch.setattr(program, "set_up", broken)
    monkeypatch.setattr(program, "__file__", str(clone / "deploy" / "setup" / "__main__.py"))
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["set-up"])
    assert program.main() == 1
    assert capsys.readouterr().err == "set-up failed: it broke\n  what to do: mend it\n"


@pytest.mark.parametrize("peers,steps", [(False, 5), (True, 9)])
def test_the_peers_of_the_tests_are_fetched_when_asked_for(
    clone: Path, monkeypatch: pytest.MonkeyPatch, peers: bool, steps: int
) -> None:
    done: list[str] = []
    peers_of_tests = ("asterisk", "postgres", "debian_peers", "systemd")
    modules = ("packages", "pjsip", "environment", "native", *peers_of_tests)
    for name in modules:
        module = getattr(program, name)
        monkeypatch.setattr(module, "ensure", lambda *_, name=name, **__: done.append(name))
    monkeypatch.setattr(program.python_choice, "choose", lambda *_: FakePython())
    out = io.StringIO()
    program.set_up(Checkout(clone), FakeShell(), Steps(steps, out), peers=peers)
    assert done == list(modules if peers else modules[:4])
    assert f"[{steps}/{steps}]" in out.getvalue()


def test_where_espeak_is_found_is_noted_for_the_dialer(clone: Path) -> None:
    shell = FakeShell(programs={"espeak-ng"})
    for _ in range(2):
        program.programs.note(Checkout(clone), shell)
        told = json.loads((clone / ".venv" / FOUND).read_text("utf-8"))
        assert told == {"espeak-ng": "/usr/bin/espeak-ng"}


class FakePython:
    name = "CPython"
    executable = "/usr/bin/python3"
    missing = ()
