from __future__ import annotations

import io
import re
import threading

import pytest

from deploy.setup import progress
from deploy.setup.progress import Steps, duration


class Clock:
    """Stands still until told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A terminal in memory."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "seconds,text",
    [(0, "0.0s"), (9.94, "9.9s"), (10, "10s"), (59.4, "59s"), (59.6, "1m00s"), (92, "1m32s")],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_step_is_one_line_with_state_and_duration() -> None:
    out, clock = io.StringIO(), Clock()
    steps = Steps(2, out, clock)
    with steps.step("one"):
        clock.now = 1.5
    with steps.step("two") as step:
        step.say("because")
        step.done("built")
        clock.now = 93.5
    assert out.getvalue().splitlines() == [
        "[1/2] one ... ok 1.5s",
        "      because",
        "[2/2] two ... built 1m32s",
    ]


def test_a_failed_step_says_so() -> None:
    out = io.StringIO()

    def fail() -> None:
        with Steps(1, out, Clock()).step("one") as step:
            step.done("built")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    assert out.getvalue() == "[1/1] one ... failed 0.0s\n"


def test_elsewhere_than_on_a_terminal_a_line_comes_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "REPEAT_SECONDS", 0.01)
    out, seen = io.StringIO(), threading.Event()

    class Watched(io.StringIO):
        def write(self, text: str) -> int:
            if "compiling" in text:
                seen.set()
            return out.write(text)

    with Steps(1, Watched(), Clock()).step("one") as step:
        step.doing("compiling")
        assert seen.wait(10)
    assert out.getvalue().startswith("[1/1] one ... compiling 0.0s\n")


def test_on_a_terminal_the_line_is_rewritten() -> None:
    out = Terminal()
    with Steps(1, out, Clock()).step("one") as step:
        step.doing("compiling")
        step.say("because")
    shown = re.sub(r"[^\n]*\r\x1b\[K", "", out.getvalue())
    assert shown == "      because\n[1/1] one ... ok 0.0s\n"
    assert "\r\x1b[K[1/1] one ... compiling 0.0s" in out.getvalue()
