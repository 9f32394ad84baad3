"""Our native extensions, built against PJSIP and installed with the packages, editable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deploy.setup.environment import PIP, stamps
from deploy.setup.errors import SetupError
from deploy.setup.stamps import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.setup.checkout import Checkout
    from deploy.setup.progress import Step
    from deploy.setup.shell import Shell

SOURCES = ("*.cpp", "*.hpp", "*.h")
PACKAGES = ("audio", "dialer")
FOLDERS = ("audio/native", "dialer/sip/native")
SANITIZE = "VERIDIAL_SANITIZE"
"""Names sanitizers to build with, for one run: `VERIDIAL_SANITIZE=address make setup`."""


def native_key(checkout: Checkout, environment: str, pjsip: str) -> str:
    """A key over all that goes into the extensions and the installed metadata.

    The names of the Python modules are part of it: an editable installation keeps a list of them,
    and finds none that has moved since.
    """
    root = checkout.root
    files = [root / "CMakeLists.txt", root / "pyproject.toml"]
    for folder in FOLDERS:
        for pattern in SOURCES:
            files += (root / folder).rglob(pattern)
    modules = sorted(
        str(module.relative_to(root))
        for package in PACKAGES
        for module in (root / package).rglob("*.py")
    )
    return key_of(files, environment, pjsip, os.environ.get(SANITIZE, ""), *modules)


def ensure(checkout: Checkout, shell: Shell, step: Step, pjsip: Path, environment: str) -> None:
    """Build and install where a source changed. CMake compiles only what did."""
    done = stamps(checkout)
    key = native_key(checkout, environment, pjsip.name)
    if done.get("native") == key:
        return
    log = checkout.log("native")
    done.drop("native")
    step.doing("compiling")
    command = [
        *(str(checkout.venv_python), *PIP, "install", "--verbose"),
        # Everything it needs is pinned and there: nothing is fetched.
        *("--no-index", "--no-deps", "--no-build-isolation"),
        *("--config-settings", f"cmake.define.PJSIP_PREFIX={pjsip}"),
        *_sanitizers(os.environ.get(SANITIZE, "")),
        *("--editable", str(checkout.root)),
    ]
    if shell.run(command, log, cwd=checkout.root) != 0:
        raise SetupError(
            "the native extensions did not build",
            "see the log; if the sources are as committed, `make clean setup` builds them anew",
            log,
        )
    done.put("native", key)
    step.done("built")


def _sanitizers(names: str) -> tuple[str, ...]:
    """Settings for a build with sanitizers, in a folder of its own beside the plain one."""
    if not names:
        return ()
    folder = f".cache/native/{names.replace(',', '-')}-{{wheel_tag}}"
    return (
        *("--config-settings", f"cmake.define.{SANITIZE}={names}"),
        *("--config-settings", f"build-dir={folder}"),
    )
