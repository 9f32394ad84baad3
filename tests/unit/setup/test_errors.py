from __future__ import annotations

from pathlib import Path

from deploy.setup.errors import SetupError, describe


def shown(log: Path, text: str) -> list[str]:
    log.write_text(text)
    lines = describe(SetupError("it broke", "mend it", log)).splitlines()
    assert lines[-3:] == [
        "set-up failed: it broke",
        "  what to do: mend it",
        f"  log: {log}",
    ]
    return [line.removeprefix("  | ") for line in lines if line.startswith("  | ")]


def test_without_a_log_it_is_two_lines() -> None:
    assert describe(SetupError("it broke", "mend it")) == (
        "set-up failed: it broke\n  what to do: mend it"
    )


def test_the_end_of_the_log_is_shown(tmp_path: Path) -> None:
    text = "".join(f"line {n}\n\n" for n in range(100))
    assert shown(tmp_path / "log", text) == [f"line {n}" for n in range(85, 100)]


def test_the_first_trouble_is_shown_rather_than_its_echo(tmp_path: Path) -> None:
    noise = [f"cc file{n}.c" for n in range(50)]
    text = "\n".join([*noise, "a.c:3:1: error: no such type", *noise, "make: *** [all] Error 2"])
    lines = shown(tmp_path / "log", text)
    assert lines[2] == "a.c:3:1: error: no such type"
    assert len(lines) == 15


def test_a_missing_or_empty_log_is_no_harm(tmp_path: Path) -> None:
    assert shown(tmp_path / "log", "") == []
    text = describe(SetupError("it broke", "mend it", tmp_path / "none"))
    assert text.startswith("set-up failed: it broke")
