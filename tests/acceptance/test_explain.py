"""`dialer explain`: what every rule says, before and after a call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dialer.demo.files import Carrier, Job, write
from tests.support.commands import run
from tests.support.dialing import dialer
from tests.support.sipp import Sipp, free_port

CALLEE = "+861065590004"
"""Declines, says the demo's carrier."""
MORNING = ("--at", "2026-11-23T10:00:00+08:00")


def files(folder: Path, port: int) -> tuple[Path, Path]:
    return write(folder, Job(carriers=[Carrier("carrier", port)], numbers=[CALLEE]))


def rules_of(config: Path, *arguments: str) -> dict[str, tuple[bool, str | None]]:
    done = run("explain", CALLEE, "-c", str(config), "--json", *arguments)
    (told,) = json.loads(done.stdout)
    assert done.returncode == (0 if told["allowed"] else 1), done.stderr
    return {rule["rule"]: (rule["allows"], rule["until"]) for rule in told["rules"]}


def test_in_the_morning_all_rules_allow_and_in_the_evening_hours_do_not(tmp_path: Path) -> None:
    config, _ = files(tmp_path, free_port())
    assert all(allows for allows, _ in rules_of(config, *MORNING).values())
    evening = rules_of(config, "--at", "2026-11-23T20:00:00+08:00")
    assert evening.pop("calling_hours") == (False, "2026-11-24T01:00:00+00:00")
    assert all(allows for allows, _ in evening.values())
    late = run("explain", CALLEE, "-c", str(config), "--at", "2026-11-23T20:00:00+08:00")
    assert "DENIED: the earliest call that can be lawful: 2026-11-24 01:00:00 UTC" in late.stdout
    abroad = rules_of(config, *MORNING, "--timezone", "Europe/London")
    assert abroad["calling_hours"] == (False, "2026-11-23T09:00:00+00:00")
    assert not (tmp_path / "var").exists(), "nothing is written"


def test_with_a_campaign_its_list_is_asked_for_consent_and_zone(tmp_path: Path) -> None:
    config, campaign = files(tmp_path, free_port())
    of_campaign = ("--campaign", str(campaign))
    assert "consent" not in rules_of(config, *MORNING)
    assert rules_of(config, *MORNING, *of_campaign)["consent"] == (True, None)
    before = rules_of(config, "--at", "2026-01-05T09:30:00+08:00", *of_campaign)
    assert before["consent"] == (False, "2026-01-05T02:00:00+00:00")
    assert before["calling_hours"] == (True, None)
    other = run("explain", "+861065590005", "-c", str(config), *of_campaign)
    assert other.returncode == 2
    assert "no such number" in " ".join(other.stderr.split())


def test_what_was_dialled_is_counted_and_the_number_is_not_shown(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = files(tmp_path, carrier.port)
        assert dialer("run", str(campaign), "-c", str(config)).returncode == 0
    soon = ("--at", (datetime.now(UTC) + timedelta(minutes=10)).isoformat())
    allows, until = rules_of(config, *soon)["per_number"]
    assert not allows
    assert until is not None
    table = run("explain", CALLEE, "-c", str(config), *soon)
    assert table.returncode == 1
    (line,) = [line for line in table.stdout.splitlines() if "per_number" in line]
    assert line.startswith("no ")
    assert "65590004" not in table.stdout + table.stderr


def test_what_is_no_number_no_instant_or_no_trunk_is_said(tmp_path: Path) -> None:
    config, _ = files(tmp_path, free_port())
    for arguments, said in (
        (("12345",), "country code"),
        ((CALLEE, "--at", "2026-11-23T10:00"), "with its offset"),
        ((CALLEE, "--trunk", "other"), "no such trunk"),
    ):
        done = run("explain", *arguments, "-c", str(config))
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split()), done.stderr
