"""`dialer trunks` against carriers on loopback."""

from __future__ import annotations

import json
from pathlib import Path

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
