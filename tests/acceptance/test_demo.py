"""The demo, as a stranger runs it: exit code 0 means that every check held."""

from __future__ import annotations

import json

from tests.support.dialing import dialer


def test_the_demo_verifies_itself() -> None:
    done = dialer("demo", "--contacts", "24", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["calls"] == 24
    assert len(report["checks"]) == 11
    assert all(check["ok"] for check in report["checks"])
    assert "24/24 done" in done.stderr
