"""The memory of a running process holds no plain key that it should not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.vault import ShelvedKey
from tests.support.vault import master, plain_master

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    key = tmp_path / "master"
    key.write_text(plain_master("first").hex())
    key.chmod(0o600)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.vault_process", str(key)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def found(pid: int, needles: dict[str, bytes]) -> set[str]:
    """The names of those that are anywhere in the memory of our child `pid`."""
    seen: set[str] = set()
    maps = Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for area in maps:
            span, rights, *_ = area.split()
            if "r" not in rights or "[v" in area:  # the kernel's own pages cannot be read so
                continue
            start, end = (int(side, 16) for side in span.split("-"))
            memory.seek(start)
            held = memory.read(end - start)
            seen |= {needle for needle, sought in needles.items() if sought in held}
    return seen


def test_keys_are_overwritten_when_they_are_done_with(process: subprocess.Popen[str]) -> None:
    needles = {
        "master": plain_master("first"),
        "master as written": plain_master("first").hex().encode(),
    }
    data_keys = set()
    while (line := answer(process)) != "open":
        name, generation, under, wrapped = line.split()
        shelved = ShelvedKey(name, int(generation), under, bytes.fromhex(wrapped))
        needles[f"{name} {generation}"] = bytes(master("first").unwrap(shelved).held)
        if name != "lookup":
            data_keys.add(f"{name} {generation}")
    assert len(data_keys) == 2
    # The search works: OpenSSL holds the keys that are in use, and nobody else anything.
    assert found(process.pid, needles) == data_keys
    assert process.stdin is not None
    process.stdin.write("destroy\n")
    process.stdin.flush()
    assert answer(process) == "destroyed"
    assert found(process.pid, needles) == set()
