"""The environment: .venv, exactly as the lock file says, with the PJSIP binding in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.setup.errors import SetupError
from deploy.setup.stamps import Stamps, key_of

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.python_choice import Interpreter
    from deploy.setup.shell import Shell

PIP = ("-m", "pip", "--no-input", "--disable-pip-version-check")


def stamps(checkout: Checkout) -> Stamps:
    """What was done in the environment; it lives and dies with it."""
    return Stamps(checkout.venv / "set-up.json")


def ensure(checkout: Checkout, shell: Shell, step: Step, python: Interpreter, pjsip: Path) -> str:
    """Make the environment where the lock file, the Python or the place changed; return its key."""
    done = stamps(checkout)
    key = key_of(
        [checkout.lock], str(python.executable), python.name, python.abi, str(checkout.root)
    )
    if done.get("environment") != key or not checkout.venv_python.exists():
        _make(checkout, shell, step, python)
        done.put("environment", key)
        step.done("installed")
    if done.get("pjsua2") != pjsip.name:
        _link(checkout, shell, step, pjsip)
        done.put("pjsua2", pjsip.name)
        step.done("installed")
    return key


def _make(checkout: Checkout, shell: Shell, step: Step, python: Interpreter) -> None:
    log = checkout.log("environment")
    stamps(checkout).drop("environment")
    step.doing("creating .venv")
    if shell.run([str(python.executable), "-m", "venv", "--clear", str(checkout.venv)], log) != 0:
        raise SetupError(
            f"{python.executable} could not create .venv",
            "see the log; then run again",
            log,
        )
    step.doing("installing the pinned packages")
    # Wheels only: building an sdist would run code and fetch build tools that nothing pins.
    install = [
        *(str(checkout.venv_python), *PIP, "install"),
        *("--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(checkout.lock)),
    ]

    def follow(line: str) -> None:
        if line.startswith("Collecting "):
            step.doing(f"fetching {line.split()[1].split('=', maxsplit=1)[0]}")
        elif line.startswith("Installing collected"):
            step.doing("installing the pinned packages")

    if shell.run(install, log, on_line=follow) != 0:
        raise _explained(log)


def _explained(log: Path) -> SetupError:
    """Pip fails in many words; these are the three causes that matter."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if "DO NOT MATCH THE HASHES" in text:
        return SetupError(
            "a downloaded Python package has the wrong checksum",
            "run again; if it goes on, something on the way changes downloads. "
            "Nothing of it was installed",
            log,
        )
    # Pip says "No matching distribution" as well where it could not even ask for one.
    if "No matching distribution" in text and "(from versions: none)" not in text:
        return SetupError(
            "a pinned Python package is not to be had for this Python and machine",
            "see the log; try another Python by VERIDIAL_PYTHON=/path/to/python3.11",
            log,
        )
    return SetupError(
        "the Python packages could not be installed",
        "see the log; mostly the network is the cause. Then run again",
        log,
    )


def _link(checkout: Checkout, shell: Shell, step: Step, pjsip: Path) -> None:
    step.doing("linking pjsua2")
    log = checkout.log("pjsua2")
    asked = shell.ask(
        [str(checkout.venv_python), "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"]
    )
    command = [
        str(checkout.recipe / "link-binding.sh"),
        *(str(pjsip), str(checkout.venv_python), asked.out.strip()),
    ]
    if asked.code != 0 or shell.run(command, log) != 0:
        raise SetupError(
            "the Python binding of PJSIP could not be linked",
            "see the log; `make distclean setup` builds everything anew",
            log,
        )
