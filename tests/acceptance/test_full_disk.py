"""Output to a full disk, and to a reader that has left: an error in words, and never a trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.inputs import write

ROOT = Path(__file__).parents[2]
DIALER = [sys.executable, "-m", "dialer"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk_is_told(tmp_path: Path, options: list[str]) -> None:
    inputs = write(tmp_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*DIALER, "check", inputs.contacts, *options],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "dialer: the output cannot be written: No space left on device\n"


def test_help_and_version_are_output_as_well() -> None:
    for option in ("--version", "--help"):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*DIALER, option],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                check=False,
            )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "No space left on device" in done.stderr


def test_a_reader_that_has_left_is_no_error_to_talk_about(tmp_path: Path) -> None:
    inputs = write(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [*DIALER, "check", inputs.contacts],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "")
