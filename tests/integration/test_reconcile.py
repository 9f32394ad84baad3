"""A carrier's records against our log: what only one side has is listed, and nothing in clear."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.app.store import storage
from dialer.config import load_config
from dialer.core.office.reconciling import CarrierCall, Dialled, Tolerance, reconcile
from tests.support.commands import run
from tests.support.inputs import NOW, write
from tests.support.orders import NOON, number
from tests.support.people import given
from tests.support.store import begin, call_through, claim_one


@pytest_asyncio.fixture
async def file(tmp_path: Path) -> Path:
    made = write(tmp_path).config
    config = load_config(made, now=NOW)
    store = storage(config).store
    await store.open()
    campaign = await begin(store, 2)
    for call in range(2):
        contact = await claim_one(store, campaign)
        await call_through(store, contact, f"{call}", at=NOON + timedelta(minutes=call))
    await store.close()
    return made


def test_both_sides_agree_and_an_extra_call_does_not(file: Path, tmp_path: Path) -> None:
    token, head = given(file, "root", "admin"), "Called-Number,start_time,billsec"
    bare = [number(line).clear.removeprefix("+") for line in (2, 3, 77)]
    good = tmp_path / "good.csv"
    good.write_text(
        f"{head}\n{bare[0]},2026-03-02 20:00:05,58\n00{bare[1]},2026-03-02 20:00:58,00:00:57\n",
        encoding="utf-8",
    )
    asked = ("audit", "reconcile", "-c", file, "--timezone", "Asia/Shanghai")
    done = run(*asked, good, token=token)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "2 calls on both sides; no differences" in done.stdout
    bad = tmp_path / "bad.csv"
    bad.write_text(
        f"{head}\n{bare[0]},2026-03-02 20:00:05,99\n{bare[2]},2026-03-02 20:01:00,5\n",
        encoding="utf-8",
    )
    told = run(*asked, bad, "--json", token=token)
    assert told.returncode == 1
    found = json.loads(told.stdout)
    assert (found["matched"], len(found["durations"])) == (1, 1)
    assert [each["line"] for each in found["carrier_only"]] == [3]
    assert [each["call"] for each in found["log_only"]] == ["call-1"]
    assert not any(clear in told.stdout + done.stdout for clear in bare)
    looks = run("audit", "list", "--kind", "look", "-c", file, "--json", token=token)
    assert "carrier's calls" in looks.stdout


@pytest.mark.parametrize(
    "text, told",
    [
        ("a,b\n1,2\n", "name it by --columns"),
        ("number,time\n+447700900002,2026-03-02 12:00:00\n", "--timezone"),
        ("number,time\n12,2026-03-02T12:00:00Z\n", "number: "),
        ("number,time,duration\n+447700900002,2026-03-02T12:00:00Z,1m\n", "hh:mm:ss"),
        ("number,time\n+447700900002\n", "has 1 fields"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(
    file: Path, tmp_path: Path, text: str, told: str
) -> None:
    token = given(file, "root", "admin")
    bad = tmp_path / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    done = run("audit", "reconcile", "-c", file, bad, token=token)
    assert done.returncode == 2
    assert told in done.stderr


def test_each_call_is_part_of_one_pair_and_the_closest_comes_first() -> None:
    second = timedelta(seconds=1)
    ours = [Dialled("c", f"a{at}", "t", "n", NOON + at * second, 5.0) for at in (0, 20)]
    theirs = [CarrierCall(line, "n", "*", NOON + line * second, 5.0) for line in (1, 19, 25)]
    done = reconcile(theirs, ours, Tolerance())
    assert done.matched == 2
    assert [each.line for each in done.theirs_only] == [25]
    assert not done.ours_only
    far = [CarrierCall(1, "n", "*", NOON + 60 * second, None)]
    assert [each.attempt for each in reconcile(far, ours[:1], Tolerance()).ours_only] == ["a0"]
