from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from deploy.setup.shell import NOT_FOUND, Machine


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_it_asks_and_gives_code_and_output() -> None:
    result = Machine().ask(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (result.code, sorted(result.out.split())) == (3, ["err", "out"])


def test_a_missing_program_is_a_code_and_no_exception(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "log"
    assert Machine().ask(["/nowhere/none"]).code == NOT_FOUND
    assert Machine().run(["/nowhere/none"], log) == NOT_FOUND
    assert Machine().converse(["/nowhere/none"]) == NOT_FOUND
    assert "No such file" in log.read_text()


def test_what_runs_is_logged_and_followed_line_by_line(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "log"
    command = ["sh", "-c", 'echo "$WORD"; cat; echo two >&2']
    assert Machine().run(command, log, env={"WORD": "one"}, on_line=lines.append) == 0
    assert lines == ["one", "two"]
    assert log.read_text().splitlines()[-2:] == ["one", "two"]


def test_programs_speak_english() -> None:
    assert Machine().ask(["sh", "-c", "echo $LC_ALL"]).out == "C.UTF-8\n"


def test_an_interrupted_program_ends_with_its_children(tmp_path: Path) -> None:
    children: list[int] = []

    def interrupt(line: str) -> None:
        children.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Machine().run(["sh", "-c", "sleep 60 & echo $!; wait"], tmp_path / "log", on_line=interrupt)
    deadline = time.monotonic() + 10
    while alive(children[0]) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert not alive(children[0])


def test_daemons_are_found_outside_an_ordinary_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert Machine().find("ldconfig") in {"/sbin/ldconfig", "/usr/sbin/ldconfig"}
    assert Machine().find("no-such-program") is None
