"""After calls were placed, nobody's number or name is on the disk, in logs, or in freed memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# As deploy/systemd sets them: what Python lets go of is overwritten by the C library at once.
OVERWRITING = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
}


@pytest.fixture
def people() -> list[tuple[str, str, str]]:
    """Numbers, names and references that are nowhere but here."""
    lot = random.SystemRandom()
    return [
        (
            f"+4479{lot.randrange(10**8):08}",
            "".join(lot.choices("bcdfghjklmnpqrstvwxz", k=10)),
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
            env=os.environ | OVERWRITING,
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
    assert [sought for sought in needles(people) if sought in on_disk] == []
    assert b"2580" not in said
    held = [(area, held) for area, held in in_memory(child.pid)]
    found = [
        (area, sought) for area, memory in held for sought in needles(people) if sought in memory
    ]
    assert found == []
