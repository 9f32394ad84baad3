from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import pjsip
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError, describe
from deploy.setup.python_choice import Interpreter
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell, FakeStep

COMPILER = Result(0, "12.2.0\nx86_64-linux-gnu\n")


@pytest.fixture
def ready(checkout: Checkout, shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A shell with a compiler, a source archive the user named, and a build that works."""
    archive = checkout.root / "pjproject.tar.gz"
    archive.write_bytes(b"source")
    pin = hashlib.sha256(b"source").hexdigest()
    (checkout.recipe / "sources.sha256").write_text(f"# pins\n{pin} 6 test\n")
    monkeypatch.setenv("VERIDIAL_PJSIP_TARBALL", str(archive))

    def build(argv: Sequence[str]) -> Result:
        result = Path(argv[3])
        (result / "lib").mkdir(parents=True)
        (result / "lib" / "libpj.so").touch()
        return Result(0, "::phase configure\nnoise\n::phase library\n")

    shell.answers = {"g++": COMPILER, str(checkout.recipe / "build.sh"): build}
    return shell


def key(checkout: Checkout, python: Interpreter, compiler: str = "12.2.0") -> str:
    return pjsip.recipe_key(checkout, python, compiler)


@pytest.mark.parametrize("name", pjsip.RECIPE)
def test_the_key_changes_with_every_file_of_the_recipe(
    checkout: Checkout, python: Interpreter, name: str
) -> None:
    before = key(checkout, python)
    with (checkout.recipe / name).open("a") as file:
        file.write("\n# changed\n")
    assert key(checkout, python) != before


def test_every_file_of_the_recipe_counts(checkout: Checkout) -> None:
    files = {file.name for file in checkout.recipe.iterdir()} - {"README.md", "patches"}
    assert files == set(pjsip.RECIPE)


def test_a_mend_of_the_sources_counts(checkout: Checkout, python: Interpreter) -> None:
    before = key(checkout, python)
    mends = checkout.recipe / "patches"
    mends.mkdir(exist_ok=True)
    (mends / "a.patch").write_text("why\n--- a/x\n+++ b/x\n")
    assert key(checkout, python) != before


def test_the_key_changes_with_the_compiler_and_the_python(
    checkout: Checkout, python: Interpreter
) -> None:
    other = dataclasses.replace(python, abi=".cpython-312-x86_64-linux-gnu.so")
    keys = {key(checkout, python), key(checkout, python, "13.1"), key(checkout, other)}
    assert len(keys) == 3
    elsewhere = dataclasses.replace(python, executable=Path("/opt/python3"))
    assert key(checkout, elsewhere) in keys


def test_a_missing_compiler_is_one_clear_message(
    checkout: Checkout, shell: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    with pytest.raises(SetupError) as caught:
        pjsip.ensure(checkout, shell, step, python)
    assert describe(caught.value).splitlines() == [
        "set-up failed: there is no working C++ compiler: g++ does not run",
        "  what to do: install build-essential (or g++ and make), then run again",
    ]


def test_it_is_built_once(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    built = pjsip.ensure(checkout, ready, step, python)
    assert (built / "lib" / "libpj.so").exists()
    assert (built / pjsip.DONE).read_text().endswith(" pjproject.tar.gz\n")
    assert built.parent == checkout.cache / "pjsip"
    assert step.state == "built"
    assert step.phases == ["building: configure", "building: library"]
    ready.started.clear()
    assert pjsip.ensure(checkout, ready, step, python) == built
    assert ready.started == [["g++", "-dumpfullversion", "-dumpmachine"]]


def test_a_failed_build_names_phase_and_log_and_leaves_nothing(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    def broken(argv: Sequence[str]) -> Result:
        Path(argv[3]).mkdir()
        return Result(2, "::phase library\nx.c:1: error: no such thing\nmake: *** [all] Error 1\n")

    ready.answers[str(checkout.recipe / "build.sh")] = broken
    with pytest.raises(SetupError) as caught:
        pjsip.ensure(checkout, ready, step, python)
    text = describe(caught.value)
    assert "PJSIP did not build (phase: library)" in text
    assert "x.c:1: error: no such thing" in text
    assert str(checkout.cache / "logs" / "pjsip.log") in text
    assert list((checkout.cache / "pjsip").iterdir()) == []


def test_an_interrupted_build_leaves_nothing(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    def interrupted(argv: Sequence[str]) -> Result:
        Path(argv[3]).mkdir()
        raise KeyboardInterrupt

    ready.answers[str(checkout.recipe / "build.sh")] = interrupted
    with pytest.raises(KeyboardInterrupt):
        pjsip.ensure(checkout, ready, step, python)
    assert list((checkout.cache / "pjsip").iterdir()) == []


def test_what_a_killed_build_left_is_no_cache(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    builds = checkout.cache / "pjsip"
    half = builds / pjsip.recipe_key(checkout, python, COMPILER.out.strip())
    for leftover in (half, builds / "building-1" / "work", builds / "building-2" / "result"):
        leftover.mkdir(parents=True)
        (leftover / "half").touch()
    built = pjsip.ensure(checkout, ready, step, python)
    assert built == half
    assert not (built / "half").exists()
    assert list(builds.iterdir()) == [built]


def test_a_path_with_a_blank_is_refused_before_anything_is_fetched(
    checkout: Checkout, ready: FakeShell, step: FakeStep, python: Interpreter
) -> None:
    moved = Checkout(checkout.root.rename(checkout.root.with_name("my checkout")))
    with pytest.raises(SetupError, match="a blank in its name"):
        pjsip.ensure(moved, ready, step, python)
    assert ready.started == [["g++", "-dumpfullversion", "-dumpmachine"]]
