"""ARCHITECTURE.md: one page, and each of its promises is held by a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import rooms_picture

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)


def test_there_are_twelve_promises_each_with_a_test() -> None:
    assert [int(number) for number, _, _ in PROMISES] == list(range(1, 13))
    assert all("`tests/" in held_by for _, _, held_by in PROMISES)


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT))))
def test_a_test_that_is_named_exists(test: str) -> None:
    file, _, name = test.partition("::")
    if name:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async def|def|class) {name}\b|^{name} = ", text, re.MULTILINE)
    else:
        assert (ROOT / file).exists()


def test_it_is_one_page() -> None:
    assert len(TEXT.splitlines()) <= 80


def test_the_picture_has_every_room_once_and_says_what_it_is() -> None:
    names = [name for layer in rooms_picture.layers() for name in layer]
    rooms = {
        path.stem
        for path in (ROOT / "dialer").iterdir()
        if (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem != "__init__")
    }
    assert set(names) == rooms
    assert len(names) == len(set(names))
    picture = rooms_picture.svg()
    assert all(f">{name}</text>" in picture for name in rooms - {"core"})
