"""`--log-format json`: whoever reads standard error as JSON lines finds nothing else there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialer.demo.files import Carrier, Job, write
from tests.support.commands import run
from tests.support.dialing import Run
from tests.support.sipp import Sipp

NUMBERS = [f"+8613900000{row:03d}" for row in range(3)]


def lines(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("by", ["option", "environment"])
def test_all_of_a_runs_standard_error_is_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    options = ("--log-format", "json") if by == "option" else ()
    if by == "environment":
        monkeypatch.setenv("DIALER_LOG_FORMAT", "json")
    with Sipp("load-callee-answers-and-hangs-up", tmp_path) as carrier:
        job = Job(carriers=[Carrier("carrier", carrier.port)], numbers=NUMBERS)
        with Run(*write(tmp_path, job), *options, "-v", "--json") as run:
            code, out, err = run.finish()
    assert code == 0, err
    said = lines(err)
    assert all({"time", "level", "logger", "message"} <= set(line) for line in said)
    assert any(line["message"].startswith("demo: 3/3 done") for line in said)
    assert json.loads(out)["campaign"]


def test_another_format_is_refused(tmp_path: Path) -> None:
    done = run("run", str(tmp_path / "campaign.yaml"), "--log-format", "xml")
    assert done.returncode == 2
    assert "--log-format" in done.stderr
