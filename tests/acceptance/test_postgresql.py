"""`dialer run` and what reads beside it, with its records in a PostgreSQL database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from dialer.demo.files import LAB_CLOCK, Carrier, Job, write
from tests.support.commands import run
from tests.support.dialing import calls_of, dialer
from tests.support.postgres import PASSWORD, Postgres
from tests.support.sipp import Sipp

CALLED: Final = [f"+86106555{2 * row:04d}" for row in range(3)]
"""They are busy."""


@pytest.mark.slow
def test_a_campaign_is_dialled_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    secret = tmp_path / "database-password"
    secret.touch(0o600)
    secret.write_text(f"{PASSWORD}\n")
    with (
        postgres.database(empty=True) as url,
        Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier,
    ):
        job = Job(
            carriers=[Carrier("carrier", carrier.port)],
            numbers=CALLED,
            more={"store": postgres.over_tcp(url), "store_password_file": str(secret)},
        )
        config, campaign = write(tmp_path, job)
        command = ("run", str(campaign), "-c", str(config), "--json")
        done = dialer(*command, "--lab-clock", LAB_CLOCK.isoformat())
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["done"] == len(CALLED)
        assert PASSWORD not in done.stderr
        assert sorted(call["outcome"] for call in calls_of(config)) == ["callee.busy"] * len(CALLED)
        assert not list(tmp_path.rglob("*.sqlite*"))

        secret.write_text("another\n")
        refused = run("calls", "-c", str(config))
        assert refused.returncode == 1
        assert "store_password_file" in refused.stderr
        assert "another" not in refused.stderr
