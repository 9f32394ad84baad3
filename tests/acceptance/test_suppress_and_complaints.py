"""`dialer suppress` and `dialer complaints`, as those who may use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.operator import CALLEE, OTHER, Operator, employ


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return employ(tmp_path)


def test_a_number_is_put_on_our_own_list_and_taken_off_again(operator: Operator) -> None:
    assert operator.told("suppress") == []
    why = ("--why", "asked at the branch")
    nobody = operator.dialer("suppress", "add", CALLEE, *why)
    assert nobody.returncode == 1
    assert "token" in nobody.stderr
    admin = operator.dialer("suppress", "add", CALLEE, *why, by="root")
    assert (admin.returncode, "may not suppress" in admin.stderr) == (1, True)
    assert "is on the list" in operator.done("suppress", "add", "-", *why, by="li.na", said=CALLEE)
    (entry,) = operator.told("suppress", "list")
    assert (entry["why"], entry["by"], entry["reason"]) == ("own list", "li.na", why[1])
    checked = operator.dialer("suppress", "check", CALLEE)
    assert checked.returncode == 1
    assert "is on our own do-not-call list" in checked.stdout
    rules = operator.told("explain", CALLEE, "--at", "2026-11-23T10:00:00+08:00")[0]["rules"]
    (said,) = [rule for rule in rules if rule["rule"] == "suppressed"]
    assert (said["allows"], said["why"]) == (False, "is on our own do-not-call list")
    operator.done("suppress", "remove", CALLEE, "--why", "was the wrong one", by="li.na")
    assert "no entry for" in operator.done("suppress", "check", CALLEE)


def test_a_list_is_imported_whole_or_not_at_all(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text(f"number\n{CALLEE}\n0106559\n{OTHER}\n12\n", "utf-8")
    of = ("suppress", "import", str(file), "--list", "dnc", "--source", "the authority")
    bad = operator.dialer(*of, by="li.na")
    assert bad.returncode == 2
    assert [
        line.rpartition(":")[0].removeprefix(str(file)) for line in bad.stderr.splitlines()
    ] == [
        ":3: number",
        ":5: number",
    ]
    assert operator.told("suppress", "lists") == []
    file.write_text(f"number\n{CALLEE}\n{CALLEE}\n", "utf-8")
    assert "1 numbers of dnc" in operator.done(*of, by="li.na")
    (against,) = operator.told("suppress", "check", CALLEE)
    assert against["words"].startswith("is on the imported list dnc, from the authority")
    file.write_text(OTHER, "utf-8")
    emptied = operator.dialer(*of, "--replace", *operator.sign, by="li.na")
    assert (emptied.returncode, "1 of 1 numbers off dnc" in emptied.stderr) == (2, True)
    assert operator.dialer("suppress", "check", CALLEE).returncode == 1
    file.write_text(f"{OTHER}\n{CALLEE}\n", "utf-8")
    operator.done(*of, "--replace", *operator.sign, by="li.na")
    (kept,) = operator.told("suppress", "lists")
    assert (kept["list"], kept["numbers"], kept["by"]) == ("dnc", 2, "li.na")


def test_a_complaint_from_its_opening_to_its_closing(operator: Operator) -> None:
    text = "They rang at night and would not stop."
    opened = json.loads(
        operator.done("complaints", "open", CALLEE, "--text", "-", "--json", by="li.na", said=text)
    )
    assert (opened["state"], opened["evidence"]) == ("open", [])
    id_ = opened["id"]
    (against,) = operator.told("suppress", "check", CALLEE)
    assert against["why"] == "complaint"
    lifted = operator.dialer("suppress", "remove", CALLEE, "--why", "please", by="li.na")
    assert (lifted.returncode, "never lifted" in lifted.stderr) == (2, True)
    early = operator.dialer("complaints", "close", id_, "--text", "no", *operator.sign, by="li.na")
    assert (early.returncode, "answered before" in early.stderr) == (2, True)
    both = operator.dialer("complaints", "answer", id_, by="li.na")
    assert both.returncode == 2
    assert "--text-file" in both.stderr
    words = operator.config.with_name("words.txt")
    words.write_text("We are sorry.\n", "utf-8")
    operator.done("complaints", "answer", id_, "--text-file", str(words), by="li.na")
    unsigned = operator.dialer("complaints", "close", id_, "--text", "Settled.", by="li.na")
    assert (unsigned.returncode, "--sign-key" in unsigned.stderr) == (1, True)
    operator.done("complaints", "close", id_, "--text", "Settled.", *operator.sign, by="li.na")
    assert operator.told("complaints") == []
    (row,) = operator.told("complaints", "list", "--all")
    assert (row["id"], row["state"], row["overdue"]) == (id_, "closed", False)
    shown = operator.done("complaints", "show", id_, by="li.na")
    assert all(words in shown for words in (text, "We are sorry.", "Settled."))
    database = operator.config.parent / "var" / "dialer.sqlite3"
    kept = b"".join(file.read_bytes() for file in database.parent.glob("dialer.sqlite3*"))
    assert b"at night" not in kept
    assert CALLEE[3:].encode() not in kept
    unknown = operator.dialer("complaints", "show", "00000000", by="li.na")
    assert unknown.returncode == 2


def test_what_was_said_is_shown_and_obeyed_by_no_terminal(operator: Operator) -> None:
    hostile = "\x1b[2J\u202egniht\n2026-11-23 10:00:00 UTC li.na: close\nSettled.\x9b8m"
    why = ("--why", hostile)
    operator.done("suppress", "add", OTHER, *why, by="li.na")
    listed = operator.done("suppress", "list", by="li.na")
    opened = json.loads(
        operator.done("complaints", "open", CALLEE, "--text", hostile, "--json", by="li.na")
    )
    shown = operator.done("complaints", "show", opened["id"], by="li.na")
    for text in (listed, shown):
        assert not set(text) & set("\x1b\x9b\u202e"), text
        assert "<U+001B>[2J<U+202E>gniht" in text
        assert not any(line.startswith("2026-11-23 10:00:00 UTC") for line in text.split("\n"))
    told = operator.done("complaints", "show", opened["id"], "--json", by="li.na")
    assert not set(told) & set("\x1b\x9b\u202e")
    assert json.loads(told)["steps"][0]["text"] == hostile
