"""What must be renewed is told 30 days ahead, and without a number."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialer.app.node import running_node
from dialer.cli import commands
from dialer.config import load_config
from dialer.config.proofs import endings
from dialer.files import check_files
from tests.support.inputs import CONFIG as UNDER_CN
from tests.support.inputs import NOW, Inputs, short
from tests.support.passports import STIR, make_pair

ENDS = datetime(2027, 6, 30, 9, 59, 59, 999_999, tzinfo=UTC)
"""The last instant of 2027-06-30 where that day ends first."""
DAY = timedelta(days=1)
CONFIG = f"{UNDER_CN}compliance: {{jurisdiction: US}}\n"
"""Its calendar does not end: nothing but proofs does."""


@pytest.fixture(autouse=True)
def _under_us(inputs: Inputs) -> None:
    inputs.config.write_text(CONFIG, "utf-8")


def told(inputs: Inputs, at: datetime) -> list[str]:
    config = load_config(inputs.config, now=NOW)
    return [str(ending) for ending in endings(config, at)]


@pytest.mark.parametrize(
    "before, words",
    [
        (30 * DAY + timedelta(seconds=1), None),
        (30 * DAY, "ends in 30 days; then no call shows it"),
        (1.5 * DAY, "ends in 1 day; then no call shows it"),
        (timedelta(0), "ends within a day; then no call shows it"),
        (timedelta(seconds=-1), "has expired: no call shows it"),
        (-400 * DAY, "has expired: no call shows it"),
    ],
)
def test_thirty_days_ahead_and_ever_after(
    inputs: Inputs, before: timedelta, words: str | None
) -> None:
    sentence = f"trunk carrier-a: the proof of number 1 in its list {words}"
    assert told(inputs, ENDS - before) == ([] if words is None else [sentence])


def test_the_first_end_comes_first_and_certificates_are_told_of_too(inputs: Inputs) -> None:
    make_pair(inputs.folder, begins=NOW, ends=ENDS + DAY)
    second = '\n      - {number: "+442079460001", holder: B, proof: b, expires: 2027-06-01}\n'
    text = CONFIG.replace("    cps: 20\n", f"    cps: 20\n{STIR}")
    text = text.replace("\ncompliance:", f"{second}compliance:")
    inputs.config.write_text(text, "utf-8")
    assert [sentence.partition(": ")[2] for sentence in told(inputs, ENDS - 2.5 * DAY)] == [
        "the proof of number 2 in its list has expired: no call shows it",
        "the proof of number 1 in its list ends in 2 days; then no call shows it",
        "the certificate that signs for it ends in 3 days; then no call is placed there",
    ]


def test_check_tells_at_which_line(inputs: Inputs) -> None:
    (checked,) = check_files([inputs.config], now=ENDS - 12 * DAY)
    (notice,) = checked.notices
    assert short(notice) == (
        "dialer.yaml:13: trunks[0].numbers[0].expires: trunk carrier-a: the proof of number 1 "
        "in its list ends in 12 days; then no call shows it"
    )
    assert check_files([inputs.config], now=NOW)[0].notices == ()


def test_the_command_shows_notices_and_succeeds(inputs: Inputs) -> None:
    soon = f"{datetime.now(UTC).date() + 10 * DAY}"
    inputs.config.write_text(CONFIG.replace("2027-06-30", soon), "utf-8")
    plain = CliRunner().invoke(commands, ["check", str(inputs.config)])
    assert plain.exit_code == 0
    first, second, *_ = plain.stdout.splitlines()
    assert first.endswith("dialer.yaml: config, no faults")
    assert second.startswith("notice: ")
    assert "trunks[0].numbers[0].expires: trunk carrier-a: the proof of number 1" in second
    machine = CliRunner().invoke(commands, ["check", "--json", str(inputs.config)])
    said = json.loads(machine.stdout)
    assert said["ok"] is True
    (notice,) = said["notices"]
    assert (notice["line"], notice["key"]) == (13, "trunks[0].numbers[0].expires")
    assert "442079460000" not in machine.stdout


async def test_a_node_warns_when_it_starts(
    tmp_path: Path, inputs: Inputs, caplog: pytest.LogCaptureFixture
) -> None:
    soon = f"{datetime.now(UTC).date() + 10 * DAY}"
    text = CONFIG.replace("2027-06-30", soon).replace("127.0.0.1:5060", "127.0.0.1:0")
    text = text.replace("sip:sbc.carrier-a.example", "sip:127.0.0.1:9")
    inputs.config.write_text(
        f"{text}metrics: {{listen: off}}\ncallback: {{channels: 0}}\n", "utf-8"
    )
    caplog.set_level(logging.WARNING)
    async with running_node(load_config(inputs.config, now=datetime.now(UTC))):
        pass
    assert "trunk carrier-a: the proof of number 1 in its list ends in" in caplog.text
    assert "442079460000" not in caplog.text
