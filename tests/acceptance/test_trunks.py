"""`dialer trunks` against carriers on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialer.demo.files import LAB_CLOCK, Carrier, Job, write
from tests.support.commands import run
from tests.support.dialing import dialer
from tests.support.sipp import Sipp

CONFIG = """
operator:
  name: Example Bank
  licence: {{number: B2-1, expires: 2099-12-31}}
  callback: "+861065550100"
sip: {{bind: "127.0.0.1:0", rtp_ports: 28000-28999}}
trunks:
  - {{name: well, uri: "{well}", channels: 5, cps: 5, numbers: [{number}]}}
  - name: member
    uri: "{member}"
    register: {{username: veridial-1, password_file: secret}}
    channels: 5
    cps: 5
    numbers: [{number}]
"""
NUMBER = '{number: "+861065550100", holder: Example Bank, proof: a.pdf, expires: 2099-06-30}'
PASSWORD = "open sesame"


def test_trunks_are_shown_as_configured_and_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD)
    config = tmp_path / "dialer.yaml"
    with (
        Sipp("carrier-401", tmp_path) as well,
        Sipp("registrar-401-whatever-is-said", tmp_path) as member,
    ):
        config.write_text(CONFIG.format(well=well.uri, member=member.uri, number=NUMBER))
        shown = run("trunks", "-c", str(config))
        probed = dialer("trunks", "-c", str(config), "--probe", "--json")
    assert shown.returncode == 0, shown.stderr
    assert "member" in shown.stdout
    assert probed.returncode == 1
    first, second = json.loads(probed.stdout)
    assert (first["name"], first["up"], first["healthy"]) == ("well", True, True)
    assert first["registered"] is None
    assert (second["up"], second["reason"]) == (False, "REGISTER: credentials 401")
    for text in (shown.stdout, shown.stderr, probed.stdout, probed.stderr):
        assert PASSWORD not in text
        assert "+861065550100" not in text


NEAR = """
operator:
  name: Example Bank
  licence: {{number: B2-1, expires: 2099-12-31}}
  callback: "+861065550100"
sip: {{bind: "127.0.0.1:0", rtp_ports: 28000-28999, codecs: [PCMA]}}
trunks:
  - {{name: near, uri: "{near}", channels: 5, cps: 5, options: 30s, numbers: [{number}]}}
"""


@pytest.mark.parametrize(
    "scenario,answered,outcome",
    [
        ("callee-answers-at-rtp-port", True, "dialer.completed"),
        ("carrier-refuses-as-dialled", False, None),
    ],
)
def test_a_probe_asks_what_an_invite_would(
    tmp_path: Path, scenario: str, answered: bool, outcome: str | None
) -> None:
    config = tmp_path / "dialer.yaml"
    with Sipp(scenario, tmp_path) as far:
        config.write_text(NEAR.format(near=far.uri, number=NUMBER))
        asked = ("trunks", "-c", str(config), "--probe", "--wait", "1", "--json")
        probed = dialer(*asked, "--call", "+86 139 0000 0480")
        invites = [each for each in far.messages() if each.came and each.what == "INVITE"]
    (row,) = json.loads(probed.stdout)
    assert row["call_answered"] is answered, probed.stderr
    assert row["call_outcome"] == outcome or not answered
    assert row["call_sip_code"] == (None if answered else 480)
    assert (row["call_notice_s"] is not None) is answered
    # Nobody's number leaves, and none of ours.
    for invite in invites:
        assert "+999613900000480@" in (invite.header("To") or "")
        assert "+999861065550100@" in (invite.header("From") or "")
    assert invites
    assert not (tmp_path / "var").exists()


def test_a_probe_calls_nobody_far_away(tmp_path: Path) -> None:
    config = tmp_path / "dialer.yaml"
    config.write_text(NEAR.format(near="sip:192.0.2.1", number=NUMBER))
    done = dialer(
        "trunks", "-c", str(config), "--probe", "--wait", "0.1", "--call", "+8613900000102"
    )
    assert done.returncode == 1
    assert "near: no call was placed: it is neither on loopback nor in" in done.stdout
    alone = run("trunks", "-c", str(config), "--call", "+8613900000102")
    assert (alone.returncode, "goes with --probe" in alone.stderr) == (2, True)
    wrong = run("trunks", "-c", str(config), "--probe", "--call", "139")
    assert (wrong.returncode, "E.164" in wrong.stderr) == (2, True)


def test_a_trunk_that_asked_to_be_left_alone_is_shown_so(tmp_path: Path) -> None:
    with Sipp("carrier-refuses-as-dialled", tmp_path) as far:
        config, campaign = write(tmp_path, Job([Carrier("carrier", far.port)], ["+861065550503"]))
        done = dialer(
            *("run", str(campaign), "-c", str(config)), "--lab-clock", LAB_CLOCK.isoformat()
        )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(run("trunks", "-c", config, "--json").stdout)
    assert row["rests_until"] is not None
    assert "carrier rests until" in run("trunks", "-c", config).stdout
