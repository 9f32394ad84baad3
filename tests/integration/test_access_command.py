"""`dialer access`, as people type it: tokens are shown once, and open what their roles open."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dialer.store.sqlite import FILE
from tests.support.commands import Done, run
from tests.support.inputs import write

SOON = "2099-01-01T00:00:00+08:00"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write(tmp_path).config


def access(config: Path, *arguments: str, token: str | None = None) -> Done:
    verb, *rest = arguments
    return run("access", verb, *rest, "-c", config, token=token)


def token_of(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def admin(config: Path) -> str:
    """The token of root, the first admin."""
    return token_of(access(config, "grant", "root", "--role", "admin"))


def audited(config: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(config.parent / "var" / FILE)) as database:
        found = database.execute(
            "SELECT kind, body FROM audit_log WHERE kind LIKE 'access%' ORDER BY at, sequence"
        ).fetchall()
    return [{"kind": kind} | json.loads(body) for kind, body in found]


def test_nobody_has_access_before_the_first_admin(config: Path) -> None:
    assert access(config, "list").stdout == "nobody has access\n"
    first = access(config, "grant", "li.na", "--role", "compliance")
    assert first.returncode == 1
    assert "the first access is an admin's" in first.stderr
    assert access(config, "grant", "root", "--role", "admin", "--expires", SOON).returncode == 1


def test_an_admin_gives_and_takes(config: Path, admin: str) -> None:
    given = access(config, "grant", "li.na", "--role", "compliance", "--expires", SOON, token=admin)
    li = token_of(given)
    shown = json.loads(access(config, "whoami", "--json", token=li).stdout)
    assert (shown["name"], shown["roles"]) == ("li.na", ["compliance"])
    assert "see numbers in clear" in shown["rights"]
    rows = list(csv.DictReader(io.StringIO(access(config, "list", "--csv").stdout)))
    assert [(row["name"], row["state"], row["given_by"]) for row in rows] == [
        ("root", "holds", ""),
        ("li.na", "holds", "root"),
    ]
    assert rows[1]["expires"] == "2098-12-31T16:00:00+00:00"
    assert access(config, "revoke", "li.na", token=admin).stdout == "li.na has no access any more\n"
    refused = access(config, "whoami", token=li)
    assert refused.returncode == 1
    assert "the access of li.na was revoked on" in refused.stderr


def test_what_is_no_token_opens_nothing_where_nobody_has_access_yet(config: Path) -> None:
    refused = access(config, "whoami", token="dialer_short")
    assert (refused.returncode, "this is no token" in refused.stderr) == (1, True)
    assert not (config.parent / "var" / FILE).exists()


def test_whoever_is_no_admin_gives_nothing(config: Path, admin: str) -> None:
    li = token_of(access(config, "grant", "li.na", "--role", "compliance", token=admin))
    for token, words in [
        (None, "set DIALER_TOKEN to it, or give --token-file"),
        (li, "li.na, compliance, may not give and take access; the role admin may"),
        ("dialer_" + "x" * 43, "this token is not one that was given here"),
        ("secret", "this is no token"),
    ]:
        refused = access(config, "grant", "wu", "--role", "admin", token=token)
        assert refused.returncode == 1
        assert words in refused.stderr
        assert refused.stdout == ""


def test_the_last_admin_stays(config: Path, admin: str) -> None:
    refused = access(config, "revoke", "root", token=admin)
    assert refused.returncode == 1
    assert "last admin" in refused.stderr


def test_a_token_may_lie_in_a_file_of_its_owners_alone(
    config: Path, admin: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(admin)
    file.chmod(0o644)
    refused = access(config, "whoami", "--token-file", str(file))
    assert (refused.returncode, f"run: chmod 600 {file}" in refused.stderr) == (1, True)
    file.chmod(0o600)
    assert access(config, "whoami", "--token-file", str(file)).stdout.startswith("root, admin, may")


def test_what_is_done_is_in_the_audit_log_and_no_token_is_anywhere(
    config: Path, admin: str
) -> None:
    li = token_of(access(config, "grant", "li.na", "--role", "operator", token=admin))
    access(config, "grant", "wu", "--role", "admin", token=li)
    access(config, "revoke", "li.na", token=admin)
    access(config, "whoami", token=li)
    unknown, malformed = "dialer_" + "x" * 43, "dialer_correct-horse-battery"
    access(config, "revoke", "root", token=unknown)
    access(config, "revoke", "root", token=malformed)
    access(config, "whoami", token=malformed)
    given, other, denied, revoked, *refused = audited(config)
    over, _nobodys, wrong, asked = refused
    refused.insert(0, denied)
    assert {each["kind"] for each in refused} == {"access_refused"}
    assert [each["by"] for each in refused] == ["li.na", "li.na", None, None, None]
    manage = "give and take access"
    assert [each["right"] for each in refused] == [manage, None, manage, manage, None]
    assert "this is no token" in str(wrong["why"])
    assert wrong["why"] == asked["why"]
    assert "may not give and take access" in str(denied["why"])
    assert "revoked" in str(over["why"])
    assert (given["kind"], given["user"], given["by"]) == ("access_given", "root", None)
    assert (other["user"], other["roles"], other["by"]) == ("li.na", ["operator"], "root")
    assert (revoked["kind"], revoked["user"], revoked["by"]) == ("access_revoked", "li.na", "root")
    kept = b"".join(file.read_bytes() for file in config.parent.rglob("*") if file.is_file())
    for token in (admin, li, unknown, malformed):
        assert token.encode() not in kept
        assert token.removeprefix("dialer_").encode() not in kept
    assert b"li.na" in kept


@pytest.mark.parametrize("wrong", [["--role", "boss"], [], ["--role", "admin", "--expires", "x"]])
def test_bad_usage_is_told_with_exit_code_2(config: Path, wrong: list[str]) -> None:
    assert access(config, "grant", "root", *wrong).returncode == 2
