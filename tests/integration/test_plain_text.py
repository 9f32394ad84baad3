"""After calls were placed, nobody's number or name is on the disk, in logs, or in freed memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.app.freed_memory import OVERWRITTEN_BY

REPOSITORY = Path(__file__).resolve().parents[2]
STEMS = (b"4479", b"qzxv", b"form-")
"""How every number, every name and every reference begins: a search for three, not for 180."""


@pytest.fixture
def people() -> list[tuple[str, str, str]]:
    """Numbers, names and references that are nowhere but here."""
    lot = random.SystemRandom()
    return [
        (
            f"+4479{lot.randrange(10**8):08}",
            "qzxv" + "".join(lot.choices("bcdfghjklmnpqrstvwxz", k=8)),
            f"form-{lot.randrange(10**9):09}",
        )
        for _ in range(60)
    ]


@pytest.fixture
def process(
    tmp_path: Path, people: list[tuple[str, str, str]]
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has called them all and closed its store; and where it logs."""
    contacts = tmp_path / "contacts"
    contacts.write_text("\n".join(",".join(person) for person in people), "utf-8")
    log = tmp_path / "log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.store_process"),
                *(str(tmp_path / "var"), str(contacts)),
            ],
            cwd=REPOSITORY,
            env=os.environ | OVERWRITTEN_BY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as started,
    ):
        assert started.stdout is not None
        assert started.stdout.readline() == "closed\n", log.read_text()
        yield started, log
        started.kill()


def needles(people: list[tuple[str, str, str]]) -> list[bytes]:
    """Each of them as it could be written down: the number with and without its plus."""
    return [part.lstrip("+").encode() for person in people for part in person]


def found(sought: list[bytes], where: bytes) -> set[bytes]:
    """Which of them are there."""
    by_stem = {stem: [each for each in sought if each.startswith(stem)] for stem in STEMS}
    assert sum(map(len, by_stem.values())) == len(sought)
    seen: set[bytes] = set()
    for stem, all_of_it in by_stem.items():
        at = where.find(stem)
        while at >= 0:
            seen.update(each for each in all_of_it if where.startswith(each, at))
            at = where.find(stem, at + 1)
    return seen


def in_memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """Every readable area of a child's memory, with its line of /proc/PID/maps."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for area in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
            span, rights, *_ = area.split()
            if "r" in rights and "[v" not in area:
                start, end = (int(side, 16) for side in span.split("-"))
                memory.seek(start)
                yield area, memory.read(end - start)


def test_nothing_of_anybody_is_left(
    process: tuple[subprocess.Popen[str], Path],
    people: list[tuple[str, str, str]],
    tmp_path: Path,
) -> None:
    child, log = process
    files = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert len(files) >= 3
    said = log.read_bytes()
    assert said.count(b"called +44*****") == len(people)
    on_disk = b"".join(path.read_bytes() for path in files) + said
    sought = needles(people)
    assert found(sought, on_disk) == set()
    assert b"2580" not in said
    kept = [(area, found(sought, held)) for area, held in in_memory(child.pid)]
    assert len(kept) > 10
    assert [(area, seen) for area, seen in kept if seen] == []


def test_what_is_left_would_be_found(people: list[tuple[str, str, str]]) -> None:
    sought = needles(people)
    left = b"".join(b"qz4479" + each + b"qzxv" for each in sought)
    assert found(sought, left) == set(sought)
    assert found(sought, left[:-20].replace(sought[0], sought[0][:-1])) == set(sought[1:-1])
