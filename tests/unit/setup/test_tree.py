"""What is committed for set-up keeps its promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
LOCK = (REPOSITORY / "requirements.lock").read_text()


def canonical(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_every_pin_is_exact_and_has_checksums() -> None:
    pins = re.split(r"^(?=[a-z])", LOCK.partition("\n")[2], flags=re.MULTILINE)[1:]
    assert len(pins) > 20
    for pin in pins:
        assert re.match(r"[a-z0-9.-]+==\S+ \\\n", pin), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin


def test_everything_asked_for_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    asked = list(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        asked += group
    pinned = {canonical(line) for line in LOCK.splitlines() if re.match(r"[a-z]", line)}
    assert {canonical(requirement) for requirement in asked} <= pinned


LEFT_OUT = {
    "mark": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it(): pytest.skip('no broker')\n",
    "expected": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "module": "import pytest\npytest.importorskip('no_such_module')\n",
}


@pytest.mark.parametrize("ci", ["true", ""])
@pytest.mark.parametrize("workers", [[], ["-n", "auto", "--maxprocesses", "1"]])
def test_what_is_left_out_fails_the_run_under_ci(
    tmp_path: Path, workers: list[str], ci: str
) -> None:
    (tmp_path / "conftest.py").write_text((REPOSITORY / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name, test in LEFT_OUT.items():
        (tmp_path / f"test_{name}.py").write_text(test + "\ndef test_other(): pass\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider"),
            *("--continue-on-collection-errors", *workers, str(tmp_path)),
        ],
        env={**os.environ, "CI": ci},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"^(?:FAILED|ERROR) test_(\w+)\.py", done.stdout, re.MULTILINE))
    assert failed == (set(LEFT_OUT) if ci else set()), done.stdout
    assert done.returncode == (1 if ci else 0)
    assert done.stdout.count("left out although CI=true") >= len(failed)
