"""From nothing to a campaign that waits for its list only: `dialer init`, and README's commands."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from tests.support.commands import Done, run
from tests.support.sipp import free_port

ROOT = Path(__file__).parents[2]
OPERATOR, COMPLIANCE = "li.na", "wang.wei"


def answers(folder: Path, **changed: str | None) -> list[str | Path]:
    given = {
        "name": "& Sons Bank",
        "licence": "B2-20260001",
        "licence-expires": "2099-12-31",
        "trunk": f"sip:127.0.0.1:{free_port()}",
        "number": "+861065550100",
        "proof": "contracts/a-17.pdf",
        "proof-expires": "2099-06-30",
        "operator": OPERATOR,
        "compliance": COMPLIANCE,
    } | changed
    options = [part for key, value in given.items() if value for part in (f"--{key}", value)]
    return ["init", folder, *options, "--yes"]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DIALER_LAB_CLOCK", raising=False)
    folder = tmp_path / "mine"
    done = run(*answers(folder), "--no-lab")
    assert done.returncode == 0, done.stderr
    return folder


def by(folder: Path, who: str, *arguments: str | Path) -> Done:
    token = folder / "people" / who / "token"
    return run(*arguments, "-c", folder / "dialer.yaml", "--token-file", token)


def test_what_init_wrote_is_without_fault_and_approved(made: Path) -> None:
    files = [made / name for name in ("dialer.yaml", "campaign.yaml", "script.yaml")]
    checked = run("check", *files, made / "contacts.csv")
    assert checked.returncode == 0, checked.stderr
    shown = run("config", "diff", "-c", made / "dialer.yaml")
    assert (shown.returncode, "nothing differs" in shown.stdout) == (0, True)
    keys = json.loads(run("access", "keys", "-c", made / "dialer.yaml", "--json").stdout)
    assert [key["name"] for key in keys] == [OPERATOR, COMPLIANCE]
    for secret in (*made.glob("people/*/token"), *made.glob("people/*/id_ed25519")):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_the_readmes_commands_lead_to_a_run_that_calls_nobody_before_there_is_a_list(
    made: Path,
) -> None:
    config = made / "dialer.yaml"
    config.write_text(config.read_text("utf-8").replace("0.0.0.0:5060", "127.0.0.1:0"), "utf-8")
    campaign = made / "campaign.yaml"
    unsaid = by(made, OPERATOR, "run", campaign)
    assert (unsaid.returncode, "dialer scripts submit" in unsaid.stderr) == (1, True), unsaid
    submitted = by(made, OPERATOR, "scripts", "submit", campaign, "--json")
    assert submitted.returncode == 0, submitted.stderr
    told = json.loads(submitted.stdout)
    assert told["findings"] == []
    listed = json.loads(run("scripts", "list", "-c", config, "--json").stdout)
    versions = [each["version"] for each in listed]
    assert len(versions) == 2, "the script's and the callback's"
    approved = by(made, COMPLIANCE, "scripts", "approve", *versions)
    assert approved.returncode == 0, approved.stderr + approved.stdout
    assert approved.stdout.count("is approved") == 2
    both = by(made, COMPLIANCE, "scripts", "approve", *versions, "--json")
    assert (both.returncode, "goes with one VERSION" in both.stderr) == (2, True)
    done = by(made, OPERATOR, "run", campaign, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["waiting_later"] == {"jurisdiction": 1}
    records = by(made, COMPLIANCE, "audit", "list", "--kind", "node_start", "--json")
    starts = json.loads(records.stdout)
    assert {start["body"]["by"] for start in starts} == {OPERATOR}
    assert "uid" in starts[0]["body"]["account"]


def test_a_looser_configuration_waits_for_compliance(made: Path) -> None:
    config = made / "dialer.yaml"
    config.write_text(config.read_text("utf-8").replace("channels: 10 ", "channels: 9 "), "utf-8")
    assert run("config", "diff", "-c", config).returncode == 0
    config.write_text(config.read_text("utf-8").replace("channels: 9 ", "channels: 99 "), "utf-8")
    waits = run("config", "diff", "-c", config)
    assert (waits.returncode, "dialer config approve" in waits.stdout) == (1, True)
    own = by(made, OPERATOR, "config", "approve")
    assert (own.returncode, "may not approve configurations" in own.stderr) == (1, True)
    key = made / "people" / OPERATOR / "id_ed25519"
    other = by(made, COMPLIANCE, "config", "approve", "--sign-key", key)
    assert (other.returncode, "not signed by a key" in other.stderr) == (1, True)
    key = made / "people" / COMPLIANCE / "id_ed25519"
    assert by(made, COMPLIANCE, "config", "approve", "--sign-key", key).returncode == 0
    assert run("config", "diff", "-c", config).returncode == 0
    taken = by(made, OPERATOR, "config", "withdraw")
    assert (taken.returncode, "may not approve configurations" in taken.stderr) == (1, True)
    taken = by(made, COMPLIANCE, "config", "withdraw", "--sign-key", key)
    assert (taken.returncode, "it calls nobody" in taken.stdout) == (0, True), taken.stderr
    again = by(made, COMPLIANCE, "config", "withdraw", "--sign-key", key)
    assert (again.returncode, "nothing to withdraw" in again.stderr) == (1, True)
    assert run("config", "diff", "-c", config).returncode == 1
    verified = by(made, COMPLIANCE, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    time.sleep(1)  # a statement counts to the second, and a signature serves once
    given = by(made, COMPLIANCE, "config", "approve", "--sign-key", key)
    assert given.returncode == 0, given.stderr


def test_days_off_of_a_year_to_come_count_once_compliance_has_approved_them(made: Path) -> None:
    config = made / "dialer.yaml"
    at = ("--at", "2099-02-10T10:00:00+08:00")

    def denied() -> dict[str, str]:
        said = run("explain", "+8613800138000", "-c", config, "--json", *at)
        (told,) = json.loads(said.stdout)
        return {rule["rule"]: rule["why"] for rule in told["rules"] if not rule["allows"]}

    assert "name a file of the official notice in compliance.days" in denied()["calling_hours"]
    notice = made / "cn-2099.yaml"
    notice.write_text((ROOT / "deploy/calendars/cn-2099-made-up.yaml").read_text("utf-8"), "utf-8")
    law, text = "jurisdiction: CN", config.read_text("utf-8")
    assert law in text
    config.write_text(text.replace(law, f"{law}, days: [cn-2099.yaml]"), "utf-8")
    waits = run("config", "diff", "-c", config)
    assert (waits.returncode, "law.days[CN 2099]" in waits.stdout) == (1, True), waits.stdout
    assert "2099-10-07" in run("config", "diff", "-c", config, "--json").stdout
    assert "dialer config approve" in denied()["configuration_approved"]
    key = made / "people" / COMPLIANCE / "id_ed25519"
    assert by(made, COMPLIANCE, "config", "approve", "--sign-key", key).returncode == 0
    assert not {"calling_hours", "configuration_approved"} & denied().keys()
    # A day off more tightens; a make-up workday more does not.
    notice.write_text(notice.read_text("utf-8").replace("05-05 ", "05-06 "), "utf-8")
    assert "configuration_approved" not in denied()
    notice.write_text(f"{notice.read_text('utf-8')}  - 2099-10-11\n", "utf-8")
    assert "looser than what was approved" in denied()["configuration_approved"]
    notice.unlink()
    gone = run("run", made / "campaign.yaml", "-c", config)
    assert (gone.returncode, "compliance.days[0]" in gone.stderr) == (2, True), gone.stderr


def test_it_ends_with_a_call_on_this_machine(tmp_path: Path) -> None:
    done = run(*answers(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    assert "the lab call" in done.stdout, done.stderr
    calls = run("calls", "-c", tmp_path / "mine" / "lab" / "dialer.yaml", "--json")
    (call,) = json.loads(calls.stdout)
    assert call["outcome"] == "dialer.completed"


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"number": "010 6555 0100"}, "country code"),
        ({"number": "+442079460000"}, "no country whose law is known"),
        ({"number": None}, "is needed with --yes"),
        ({"proof-expires": "soon"}, "2027-12-31"),
        ({"trunk": "carrier"}, "dialer.yaml:"),
        ({"licence-expires": "2020-01-01"}, "expired"),
        ({"compliance": OPERATOR}, "two people"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    changed: dict[str, str | None], told: str, tmp_path: Path
) -> None:
    done = run(*answers(tmp_path / "mine", **changed), "--no-lab")
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_holds_something_is_left_alone(made: Path) -> None:
    before = (made / "dialer.yaml").read_bytes()
    done = run(*answers(made), "--no-lab")
    assert (done.returncode, "not empty" in done.stderr) == (2, True)
    assert (made / "dialer.yaml").read_bytes() == before
