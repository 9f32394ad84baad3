"""`dialer campaigns` and `dialer contacts`, over a real store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.config import load_config
from dialer.core.values.outcome import Reason
from dialer.store import SqlStore
from tests.support.commands import Done, run
from tests.support.inputs import write
from tests.support.orders import NOON, number, order
from tests.support.store import Denying, begin, call_through, claim_one

LATER = datetime(2090, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a folder in which one of five was called, two wait, one never may, one is due."""
    file = write(tmp_path).config

    async def dial() -> None:
        store = SqlStore(load_config(file, now=NOON).data_dir, "dialer-1")
        await store.open()
        campaign = await begin(store, 5)
        for name, until, rule in [
            ("1", LATER, "calling_hours"),
            ("2", LATER + timedelta(hours=1), "calling_hours"),
            ("3", None, "consent"),
        ]:
            contact = await claim_one(store, campaign)
            await store.authorise(order(name, NOON, contact), Denying(until, rule))
        await call_through(store, await claim_one(store, campaign), "4", Reason.BUSY)
        await store.close()

    asyncio.run(dial())
    return file


def campaigns(config: Path, *arguments: str, token: str | None = None) -> Done:
    return run("campaigns", *arguments, "-c", config, token=token)


def test_who_waits_for_what_and_until_when(config: Path) -> None:
    (told,) = json.loads(campaigns(config, "--json").stdout)
    assert told == {
        "name": "card-renewal",
        "purpose": "card-renewal",
        "state": "due",
        "contacts": 5,
        "done": 2,
        "in_hand": 0,
        "due": 1,
        "waiting": {"calling_hours": {"contacts": 2, "first_due": "2090-01-02T03:04:05+00:00"}},
        "refused": {"consent": 1},
        "outcomes": {"callee.busy": 1},
        "ended": None,
        "ended_by": None,
    }
    table = campaigns(config, "card-renewal").stdout
    assert "2 calling_hours, 2090-01-02T03:04:05+00:00" in table
    assert all(words in table for words in ("1 consent", "1 callee.busy", "due"))
    (row,) = csv.DictReader(io.StringIO(campaigns(config, "list", "--csv").stdout))
    assert (row["name"], row["waiting"]) == (
        "card-renewal",
        "2 calling_hours, 2090-01-02T03:04:05+00:00",
    )


def test_a_campaign_or_folder_that_is_not_there(config: Path, tmp_path: Path) -> None:
    for command in ("campaigns", "contacts"):
        missing = run(command, "none", "-c", config)
        assert (missing.returncode, missing.stdout) == (2, "")
        assert "there is no campaign named none" in missing.stderr
    (tmp_path / "other").mkdir()
    empty = campaigns(write(tmp_path / "other").config)
    assert empty.returncode == 1
    assert "nothing was dialled from this folder yet" in empty.stderr


def test_contacts_are_listed_masked(config: Path) -> None:
    listed = run("contacts", "card-renewal", "-c", config, "--json")
    shown = json.loads(listed.stdout)
    assert shown[0] == {
        "row": 2,
        "number": "+44*****0002",
        "state": "waiting",
        "rule": "calling_hours",
        "due": "2090-01-02T03:04:05+00:00",
        "faults": 0,
        "late_commits": 0,
    }
    assert [(each["state"], each["rule"]) for each in shown] == [
        ("waiting", "calling_hours"),
        ("waiting", "calling_hours"),
        ("done", "consent"),
        ("done", None),
        ("waiting", None),
    ]
    rows = csv.DictReader(
        io.StringIO(run("contacts", "card-renewal", "-c", config, "--csv").stdout)
    )
    assert [row["row"] for row in rows] == ["2", "3", "4", "5", "6"]
    assert "+44*****0006" in run("contacts", "list", "card-renewal", "-c", config).stdout


def test_a_campaign_is_ended_by_who_may(config: Path) -> None:
    root = run("access", "grant", "root", "--role", "admin", "-c", config).stdout.split()[-1]
    wu = run("access", "grant", "wu", "--role", "operator", "-c", config, token=root)
    refused = campaigns(config, "end", "card-renewal", token=root)
    assert refused.returncode == 1
    assert "root, admin, may not end campaigns" in refused.stderr
    done = campaigns(config, "end", "card-renewal", token=wu.stdout.split()[-1])
    assert done.stdout.startswith("card-renewal was ended at 20")
    (told,) = json.loads(campaigns(config, "--json").stdout)
    assert (told["state"], told["ended_by"]) == ("ended", "wu")


def test_no_number_is_shown_whole(config: Path) -> None:
    whole = [number(last).clear.lstrip("+") for last in range(2, 7)]
    for command in (["contacts", "card-renewal"], ["campaigns"]):
        for form in ([], ["--json"], ["--csv"]):
            shown = run(*command, *form, "-c", config).stdout
            assert shown
            assert not any(digits in shown for digits in whole)
