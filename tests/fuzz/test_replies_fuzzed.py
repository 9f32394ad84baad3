"""Replies of which nothing can be relied on: none of them ends the process.

The far side is `replies.cpp`. What `make soak` finds is in the last packet that it prints.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz import build

KINDS: Final = ("register", "options", "invite", "bye", "reinvite")
SEED: Final = 20261201


def run(program: Path, kind: str, count: int, limit: float) -> None:
    done = subprocess.run(
        [program, kind, str(count), str(SEED)],
        capture_output=True,
        timeout=limit,
        check=False,
        env={"ASAN_OPTIONS": "detect_leaks=0"},
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-6000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["sent"] == count
    # Some could not be read, and most could, in full or in part: it is replies that are tried.
    assert 0 < told["unread"] < count


@pytest.mark.parametrize("kind", KINDS)
def test_no_reply_ends_the_process(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(build.plain(tmp_path_factory.getbasetemp()), kind, 2000, 60)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_no_reply_reads_or_writes_where_it_must_not(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(build.watched(tmp_path_factory.getbasetemp()), kind, 200_000, 3000)
