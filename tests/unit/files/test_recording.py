"""Where calls are recorded, their callees are told, and can decline: checked before any call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.config import load_config
from dialer.core.dialog.script import Refuse
from dialer.files.script_source import read_script
from tests.support.inputs import NOW, Inputs, write

NOTICE = 'recording: {say: "We may record.", stop_key: "9"}'


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return write(tmp_path)


def told(inputs: Inputs, notice: str = "") -> None:
    inputs.spoil(inputs.script, "  opt_out: {say", f"  {notice}\n  opt_out: {{say")


def recorded(inputs: Inputs) -> None:
    text = inputs.config.read_text("utf-8")
    inputs.config.write_text(f"{text}recording: {{enabled: true}}\n", "utf-8")


def test_nothing_is_recorded_unless_it_is_asked_for(inputs: Inputs) -> None:
    config = load_config(inputs.config, now=NOW)
    assert config.recording.enabled is False
    assert config.recording.path(config.data_dir) == config.data_dir / "recordings"
    assert inputs.faults() == []


def test_who_is_recorded_is_told(inputs: Inputs) -> None:
    recorded(inputs)
    (fault,) = inputs.faults()
    assert fault.startswith("script.yaml:3: disclosure: calls are recorded (recording.enabled)")


def test_who_is_recorded_can_decline(inputs: Inputs) -> None:
    recorded(inputs)
    told(inputs, 'recording: {say: "We may record."}')
    (fault,) = inputs.faults()
    assert "disclosure.recording: calls are recorded, but no stop_key" in fault


@pytest.mark.parametrize("by_intent", [False, True])
def test_either_way_to_decline_will_do(inputs: Inputs, *, by_intent: bool) -> None:
    recorded(inputs)
    if by_intent:
        told(inputs, 'recording: {say: "We may record."}')
        other = '{intent: no_tape, dtmf: "3", stop_recording: true, go: offer}'
        inputs.spoil(inputs.script, "    silence:", f"      - {other}\n    silence:")
    else:
        told(inputs, NOTICE)
    assert inputs.faults() == []


@pytest.mark.parametrize(
    "key,what",
    [
        ("1", "disclosure.recording.stop_key: key 1 always means: leave me alone"),
        ("99", "disclosure.recording.stop_key: '99' is not one key"),
        ("2", "nodes.offer.on[0].dtmf: key 2 stops the recording"),
    ],
)
def test_the_key_that_declines_means_nothing_else(inputs: Inputs, key: str, what: str) -> None:
    told(inputs, NOTICE.replace('"9"', f'"{key}"'))
    (fault,) = inputs.faults()
    assert what in fault


def test_an_answer_may_be_a_refusal(inputs: Inputs) -> None:
    inputs.spoil(inputs.script, "go: done}", "opt_out: true}")
    inputs.spoil(inputs.script, '  done: {say: "Thank you.", hang_up: true}\n', "")
    assert inputs.faults() == []
    source, _ = read_script(inputs.script, columns=None)
    assert source is not None
    assert source.script.nodes["offer"].intents[0].then == Refuse()


def test_a_refusal_leads_nowhere_else(inputs: Inputs) -> None:
    inputs.spoil(inputs.script, "go: done}", "go: done, opt_out: true}")
    (fault,) = inputs.faults()
    assert "needs one of go (a node)" in fault


@pytest.mark.parametrize("span,fine", [("3s", True), ("2500ms", True), ("3001ms", False)])
def test_the_notice_may_be_wanted_sooner_and_never_later(
    inputs: Inputs, span: str, *, fine: bool
) -> None:
    text = inputs.config.read_text("utf-8")
    inputs.config.write_text(f"{text}compliance: {{notice_within: {span}}}\n", "utf-8")
    assert (inputs.faults() == []) is fine


def test_recordings_may_lie_elsewhere(inputs: Inputs, tmp_path: Path) -> None:
    text = inputs.config.read_text("utf-8")
    inputs.config.write_text(f"{text}recording: {{enabled: true, folder: tapes}}\n", "utf-8")
    config = load_config(inputs.config, now=datetime(2026, 11, 22, tzinfo=UTC))
    assert config.recording.path(config.data_dir) == tmp_path / "tapes"
