"""SIGTERM: no new calls, live ones finish up to a limit, and a later run goes on."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from dialer.demo.files import Carrier, Job, write
from tests.support import commands
from tests.support.dialing import Run, calls_of, dialer, wait_for_invites
from tests.support.sipp import Sipp

RINGS_FOR_EVER = "6"
BUSY = "5"


def numbers(kind: str, count: int) -> list[str]:
    return [f"+8610655{kind}{2 * row:04d}" for row in range(count)]


def job(carrier: Sipp, called: list[str], drain: str, ring: str = "5s", cps: int = 20) -> Job:
    return Job(
        carriers=[Carrier("carrier", carrier.port, channels=100, cps=cps)],
        numbers=called,
        routing={"ring": ring, "drain": drain},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_drained_the_live_calls_finish_and_the_next_run_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        called = numbers(RINGS_FOR_EVER, 60)
        # Slowly, so that many are left whenever the signal is heeded.
        config, campaign = write(tmp_path, job(carrier, called, drain="30s", cps=5))
        with Run(config, campaign, "--json") as run:
            wait_for_invites(carrier, 5)
            # A terminal that closes tells it twice.
            for _ in range(2 if number == signal.SIGHUP else 1):
                run.send(number)
            code, out, err = run.finish()
        assert code == 0, err
        summary = json.loads(out)
        first = len(carrier.invites())
        assert summary["drained"] is True
        assert 5 <= first == summary["done"] < len(called)
        # Nobody hung up on them: each rang until its own limit.
        assert summary["run"]["outcomes"] == {"callee.no_answer": first}
        config, campaign = write(tmp_path, job(carrier, called, drain="30s", cps=60))
        with Run(config, campaign, "--json") as run:
            code, out, err = run.finish()
        assert code == 0, err
        assert json.loads(out)["done"] == len(called)
    assert Counter(invite.callee for invite in carrier.invites()) == Counter(called)


def test_past_the_limit_live_calls_are_ended_as_drained(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        called = numbers(RINGS_FOR_EVER, 10)
        config, campaign = write(tmp_path, job(carrier, called, drain="0s", ring="60s"))
        with Run(config, campaign, "--json") as run:
            wait_for_invites(carrier, 3)
            run.terminate()
            code, out, err = run.finish()
        assert code == 0, err
        outcomes = json.loads(out)["run"]["outcomes"]
        assert set(outcomes) == {"dialer.drained"}
        stored = Counter(call["outcome"] for call in calls_of(config))
    assert stored == Counter(outcomes)
    assert outcomes["dialer.drained"] == len(carrier.invites())


def test_a_campaign_that_is_done_dials_nothing_more(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = write(tmp_path, job(carrier, numbers(BUSY, 3), drain="5s"))
        for _ in range(2):
            done = dialer("run", str(campaign), "-c", str(config), "--json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["done"] == 3
        (tmp_path / "contacts.csv").write_text(
            (tmp_path / "contacts.csv").read_text().replace("/3\n", "/4\n")
        )
        other = dialer("run", str(campaign), "-c", str(config))
        assert other.returncode == 2
        assert "contacts" in other.stderr
    assert len(carrier.invites()) == 3


def test_in_the_evening_nobody_is_called(tmp_path: Path) -> None:
    evening = ("--lab-clock", "2026-11-23T20:15:00+08:00")
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = write(tmp_path, job(carrier, numbers(BUSY, 3), drain="5s"))
        done = dialer("run", str(campaign), "-c", str(config), "--json", *evening)
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        assert summary["run"]["denied"] == {"calling_hours": 3}
        assert summary["waiting_later"] == {"calling_hours": 3}
    assert carrier.invites() == []


def test_a_trunk_that_is_no_labs_has_no_clock_but_ours(tmp_path: Path) -> None:
    config, campaign = write(tmp_path, Job(carriers=[Carrier("a", 5060)], numbers=numbers(BUSY, 1)))
    config.write_text(config.read_text().replace("  lab: true\n", ""))
    done = commands.run("run", str(campaign), "-c", str(config))
    assert done.returncode == 2
    assert "there are none" in done.stderr


def test_a_number_called_within_the_hour_is_not_called_by_another_campaign(
    tmp_path: Path,
) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        config, campaign = write(tmp_path, job(carrier, numbers(BUSY, 3), drain="5s"))
        assert dialer("run", str(campaign), "-c", str(config)).returncode == 0
        campaign.write_text(campaign.read_text().replace("name: demo", "name: second"))
        done = dialer("run", str(campaign), "-c", str(config), "--json")
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        assert summary["run"]["denied"] == {"per_number": 3}
        assert summary["waiting_later"] == {"per_number": 3}
        assert summary["run"]["calls"] == 0
    assert len(carrier.invites()) == 3
