"""The command line: what it says, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from dialer import __version__
from dialer.demo.files import Carrier, Job, write
from tests.support.commands import run
from tests.support.dialing import calls_of, dialer
from tests.support.sipp import Sipp, free_port


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    job = Job(carriers=[Carrier("carrier", free_port())], numbers=["+861065550002"])
    return write(tmp_path, job)


def test_version_and_help() -> None:
    assert dialer("--version").stdout == f"dialer {__version__}\n"
    shown = dialer()
    assert shown.returncode == 2
    assert all(command in shown.stdout for command in ("run", "check", "calls", "demo"))


def test_check_names_each_file(files: tuple[Path, Path]) -> None:
    config, campaign = files
    paths = [str(config), str(campaign)]
    done = run("check", *paths)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.rpartition(": ")[2] for line in lines[:2]] == [
        "config, no faults",
        "campaign, no faults",
    ]
    assert lines[2].endswith("was never submitted for approval")
    assert any("compliance.refusal_rest" in line and "6 months" in line for line in lines)
    told = json.loads(run("check", "--json", *paths).stdout)
    assert told["ok"] is True
    (figures,) = told["figures"].values()
    said_by = {figure["key"]: (figure["value"], figure["said_by"]) for figure in figures}
    assert said_by["compliance.jurisdiction"] == ("CN", "default")
    assert said_by["compliance.per_number.day"] == ("3", "CN")


def test_every_fault_at_once_and_nothing_dialled(files: tuple[Path, Path]) -> None:
    config, campaign = files
    folder = config.parent
    config.write_text(config.read_text().replace("channels: 20", "channels: many\n  colour: red"))
    script = folder / "script.yaml"
    script.write_text(script.read_text().replace("dtmf: '2'", "dtmf: '1'"))
    contacts = folder / "contacts.csv"
    contacts.write_text(contacts.read_text() + "12345,card-renewal,branch,2026-01-05,x\n")
    expected = ("channels", "colour", "dtmf", "contacts.csv:3: number")
    for arguments in (
        ("check", str(config), str(campaign)),
        ("run", str(campaign), "-c", str(config)),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert all(re.match(r"[^:]+:\d+: [^:]+: .+", line) for line in lines), done.stderr
        for words in expected:
            assert any(words in line for line in lines), (words, lines)
    assert not (folder / "var").exists()
    found = run("check", "--json", str(config), str(campaign))
    assert found.returncode == 2
    faults = json.loads(found.stdout)["faults"]
    assert {"file", "line", "key", "what"} == set(faults[0])
    assert len(faults) == len(lines)


def test_missing_files_are_usage_errors(tmp_path: Path) -> None:
    done = run("run", str(tmp_path / "none.yaml"), "-c", str(tmp_path / "none either.yaml"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "none.yaml" in done.stderr
    assert "none either.yaml" in done.stderr


def test_a_taken_sip_port_is_said_and_ends_with_1(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port)],
            numbers=["+861065550002"],
            sip={"bind": f"127.0.0.1:{carrier.port}"},
        )
        config, campaign = write(tmp_path, job)
        done = dialer("run", str(campaign), "-c", str(config))
    assert done.returncode == 1
    assert str(carrier.port) in done.stderr
    assert "Traceback" not in done.stderr
    assert carrier.invites() == []


def test_calls_are_shown_masked_in_every_form(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port)], numbers=["+861065550002", "+861065590004"]
        )
        config, campaign = write(tmp_path, job)
        job_done = dialer("run", str(campaign), "-c", str(config))
        assert job_done.returncode == 0, job_done.stderr
        assert "2 of 2 contacts done" in job_done.stdout
    rows = calls_of(config)
    assert {row["number"] for row in rows} == {"+86*****0002", "+86*****0004"}
    by_number = {row["number"]: row for row in rows}
    assert by_number["+86*****0004"]["outcome"] == "callee.declined"
    assert by_number["+86*****0004"]["sip_code"] == 603
    table = run("calls", "-c", str(config))
    comma = run("calls", "-c", str(config), "--csv", "--limit", "1")
    assert "callee.declined" in table.stdout
    parsed = list(csv.DictReader(io.StringIO(comma.stdout)))
    assert len(parsed) == 1
    assert parsed[0]["number"].startswith("+86*****")
    for text in (table.stdout, comma.stdout, job_done.stderr, json.dumps(rows)):
        assert "6555" not in text, "a number in clear"
    assert run("calls", "-c", str(config), "--campaign", "other").stdout == "no calls\n"


def test_the_demo_keeps_its_files_in_a_new_folder_only(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = run("demo", "--keep", str(tmp_path / "mine"))
    assert done.returncode == 2
    assert "--keep" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "mine").iterdir()) == []
