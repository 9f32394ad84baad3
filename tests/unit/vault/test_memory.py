"""The memory of a running process holds no plain key that it should not."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.errors import MasterKeyError, SealError
from dialer.testing import MemoryKeys
from dialer.vault import Masters, ShelvedKey, from_command, from_environment, from_file
from dialer.vault.material import Secret
from tests.support.vault import CARDS, master, new_vault, plain_master

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


def test_every_plain_key_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are kept here, so that nothing else can write over them."""
    seen: list[bytearray] = []
    plainly = Secret.__init__

    def watched(self: Secret, held: bytearray) -> None:
        seen.append(held)
        plainly(self, held)

    monkeypatch.setattr(Secret, "__init__", watched)
    path = tmp_path / "master"
    for text, fine in (
        (plain_master("first").hex(), True),
        (plain_master("first").hex()[1:], False),
        ("ab" * 32, False),
    ):
        path.write_text(text)
        path.chmod(0o600)
        for read in (
            lambda: from_file(path),
            lambda: from_command(["cat", str(path)]),
            lambda: from_environment("KEY", {"KEY": path.read_text()}),
        ):
            with nullcontext() if fine else pytest.raises(MasterKeyError):
                read()
    for command in ("exit 3", "sleep 60", "yes"):
        with pytest.raises(MasterKeyError):
            from_command(["sh", "-c", f"cat '{path}'; {command}"], timeout=0.5)
    kept = MemoryKeys()
    vault = new_vault(kept, CARDS)
    sink = io.BytesIO()
    with vault.keys(CARDS).stream_writer("recording", 1, sink) as stream:
        stream.write(b"sound")
    for name in (1, 2):
        reader = vault.keys(CARDS).stream_reader("recording", name, io.BytesIO(sink.getvalue()))
        with nullcontext() if name == 1 else pytest.raises(SealError):
            list(reader)
    with kept.transaction() as shelf:
        vault.accept(Masters(master("second"), master("first")), shelf)
        changes = vault.changes(shelf)
        changes.rotate(CARDS)
        changes.rewrap()
        key = shelf.everything()[0]
    with pytest.raises(SealError):
        master("second").unwrap(replace(key, generation=9))
    assert len(seen) > 50
    assert [held for held in seen if any(held)] == []


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
