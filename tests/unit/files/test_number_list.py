"""A list of numbers is read whole, or not at all with every fault."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dialer.core.values.number import E164
from dialer.errors import InputError
from dialer.files import ListForm
from dialer.files.number_list import NumberList, read_number_list

ONE, TWO = "+447700900001", "+447700900002"


def read(folder: Path, content: str | bytes, encoding: str = "utf-8") -> NumberList:
    file = folder / "dnc.txt"
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(data)
    found = read_number_list(file, ListForm(encoding))
    assert found.digest == hashlib.sha256(data).hexdigest()
    return found


def faults(folder: Path, content: str | bytes) -> list[str]:
    with pytest.raises(InputError) as refused:
        read(folder, content)
    return [f"{each.line}: {each.key}: {each.what}" for each in refused.value.faults]


@pytest.mark.parametrize(
    "content",
    [
        f"{ONE}\n{TWO}\n",
        f"number\n{ONE}\n{TWO}",
        f"\n{ONE}\r\n\r\n{TWO}\r\n"[1:],
        f"name,Number\nLi,{ONE}\n,{TWO}\n",
        f"+44 7700-900001\n{TWO}\n",
        f"\ufeffnumber\n{TWO}\n{ONE}\n",
    ],
)
def test_one_a_line_or_a_column_called_number(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    assert sorted(found.numbers()) == [E164(ONE), E164(TWO)]
    assert (len(found), found.repeats) == (2, 0)


def test_repeats_are_counted_and_harm_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, f"{ONE}\n{TWO}\n{ONE}\n")
    assert (len(found), found.repeats) == (2, 1)


def test_every_fault_is_told_at_once_and_no_number_with_it(tmp_path: Path) -> None:
    told = faults(tmp_path, f"number,x\n{ONE},\n07700900001,\n,y\n{TWO}\n+4477009000011111,\n")
    assert told == [
        "3: number: write it with + and country code (E.164)",
        "4: number: is empty",
        "5: file: has 1 fields; the first line has 2",
        "6: number: not an E.164 number: + and 7 to 15 digits, the first not 0 (ITU-T E.164)",
    ]
    assert "7700900" not in "".join(told)


@pytest.mark.parametrize(
    "content, says",
    [
        ("", "is empty"),
        ("number\n", "holds no number"),
        (f"Li,{ONE}\n", "none of the columns"),
        ("name\n", "write it with +"),
        (b"PK\x03\x04", "zip"),
        (b"\xff\xfe+\x004\x00", "UTF-16"),
        (f'{ONE}\n"{TWO}\n', "never closed"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: str | bytes, says: str) -> None:
    assert any(says.lower() in told.lower() for told in faults(tmp_path, content))


def test_faults_beyond_those_that_are_told_are_counted(tmp_path: Path) -> None:
    told = faults(tmp_path, "number\n" + "x\n" * 5000)
    assert told[-1].endswith("more faults")
    assert len(told) < 200
