"""`dialer scripts try`, `test` and `draw`, and the scripts that are shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dialer.core.dialog.drawing import as_text
from dialer.core.dialog.inspection import inspect_script
from dialer.core.dialog.notice_watch import IDENTITY
from dialer.core.dialog.script import Say, utterances
from dialer.core.dialog.script_version import ScriptContent, SpokenPrompt
from dialer.files.script_source import read_script
from dialer.files.wording import read_wording
from tests.support.commands import run
from tests.support.inputs import SCRIPT

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "scripts"
SCRIPTS = sorted(file for file in SHIPPED.glob("*.yaml") if "conversations" not in file.name)
CONVERSATIONS = """\
script: script.yaml
conversations:
  - name: She renews
    talk:
      - {says: "yes please", means: yes, hears: [done]}
    ends: completed
  - name: She is asked twice
    talk:
      - {silent: true, hears: [offer]}
      - {says: stop calling me, means: yes, hears: [done]}
    ends: completed
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT, encoding="utf-8")
    return file


def talk(script: Path, *lines: str) -> str:
    """What is shown when these lines are typed."""
    command = [sys.executable, "-m", "dialer", "scripts", "try", str(script)]
    typed = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        command, input=typed, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_is_talked_through_on_a_terminal(script: Path) -> None:
    shown = talk(script, "are you a robot?", "mm", "2")
    assert "robot  [disclosure.identity] This is the robot of Example Bank.\n" in shown
    assert "       means: robot\n" in shown
    assert shown.endswith("you    2\nrobot  [done] Thank you.\nended: completed\n")
    refused = talk(script, "> 別再打電話給我")
    assert refused.endswith("[goodbye] Goodbye.\n       recorded: refusal\nended: opted_out\n")
    assert talk(script, "yes?", "\x1b[2Jno").count("\x1b") == 0
    assert talk(script).endswith("ended: the callee hangs up\n")


def test_conversations_are_held_and_what_differs_is_told(script: Path) -> None:
    file = script.with_name("conversations.yaml")
    file.write_text(CONVERSATIONS, encoding="utf-8")
    junit = script.with_name("junit.xml")
    done = run("scripts", "test", file, "--junit", junit)
    assert done.returncode == 1
    assert f"{file}:10: conversations[1].talk[1].means: means refusal, not yes" in done.stdout
    assert f"{file}:11: conversations[1].ends: is opted_out, not completed" in done.stdout
    suite = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    nowhere = run("scripts", "test", file, "--junit", script / "junit.xml")
    assert nowhere.returncode == 2
    assert "cannot be written: Not a directory" in " ".join(nowhere.stderr.split())
    told = json.loads(run("scripts", "test", file, "--json").stdout)
    assert [bool(each["differences"]) for each in told["conversations"]] == [False, True]
    assert told["ok"] is False


@pytest.mark.parametrize(
    "old, new, what",
    [
        ("script: script.yaml", "script: gone.yaml", "gone.yaml"),
        ("{silent: true,", "{", None),
        (
            "means: yes, hears: [done]}\n    ends: completed\n  - name",
            "hears: [done]}\n  - name",
            None,
        ),
        ("says: stop calling me", "says: stop, presses: 2", "has several moves"),
        ("ends: completed\n  -", "ends: complete\n  -", "conversations[0].ends: must be"),
        ("{says: stop calling me, means: yes, ", "{", "has no move; only the first may"),
        ("hears: [offer]", "hears: [ofer]", "hears[0]: the script says nothing of that name; did"),
    ],
)
def test_faults_of_conversations_have_their_lines(
    script: Path, old: str, new: str, what: str | None
) -> None:
    file = script.with_name("conversations.yaml")
    file.write_text(CONVERSATIONS.replace(old, new), encoding="utf-8")
    done = run("scripts", "test", file)
    assert done.returncode == (1 if what is None else 2)
    assert what is None or what in done.stderr


def test_a_script_is_drawn(script: Path) -> None:
    done = run("scripts", "draw", script)
    assert "  yes (key 2, yes, sure) -> done\n" in done.stdout
    assert run("scripts", "draw", script, "--dot").stdout.startswith("digraph script {\n")
    picture = script.with_suffix(".svg")
    drawn = run("scripts", "draw", script, "--svg", picture)
    if drawn.returncode == 0:
        assert "<svg" in picture.read_text(encoding="utf-8")
    else:
        assert "graphviz" in drawn.stderr
        assert not picture.exists()


def test_three_scripts_are_shipped_in_two_languages_each_with_conversations() -> None:
    names = {file.name.removesuffix(".yaml") for file in SCRIPTS}
    kinds = ("renewal", "reminder", "survey")
    assert names == {f"{kind}.{language}" for kind in kinds for language in ("en", "zh")}
    done = run("scripts", "test", *(SHIPPED / f"{name}.conversations.yaml" for name in names))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_what_is_shipped_may_be_said(file: Path) -> None:
    source, faults = read_script(file, columns=None)
    assert faults == []
    assert source is not None
    said = {
        key: SpokenPrompt(each.text, source.script.language, "")
        for key, each in utterances(source.script).items()
        if isinstance(each, Say)
    }
    content = ScriptContent(source.script, source.script.name, None, said)
    operators = [
        "Example Bank",
        "Example Clinic",
        "Example Water",
        "示例银行",
        "示例诊所",
        "示例水务",
    ]
    found = inspect_script(content, read_wording(), operators, {IDENTITY: 2.5})
    assert found.findings == ()
    assert not any("note:" in line for line in as_text(source.script))
