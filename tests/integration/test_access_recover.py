"""`dialer access recover`: the store's owner lets an admin in again, and nobody else does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dialer.credentials.key_files import is_ours, our_account
from dialer.office import access
from dialer.store.sqlite import FILE
from tests.support.commands import Done, run
from tests.support.inputs import write
from tests.support.people import given

LOST = "the token went with the laptop"
STRANGER = 54321


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write(tmp_path).config


def recover(config: Path, name: str = "root", why: str = LOST, token: str | None = None) -> Done:
    return run("access", "recover", name, "--why", why, "-c", config, "--json", token=token)


def audited(config: Path, token: str) -> list[dict[str, object]]:
    """Every recovery on record."""
    kinds = ("--kind", "access_recovered")
    shown = run("audit", "list", *kinds, "-c", config, "--json", token=token)
    assert shown.returncode == 0, shown.stderr
    found: list[dict[str, object]] = json.loads(shown.stdout)
    return found


def grants(config: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        run("access", "list", "-c", config, "--json").stdout
    )
    return found


def test_the_owner_lets_an_admin_in_again_and_that_is_on_record(config: Path) -> None:
    lost = given(config, "root", "admin")
    done = recover(config)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["name"], made["roles"], made["given_by"]) == (
        "root",
        ["admin"],
        "owner of the store",
    )
    refused = run("access", "whoami", "-c", config, token=lost)
    assert (refused.returncode, "of root was revoked" in refused.stderr) == (1, True)
    given(config, "li.na", "compliance", token=made["token"])
    (record,) = audited(config, made["token"])
    body = record["body"]
    assert isinstance(body, dict)
    assert (body["user"], body["account"], body["why"]) == ("root", our_account(), LOST)
    assert made["token"] not in json.dumps(record)
    assert run("audit", "verify", "-c", config, token=made["token"]).returncode == 0


@pytest.mark.parametrize("token_of", ["operator", "compliance", "auditor", None])
def test_whoever_does_not_own_the_store_recovers_nothing(
    config: Path, token_of: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = given(config, "root", "admin")
    token = None if token_of is None else given(config, "li.na", token_of, token=root)
    before = grants(config)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    for name in ("root", "li.na", "wu"):
        done = recover(config, name, token=token)
        assert (done.returncode, done.stdout) == (1, "")
        assert "only the owner of the store" in done.stderr
        assert "uid 54321" in done.stderr
    monkeypatch.undo()
    assert grants(config) == before
    assert audited(config, root) == []


@pytest.mark.parametrize("whose", ["keys/master.key", "keys/audit.pem", FILE, "."])
def test_each_part_of_the_store_must_be_the_owners(
    config: Path, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(config, "root", "admin")
    others = (config.parent / "var" / whose).resolve()
    monkeypatch.setattr(access, "is_ours", lambda path: path.resolve() != others)
    done = recover(config)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{others} is not there, or not {our_account()}'s" in done.stderr


def test_a_file_is_its_owners_or_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    assert not is_ours(file), "what is not there is nobody's"
    file.touch()
    owner = file.stat().st_uid
    for user, whether in ((owner, True), (0, True), (STRANGER, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert is_ours(file) is whether


def test_who_cannot_open_the_vault_recovers_nothing(config: Path) -> None:
    given(config, "root", "admin")
    before = grants(config)
    key = config.parent / "var" / "keys" / "master.key"
    right = key.read_text()
    key.write_text(right[::-1])
    done = recover(config)
    assert (done.returncode, done.stdout) == (2, "")
    assert "master key" in done.stderr
    key.write_text(right)
    assert grants(config) == before


def test_without_a_store_or_a_reason_there_is_nothing_to_recover(config: Path) -> None:
    nothing = recover(config)
    assert (nothing.returncode, "nothing to recover" in nothing.stderr) == (1, True)
    assert not (config.parent / "var" / FILE).exists()
    root = given(config, "root", "admin")
    for why, words in ((" ", "a reason is needed"), ("+447700900001", "leave out numbers")):
        done = recover(config, why=why)
        assert (done.returncode, words in done.stderr) == (1, True)
    assert run("access", "recover", "root", "-c", config).returncode == 2
    assert run("access", "whoami", "-c", config, token=root).returncode == 0
