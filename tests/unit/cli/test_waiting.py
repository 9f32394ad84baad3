"""A sign of life, where somebody waits."""

from __future__ import annotations

import io
import sys
import time

import pytest

from dialer.cli import waiting as module
from dialer.cli.waiting import waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AFTER", 0.02)
    monkeypatch.setattr(module, "_EVERY", 0.01)


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, seconds: float) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with waiting("rotating the keys"):
        time.sleep(seconds)
    return stream.getvalue()


def test_a_terminal_sees_what_is_waited_for_and_no_trace_of_it_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = shown(monkeypatch, Terminal(), 0.3)
    assert "rotating the keys, 0 s" in said
    assert said.endswith("\r\x1b[2K")


def test_what_is_quick_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AFTER", 5.0)
    assert not shown(monkeypatch, Terminal(), 0.0)


def test_a_file_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not shown(monkeypatch, io.StringIO(), 0.1)


def test_the_spinner_ends_where_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)

    @waiting("working")
    def fail() -> None:
        time.sleep(0.1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert stream.getvalue().endswith("\r\x1b[2K")
