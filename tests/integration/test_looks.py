"""Numbers in clear: for who may see them, on record before they are shown, and nowhere else."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dialer.config import load_config
from dialer.core.office.access import Role
from dialer.core.office.grants import Grant
from dialer.core.values.inbound_records import InboundOrder
from dialer.core.values.legs import LegKind, LegOrder
from dialer.core.values.verdict import Allow
from dialer.credentials.tokens import Token
from dialer.errors import StoreError
from dialer.store import SqlAccess, SqlStore
from dialer.store.sqlite import FILE
from tests.support.commands import Done, run
from tests.support.inputs import write
from tests.support.orders import CALLER_ID, NOON, number
from tests.support.store import begin, call_through, claim_one

COMMANDS = (["calls"], ["calls", "--inbound"], ["calls", "call-1"], ["contacts", "card-renewal"])
TOKENS = {role: Token.new() for role in (Role.ADMIN, Role.OPERATOR, Role.COMPLIANCE, Role.AUDITOR)}
"""By role, the token of somebody called as it."""
SEEN = [number(last).clear for last in (2, 3, 9)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a folder with a call, its second leg, a contact that waits, and a call that came in."""
    file = write(tmp_path).config

    async def dial() -> None:
        store = SqlStore(load_config(file, now=NOON).data_dir, "dialer-1")
        await store.open()
        campaign = await begin(store, 2)
        await call_through(store, await claim_one(store, campaign), "1")
        leg = LegOrder(
            "leg-1", "call-1", "dialer-1", "carrier-a", CALLER_ID, number(9), LegKind.BRIDGE, NOON
        )
        await store.authorise_leg(leg, lambda _leg, _history: Allow())
        came_in = InboundOrder(
            "in-1", "dialer-1", "carrier-a", number(2), CALLER_ID, "x@carrier.example", NOON
        )
        await store.arrive(came_in)
        await _give(SqlAccess(store.channel))
        await store.close()

    asyncio.run(dial())
    return file


async def _give(desk: SqlAccess) -> None:
    by = None
    for role, token in TOKENS.items():
        made = await desk.give(Grant(role, frozenset({role}), token.hash, NOON), by)
        by = by or made.actor


def looks(config: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(config.parent / "var" / FILE)) as database:
        found = database.execute(
            "SELECT body FROM audit_log WHERE kind = 'look' ORDER BY sequence"
        ).fetchall()
    return [json.loads(body) for (body,) in found]


def clear(config: Path, *arguments: str, by: Role | None) -> Done:
    token = None if by is None else TOKENS[by].text
    return run(*arguments, "--clear", "-c", config, token=token)


OTHERS = (
    ["campaigns"],
    ["access", "list"],
    ["complaints", "list"],
    ["suppress", "list"],
    ["retention", "certificates"],
    ["scripts", "list"],
    ["trunks"],
    ["explain", number(2).clear],
)


def test_nor_does_any_other_command_show_one(config: Path) -> None:
    for command in OTHERS:
        done = run(*command, "-c", config)
        assert done.returncode in {0, 1}, done.stderr
        assert done.stdout
        assert not any(digits[1:] in done.stdout + done.stderr for digits in SEEN)


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_without_clear_no_number_is_shown_whole(config: Path, form: list[str]) -> None:
    for command in COMMANDS:
        if command == ["calls", "call-1"] and form == ["--csv"]:
            continue
        done = run(*command, *form, "-c", config)
        assert done.returncode == 0, done.stderr
        assert "*****" in done.stdout
        assert not any(digits[1:] in done.stdout + done.stderr for digits in SEEN)


def test_who_may_sees_them_and_each_look_is_on_record(config: Path) -> None:
    role = Role.COMPLIANCE
    for command in COMMANDS:
        done = clear(config, *command, "--json", by=role)
        assert done.returncode == 0, done.stderr
        assert number(2).clear in done.stdout
        assert "*****" not in done.stdout
    assert number(9).clear in clear(config, "calls", "call-1", by=role).stdout
    assert looks(config) == [
        {"by": role, "what": what, "rows": rows, "asked": asked, "why": None}
        for what, rows, asked in [
            ("calls", 1, {"limit": "50"}),
            ("inbound calls", 1, {"limit": "50"}),
            ("call", 1, {"call": "call-1"}),
            ("contacts", 2, {"campaign": "card-renewal"}),
            ("call", 1, {"call": "call-1"}),
        ]
    ]


def test_who_may_not_sees_nothing_at_all(config: Path) -> None:
    asked = [(COMMANDS[0], Role.OPERATOR), (COMMANDS[0], Role.ADMIN)]
    for command, role in [*asked, *((command, None) for command in COMMANDS)]:
        done = clear(config, *command, by=role)
        assert (done.returncode, done.stdout) == (1, "")
        assert "see numbers in clear" in done.stderr
        assert "compliance or auditor" in done.stderr
    assert looks(config) == []


def test_the_reason_is_on_record_without_a_number(config: Path) -> None:
    why = f"complaint 17 of {number(2).clear}"
    done = clear(
        config,
        "calls",
        "--campaign",
        "card-renewal",
        "--csv",
        "--why",
        why,
        by=Role.AUDITOR,
    )
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["number"] == number(2).clear
    (look,) = looks(config)
    assert look["why"] == "complaint 17 of [number]"
    assert look["asked"] == {"campaign": "card-renewal", "limit": "50"}


def test_what_cannot_be_put_on_record_is_not_shown(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_desk: SqlAccess, _look: object) -> None:
        raise StoreError("no room for the database")

    monkeypatch.setattr(SqlAccess, "looked", broken)
    for command in COMMANDS:
        done = clear(config, *command, by=Role.AUDITOR)
        assert (done.returncode, done.stdout) == (1, "")
        assert "no room" in done.stderr


def test_one_call_is_shown_with_its_attempts_and_legs(config: Path) -> None:
    told = json.loads(run("calls", "call-1", "--json", "-c", config).stdout)
    assert (told["number"], told["outcome"]) == ("+44*****0002", "dialer.completed")
    assert [each["trunk"] for each in told["attempts"]] == ["carrier-a"]
    assert [(each["kind"], each["target"]) for each in told["legs"]] == [("bridge", "+44*****0009")]
    text = run("calls", "call-1", "-c", config).stdout
    assert "attempts:" in text
    assert "second legs:" in text
    came_in = json.loads(run("calls", "in-1", "--json", "-c", config).stdout)
    assert (came_in["caller"], came_in["about"]) == ("+44*****0002", "call-1")
    missing = run("calls", "nobody", "-c", config)
    assert missing.returncode == 1
    assert "there is no call nobody" in missing.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["--why", "x"],
        ["--clear", "--why", "x" * 201],
        ["call-1", "--csv"],
        ["call-1", "--inbound"],
        ["--inbound", "--campaign", "x"],
    ],
)
def test_what_does_not_go_together_is_told(config: Path, wrong: list[str]) -> None:
    assert run("calls", *wrong, "-c", config).returncode == 2
