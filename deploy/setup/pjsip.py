"""Building PJSIP once: the result is kept under a key over everything it depends on."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from deploy.setup import pjsip_source
from deploy.setup.errors import SetupError
from deploy.setup.stamps import key_of, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.python_choice import Interpreter
    from deploy.setup.shell import Shell

RECIPE = ("build.sh", "config_site.h", "link-binding.sh", "sources.sha256")
# Written last, so a folder that has it is whole.
DONE = "built-from"


def compiler(shell: Shell) -> str:
    """The C++ compiler's version and machine."""
    told = shell.ask(["g++", "-dumpfullversion", "-dumpmachine"])
    if told.code != 0:
        raise SetupError(
            "there is no working C++ compiler: g++ does not run",
            "install build-essential (or g++ and make), then run again",
        )
    return told.out.strip()


def recipe_key(checkout: Checkout, python: Interpreter, compiler_version: str) -> str:
    """The key of a build: the recipe, which pins and mends the sources, Python and compiler."""
    files = [checkout.recipe / name for name in RECIPE]
    files += (checkout.recipe / "patches").glob("*.patch")
    return key_of(files, python.abi, compiler_version)


def ensure(checkout: Checkout, shell: Shell, step: Step, python: Interpreter) -> Path:
    """The folder of the built PJSIP; built now where it is not there yet."""
    key = recipe_key(checkout, python, compiler(shell))
    builds = checkout.cache / "pjsip"
    result = builds / key
    if (result / DONE).exists():
        return result
    if re.search(r"\s", str(checkout.root)):
        raise SetupError(
            f"PJSIP cannot be built below a folder with a blank in its name: {checkout.root}",
            "move the checkout, then run again",
        )
    log = checkout.log("pjsip")
    source = pjsip_source.obtain(checkout, shell, step, log)
    # What a killed build left. The lock of set-up keeps others out; the name is new each time,
    # for compilers of that build may still be writing.
    for leftover in (*builds.glob("building*"), result):
        shutil.rmtree(leftover, ignore_errors=True)
    building = builds / f"building-{os.getpid()}"
    work = building / "work"
    fresh = building / "result"
    work.mkdir(parents=True)
    try:
        _build(checkout, shell, step, [str(source), str(work), str(fresh)], python, log)
        (fresh / DONE).write_text(f"{sha256_of(source)} {source.name}\n", encoding="utf-8")
        fresh.rename(result)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    step.done("built")
    return result


def _build(
    checkout: Checkout,
    shell: Shell,
    step: Step,
    folders: list[str],
    python: Interpreter,
    log: Path,
) -> None:
    phase = "start"

    def follow(line: str) -> None:
        nonlocal phase
        if line.startswith("::phase "):
            phase = line.removeprefix("::phase ")
            step.doing(f"building: {phase}")

    command = [str(checkout.recipe / "build.sh"), *folders, str(python.executable)]
    if shell.run(command, log, on_line=follow) != 0:
        raise SetupError(
            f"PJSIP did not build (phase: {phase})",
            "see the log; nothing half-built was kept, so mend the cause and run again",
            log,
        )
