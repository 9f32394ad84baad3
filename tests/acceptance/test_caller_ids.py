"""`dialer run` with calls signed for, and a callee who is shown one number only."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from dialer.credentials.passport import origid_of, parse
from dialer.demo.files import CALLER_ID, LAB_CLOCK, Carrier, Job, write
from tests.support.dialing import calls_of, dialer
from tests.support.passports import URL, make_pair, secsipidx
from tests.support.sipp import Sipp

OTHER: Final = "+861065550199"
CALLED: Final = [f"+86106555{2 * row:04d}" for row in range(3)]
"""They are busy."""
PROOF: Final = {"holder": "Example Bank", "proof": "example", "expires": "2099-12-31"}
STIR: Final = {
    "key_file": "keys/key.pem",
    "certificate_file": "keys/certificate.pem",
    "certificate_url": URL,
}


def rewrite(path: Path, **changes: Any) -> None:  # noqa: ANN401 - whatever YAML holds
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def numbers(config: Path, *listed: str) -> None:
    """What the only trunk of a configuration may show, and signs for."""
    (trunk,) = yaml.safe_load(config.read_text(encoding="utf-8"))["trunks"]
    own = [{"number": number, **PROOF} for number in listed]
    rewrite(config, trunks=[{**trunk, "stir": STIR, "numbers": own}])


def two_hours_pass(data_dir: Path) -> None:
    """What was dialled lies further back: nobody is called twice within an hour."""
    (file,) = data_dir.glob("*.sqlite*")
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE attempts SET committed_at = committed_at - 7200000000")


def run(config: Path, campaign: Path) -> dict[str, Any]:
    clock = ("--lab-clock", LAB_CLOCK.isoformat())
    done = dialer("run", str(campaign), "-c", str(config), *clock, "--json", "-v")
    assert done.returncode == 0, done.stderr
    for number in (CALLER_ID, OTHER, *CALLED):
        assert number.removeprefix("+") not in done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@pytest.mark.slow
def test_a_callee_sees_one_number_signed_for_until_it_is_given_up(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "keys")
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port)],
            numbers=CALLED,
            name="spring",
        )
        config, campaign = write(tmp_path, job)
        numbers(config, CALLER_ID, OTHER)
        spring = run(config, campaign)
        assert (spring["done"], spring["run"]["denied"]) == (len(CALLED), {})

        rewrite(campaign, name="autumn", caller_id=OTHER)
        autumn = run(config, campaign)
        assert (autumn["done"], autumn["run"]["calls"]) == (len(CALLED), 0)
        assert autumn["run"]["denied"] == {"one_number": len(CALLED)}

        numbers(config, OTHER)  # the operator has given the first number up
        two_hours_pass(tmp_path / "var")
        rewrite(campaign, name="winter")
        winter = run(config, campaign)
        assert winter["run"]["denied"] == {}
        assert len(calls_of(config)) == 2 * len(CALLED)
    invites = [message for message in carrier.messages() if message.what == "INVITE"]
    shown = [(invite.header("From") or "").partition("@")[0] for invite in invites]
    first, second = f"<sip:{CALLER_ID}", f"<sip:{OTHER}"
    assert shown == [first] * len(CALLED) + [second] * len(CALLED)
    signed = [identity for invite in invites if (identity := invite.header("Identity"))]
    told = [parse(identity) for identity in signed]
    assert {(f"+{passport.orig}", f"+{passport.dest[0]}") for passport in told} == {
        (caller_id, callee) for caller_id in (CALLER_ID, OTHER) for callee in CALLED
    }
    assert {passport.origid for passport in told} == {str(origid_of("B2-20260001", "carrier"))}
    assert [secsipidx(identity, pair.public, tmp_path, expire=600) for identity in signed] == [
        "ok"
    ] * (2 * len(CALLED))
