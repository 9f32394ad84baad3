"""Bytes into text, text into a tree: what is refused, and with which line."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest

from dialer.errors import InputError
from dialer.reading.text import decode, read_bytes
from dialer.reading.tree import YAML_LIMIT, Document, capped, parse, read_yaml
from tests.support.inputs import short


def told(error: InputError) -> list[str]:
    return [short(fault) for fault in error.faults]


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        parse(text, "a.yaml")
    (only,) = told(refused.value)
    return only


def refusal_of_bytes(data: bytes) -> str:
    with pytest.raises(InputError) as refused:
        decode(data, "a.yaml")
    (only,) = told(refused.value)
    return only


def test_scalars_stay_the_text_that_was_written() -> None:
    text = (
        "a: yes\nb: 0123\nc: '5'\nd: 1.50\ne: 2027-12-31\nf: +86106\ng: ~\nh:\ni: ''\nj: 'null'\n"
    )
    assert parse(text, "a.yaml").value == {
        "a": "yes",
        "b": "0123",
        "c": "5",
        "d": "1.50",
        "e": "2027-12-31",
        "f": "+86106",
        "g": None,
        "h": None,
        "i": "",
        "j": "null",
    }


def test_every_place_knows_its_line() -> None:
    document = parse("a:\n  - x: 1\n    y: 2\n  - 3\nb: {c: [4,\n   5]}\n", "a.yaml")
    assert document.value == {"a": [{"x": "1", "y": "2"}, "3"], "b": {"c": ["4", "5"]}}
    assert [
        document.line(place)
        for place in [("a",), ("a", 0), ("a", 0, "y"), ("a", 1), ("b", "c", 1), ("b", "d"), ("z",)]
    ] == [1, 2, 3, 4, 6, 5, 1]


def test_a_mark_and_windows_line_ends_are_no_harm() -> None:
    text = decode(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - 2\r\n", "a.yaml")
    document = parse(text, "a.yaml")
    assert document.value == {"a": "1", "b": ["2"]}
    assert document.line(("b", 0)) == 3


def test_a_key_given_twice_is_a_fault_and_the_first_one_stands() -> None:
    document = parse("a: {x: 1, x: 2}\nb: 1\na:\n  c: 1\n  c: 2\n", "a.yaml")
    assert document.value == {"a": {"x": "1"}, "b": "1"}
    assert [short(fault) for fault in document.faults] == [
        "a.yaml:1: a.x: given twice; the first is on line 1",
        "a.yaml:5: a.c: given twice; the first is on line 4",
        "a.yaml:3: a: given twice; the first is on line 1",
    ]
    assert document.line(("a", "x")) == 1


@pytest.mark.parametrize(
    "text,fault",
    [
        ("a: &x 1\nb: *x\n", "1: a: anchors (&name) are not used here; write it out"),
        ("a: *x\n", "1: a: aliases (*name) are not used here; write it out"),
        ("*x : 1\n", "1: file: a key must be a plain word"),
        ("a: !!python/object:os.system x\n", "1: a: tags (!name) are not used here; take it away"),
        ("a: 1\nb:\n  <<: {c: 1}\n", "3: b: merge keys (<<) are not used here; write it out"),
        ("a: 1\n---\nb: 1\n", "2: file: a second YAML document (---); one file holds one"),
        ("? [a]\n: 1\n", "1: file: a key must be a plain word"),
        ("a:\n\tb: 1\n", "2: yaml: a tab cannot indent YAML; use spaces"),
        ("a: [1, 2\nb: 1\n", "2: yaml: not YAML: while parsing a flow sequence"),
        ("a: 'x\n", "2: yaml: not YAML: while scanning a quoted scalar"),
        ("a: b: c\n", "1: yaml: not YAML: mapping values are not allowed in this context"),
        ("a: @x\n", "1: yaml: not YAML: while scanning for the next token"),
        ("%YAML 3.0\n---\na: 1\n", "1: yaml: not YAML"),
        ("a: " + "[" * 50 + "]" * 50 + "\n", "1: a[0][0][0]: nested deeper than 12 levels"),
        ("a: " + "{b: " * 500_000, "1: a.b.b.b: nested deeper than 12 levels"),
    ],
)
def test_what_is_refused(text: str, fault: str) -> None:
    assert refusal(text).startswith(f"a.yaml:{fault}")


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = 'a: &a ["x","x"]\n' + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
    )
    assert "anchors" in refusal(bomb)


@pytest.mark.parametrize(
    "data,fault",
    [
        ("a: 1".encode("utf-16"), "1: file: is UTF-16 (it starts with bytes ff fe)"),
        ("a: 1".encode("utf-16-be"), "1: file: looks like UTF-16 without a mark"),
        ("a: 1".encode("utf-16-le"), "1: file: looks like UTF-16 without a mark"),
        ("a: 1".encode("utf-32"), "1: file: is UTF-32 (it starts with bytes ff fe 00 00)"),
        (
            b"a: 1\nb: \xb0\xa1\n",
            "2: file: bytes b0 a1 at column 4 are not UTF-8; it may be GB18030",
        ),
        (
            b"a: 1\nb: \xff\xff\xff\xff\n",
            "2: file: bytes ff ff ff ff at column 4 are not UTF-8; save",
        ),
        ("a: 1\n\nb: é\n".encode("latin-1"), "3: file: bytes e9 at column 4 are not UTF-8"),
        (b"a: \xe4\xb8", "1: file: bytes e4 b8 at column 4 are not UTF-8"),
        (b"a: 1\nb: \x00\n", "2: file: control character U+0000 does not belong in a text file"),
        (
            b"PK\x03\x04zip",
            "1: file: is not text: it looks like a ZIP archive or an Excel workbook",
        ),
    ],
)
def test_bytes_that_are_no_text(data: bytes, fault: str) -> None:
    assert refusal_of_bytes(data).startswith(f"a.yaml:{fault}")


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.touch()
    os.truncate(huge, 100_000_000)
    began = time.process_time()
    with pytest.raises(InputError, match=r"is 100\.0 MB; at most 1 MB can be right here"):
        read_yaml(huge)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    "line", ["k%d: [a, {b: c}]\n", "- x%d\n", "a%d ", '"%d', "[%d,", "{%d: ", "? %d\n"]
)
def test_no_shape_of_yaml_takes_long(line: str) -> None:
    text = "".join(line % number for number in range(50_000))[: YAML_LIMIT // 5]
    began = time.process_time()
    with contextlib.suppress(InputError):
        parse(text, "a.yaml")
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name,what", [("", "is a folder"), ("none", "no such file")])
def test_what_is_not_there_to_be_read(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_bytes(tmp_path / name, "x", 100)


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(InputError, match="is not a regular file"):
            read_yaml(path)


def test_a_path_that_cannot_be() -> None:
    for path in (Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(InputError, match="cannot be read"):
            read_yaml(path)


def test_a_fault_stays_on_one_line_however_the_key_is_written() -> None:
    document = Document("a.yaml", None)
    fault = document.fault(("x\ny", 3, "z" * 100), "is wrong")
    assert str(fault) == f"a.yaml:1: x?y[3].{'z' * 60}...: is wrong"


def test_of_very_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    document = parse("".join(f"a: {n}\n" for n in range(5000)), "a.yaml")
    faults = capped(list(document.faults))
    assert len(faults) == 101
    assert short(faults[-1]) == "a.yaml:102: file: and 4899 more faults"
