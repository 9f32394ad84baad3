"""What a node says of memory that it lets go of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialer.app.freed_memory import OVERWRITTEN_BY, doubts, doubts_of

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_process_set_up_as_we_say_is_not_in_doubt() -> None:
    assert doubts_of(OVERWRITTEN_BY, 0) == []


def test_the_unit_that_we_ship_sets_up_such_a_process() -> None:
    unit = (REPOSITORY / "deploy/systemd/dialer@.service").read_text("utf-8")
    set_there = dict(re.findall(r"^Environment=(\w+)=(.+)$", unit, re.MULTILINE))
    (core,) = re.findall(r"^LimitCORE=(\d+)$", unit, re.MULTILINE)
    assert doubts_of(set_there, int(core)) == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("PYTHONMALLOC", ""),
        ("PYTHONMALLOC", "pymalloc"),
        ("GLIBC_TUNABLES", ""),
        ("GLIBC_TUNABLES", "glibc.malloc.perturb=165"),
        ("GLIBC_TUNABLES", "glibc.malloc.perturb=0:glibc.malloc.tcache_count=0"),
        ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
        ("GLIBC_TUNABLES", "glibc.malloc.perturb=165:glibc.malloc.tcache_count=7"),
    ],
)
def test_memory_that_is_not_overwritten_is_named_with_its_remedy(name: str, value: str) -> None:
    (doubt,) = doubts_of({**OVERWRITTEN_BY, name: value}, 0)
    assert all(f"{key}={wanted}" in doubt for key, wanted in OVERWRITTEN_BY.items())


def test_a_core_dump_that_is_allowed_is_named() -> None:
    (doubt,) = doubts_of(OVERWRITTEN_BY, -1)
    assert "LimitCORE=0" in doubt


def test_it_looks_at_this_very_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OVERWRITTEN_BY.items():
        monkeypatch.setenv(name, value)
    assert not any("let go of" in doubt for doubt in doubts())
    monkeypatch.delenv("PYTHONMALLOC")
    assert any("let go of" in doubt for doubt in doubts())
