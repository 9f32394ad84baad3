"""A spreadsheet's list on the command line: what is read, what was skipped, whose numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.operator import Operator, employ

HEAD = "手机号,同意用途,同意来源,同意时间,同意凭证,,"
ROW = "139 1000 0001,card-renewal,branch,2026-01-05T10:00:00+08:00,r1,,"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return employ(tmp_path)


def test_check_reads_national_numbers_and_tells_what_it_skipped(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(f"sep=,\r\n{HEAD}\r\n{ROW}\r\n,,,,,,\r\n".encode("gb18030"))
    done = commands.run("check", file, "--encoding", "gb18030", "--country", "cn", "--json")
    assert done.returncode == 0, done.stdout
    assert [each["what"] for each in json.loads(done.stdout)["notices"]] == [
        "2 empty columns were skipped at the end of each row",
        "1 blank row was skipped",
    ]
    assert commands.run("check", file).returncode == 2
    unread = commands.run("check", file, "--encoding", "gb18030").stderr
    assert "list.csv:3: number: write it with + and country code" in unread


@pytest.mark.parametrize("option", ["--country=zz", "--country=CHN", "--encoding=latin-1"])
def test_an_option_that_is_none_is_refused(tmp_path: Path, option: str) -> None:
    done = commands.run("check", tmp_path / "list.csv", option)
    assert done.returncode == 2
    assert "Invalid value for" in done.stderr


def test_a_list_of_others_is_imported_by_column_and_country(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text("Name,Wer\nLi,13910000001\n,\n", encoding="utf-8")
    of = ("suppress", "import", str(file), "--list", "dnc", "--source", "them")
    assert operator.dialer(*of, by="li.na").returncode == 2
    done = operator.dialer(*of, "--country", "CN", "--column", "wer", by="li.na")
    assert done.returncode == 0, done.stderr
    assert "notice:" in done.stderr
    assert "1 blank row was skipped" in done.stderr
    assert operator.dialer("suppress", "check", "+8613910000001").returncode == 1
