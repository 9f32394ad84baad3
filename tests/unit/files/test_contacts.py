"""contacts.csv: every row checked, none kept; then read again as it was."""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.core.values.number import E164
from dialer.core.values.records import ContactRow
from dialer.errors import InputError
from dialer.files import ListForm, read_contacts, survey_contacts
from dialer.files.csv_lines import CsvLines
from tests.support.inputs import HEADER, NOW, ROWS, Inputs, short

PURPOSE = "card-renewal"
GOOD = "+447700900003,card-renewal,form,2026-03-02T10:15:00Z,ref,,1\n"


def survey(inputs: Inputs, content: str | bytes, encoding: str = "utf-8") -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    inputs.contacts.write_bytes(data)
    form = ListForm(encoding)
    summary, faults = survey_contacts(inputs.contacts, now=NOW, purpose=PURPOSE, form=form)
    if not faults:
        assert summary is not None
        assert summary.digest == hashlib.sha256(data).hexdigest()
    return [short(fault).removeprefix("contacts.csv:") for fault in faults]


def test_a_good_file_is_summed_up_and_read_again(inputs: Inputs) -> None:
    summary, faults = survey_contacts(inputs.contacts, now=NOW, purpose=PURPOSE)
    assert faults == []
    assert summary is not None
    assert (summary.rows, summary.variables) == (2, ("card",))
    assert list(read_contacts(inputs.contacts, digest=summary.digest)) == [
        ContactRow(
            2,
            E164("+447700900001"),
            PURPOSE,
            "web form",
            datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
            "form-1",
            "Europe/London",
            {"card": "4417"},
        ),
        ContactRow(
            3,
            E164("+447700900002"),
            PURPOSE,
            "branch, Leeds",
            datetime(2026, 3, 5, 16, 40, tzinfo=UTC),
            "form-2",
            None,
            {"card": "9020"},
        ),
    ]


def test_only_what_is_needed_is_kept(inputs: Inputs) -> None:
    summary, _ = survey_contacts(inputs.contacts, now=NOW)
    assert summary is not None
    rows = list(read_contacts(inputs.contacts, digest=summary.digest, keep=frozenset()))
    assert [dict(row.variables) for row in rows] == [{}, {}]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEADER + ROWS).encode(),
        (HEADER + ROWS).replace("\n", "\r\n").encode(),
        (HEADER + ROWS).rstrip("\n").encode(),
        (HEADER + "\n" + ROWS + "\n\n").encode(),
        (HEADER + ROWS).replace("web form", '"web\nform, ""large"""').encode(),
        (HEADER + ROWS).replace("+447700900001", '" +44 (7700) 900-001 "').encode(),
        (HEADER + ROWS).replace("web form", "网页").encode(),
        ",".join(reversed(HEADER.strip().split(","))).encode()
        + b"\n1,,ref,2026-03-02T10:15:00Z,form,card-renewal,+447700900001",
    ],
)
def test_ways_of_writing_that_are_no_fault(inputs: Inputs, content: bytes) -> None:
    assert survey(inputs, content) == []
    summary, _ = survey_contacts(inputs.contacts, now=NOW)
    assert summary is not None
    rows = list(read_contacts(inputs.contacts, digest=summary.digest))
    assert len(rows) == summary.rows
    assert rows[0].number == E164("+447700900001")


def test_lines_are_counted_as_an_editor_counts_them(inputs: Inputs) -> None:
    quoted = GOOD.replace("form", '"one\ntwo\nthree"')
    found = survey(inputs, HEADER + quoted + "\n" + "0123,card-renewal,f,2026-03-02T10:15Z,r,,\n")
    assert found == ["6: number: write it with + and country code (E.164)"]


def test_every_fault_of_every_row_is_told_at_once(inputs: Inputs) -> None:
    rows = (
        "+447700900001,card-renewal,form,2026-03-02T10:15:00Z,ref,,1\n"
        "07700900002,card-renewal,form,2026-03-02T10:15:00Z,ref,,1\n"
        "+4477009000000000,insurance,,2026-03-02T10:15:00,,Europe/Lundon,1\n"
        "+447700900001,card-renewal,form,2027-03-02T10:15:00Z,ref,,1\n"
        "+447700900004,card-renewal,form,last week,ref,1\n"
        "+447700900005,,form,0001-01-01T00:00:00+14:00,ref,Asia,1\n"
        ",card-renewal,form,,ref,,1\n"
    )
    empty = "is empty: without evidence of consent nobody is called"
    iso = "write ISO 8601 with a time zone: 2026-05-01T09:30:00+08:00"
    assert survey(inputs, HEADER + rows) == [
        "3: number: write it with + and country code (E.164)",
        f"4: consent_at: has no time zone: {iso}",
        "4: consent_purpose: does not cover the campaign's purpose, card-renewal",
        f"4: consent_ref: {empty}",
        f"4: consent_source: {empty}",
        "4: number: not an E.164 number: + and 7 to 15 digits, the first not 0 (ITU-T E.164)",
        "4: timezone: is no IANA time zone such as Asia/Shanghai",
        "5: consent_at: lies in the future",
        "5: number: is on line 2 already",
        "6: file: has 6 fields; the header has 7",
        "7: consent_at: lies too far back to be true",
        f"7: consent_purpose: {empty}",
        "7: timezone: is no IANA time zone such as Asia/Shanghai",
        f"8: consent_at: is empty: {iso}",
        "8: number: is empty",
    ]


def test_consent_given_this_instant_is_good(inputs: Inputs) -> None:
    rows = GOOD.replace("2026-03-02T10:15:00Z", NOW.isoformat())
    assert survey(inputs, HEADER + rows) == []
    later = (NOW + timedelta(microseconds=1)).isoformat()
    assert survey(inputs, HEADER + rows.replace(NOW.isoformat(), later)) == [
        "2: consent_at: lies in the future"
    ]


def test_repeats_are_found_wherever_they_are(inputs: Inputs) -> None:
    lines = [GOOD.replace("900003", f"900{n:03}") for n in (5, 3, 4, 3, 5, 3)]
    assert survey(inputs, HEADER + "".join(lines)) == [
        "5: number: is on line 3 already",
        "6: number: is on line 2 already",
        "7: number: is on line 5 already",
    ]


@pytest.mark.parametrize("text", ["+44 (0)7700 900003", "+4407700900003", "00447700900003"])
def test_a_number_in_another_spelling_is_a_fault_that_shows_the_right_one(
    inputs: Inputs, text: str
) -> None:
    (told,) = survey(inputs, HEADER + GOOD.replace("+447700900003", text))
    assert told.startswith("2: number: ")
    assert told.endswith(": write +447700900003")


def test_a_zone_of_another_country_is_a_fault(inputs: Inputs) -> None:
    assert survey(inputs, HEADER + GOOD.replace(",ref,,", ",ref,Asia/Shanghai,")) == [
        "2: timezone: is no time zone of the number's country"
    ]


def test_no_number_is_repeated_in_a_fault(inputs: Inputs) -> None:
    rows = GOOD + GOOD + GOOD.replace("+447700900003", "+4477009000034444444") + "+44770090000" * 20
    told = "\n".join(survey(inputs, HEADER + rows))
    assert "7009" not in told


@pytest.mark.parametrize(
    "header,told",
    [
        ("", "1: file: the first line must name the columns: number,consent_purpose,"),
        ("\n", "1: file: the first line must name the columns: number,consent_purpose,"),
        (HEADER.replace(",", ";"), "1: file: columns are separated by commas, not by ';'"),
        (HEADER.replace(",", "\t"), "1: file: columns are separated by commas, not by '\\t'"),
        (
            HEADER.replace("consent_ref", "consent_rev"),
            "1: consent_ref: column is missing; is consent_rev meant?",
        ),
        (HEADER.replace("number,", ""), "1: number: column is missing"),
        (HEADER.replace("card", "number"), "1: number: column is given twice"),
        (HEADER.replace("card", "card no"), "1: card no: column name must be letters, digits"),
        (HEADER.replace("card", "card no"), "so that a script can name it: card_no"),
        (HEADER.replace("timezone", ""), "1: column 6: has no name, and is not at the end"),
        (HEADER.replace("card", "x" * 65), "column name must be letters, digits"),
        (",".join(f"c{n}" for n in range(300)), "1: file: has 300 columns; at most 200"),
        ('number,"consent', '1: file: a quote (") is opened here and never closed'),
    ],
)
def test_a_header_that_will_not_do(inputs: Inputs, header: str, told: str) -> None:
    found = survey(inputs, header)
    assert any(told in each for each in found), found


@pytest.mark.parametrize(
    "content,told",
    [
        (HEADER, "1: file: holds no contact"),
        (
            HEADER + '"' + GOOD * 200,
            '2: file: a quote (") is opened here and never closed; the rest',
        ),
        (HEADER + '"' + GOOD, '2: file: a quote (") is opened here and never closed; the rest'),
        (HEADER + 'a"b"c,' + GOOD, "2: file: has 8 fields"),
        (HEADER + '"a"b,' + GOOD + GOOD, "2: file: not CSV: "),
        (
            HEADER + "x" * 70_000 + "\n",
            "2: file: is longer than 65536 bytes; the rest was not read",
        ),
        (HEADER + GOOD.replace("form", "f" * 201), "2: consent_source: is longer than 200 charac"),
        (HEADER + GOOD.replace(",1\n", f",{'v' * 2001}\n"), "2: card: is longer than 2000 charac"),
        ((HEADER + GOOD).replace("\n", "\r"), "1: file: has line ends of old Macs (CR alone)"),
        (HEADER + GOOD.replace("form", "fo\0rm"), "2: file: control character 00 does not belong"),
        ("\0" * 1000, "1: file: looks like UTF-16"),
    ],
)
def test_a_body_that_will_not_do(inputs: Inputs, content: str, told: str) -> None:
    found = survey(inputs, content)
    assert any(told in each for each in found), found


def test_a_line_that_is_no_csv_does_not_hide_the_next(inputs: Inputs) -> None:
    rows = '"a"b,' + GOOD + GOOD.replace("+44", "")
    assert len(survey(inputs, HEADER + rows)) == 2


@pytest.mark.parametrize(
    "data,told",
    [
        ((HEADER + ROWS).encode("utf-16"), "1: file: is UTF-16 (it starts with bytes ff fe)"),
        (
            (HEADER + GOOD.replace("form", "网页")).encode("gb18030"),
            "national encoding: save the file as UTF-8, or write encoding: gb18030 in the campaign",
        ),
        (b"\xcd\xf8,x\n", "1: file: bytes cd f8 2c 78 at column 1 are not UTF-8"),
        (b"PK\x03\x04" + bytes(100), "1: file: is not text: it looks like a ZIP archive or an"),
    ],
)
def test_other_encodings_are_told_by_line_and_bytes(inputs: Inputs, data: bytes, told: str) -> None:
    found = survey(inputs, data)
    assert any(told in each for each in found), found


def test_gb18030_is_read_where_it_is_asked_for(inputs: Inputs) -> None:
    data = (HEADER + GOOD.replace("form", "网页")).encode("gb18030")
    assert survey(inputs, data, "gb18030") == []
    (row,) = read_contacts(
        inputs.contacts, digest=hashlib.sha256(data).hexdigest(), form=ListForm("gb18030")
    )
    assert row.consent_source == "网页"
    assert survey(inputs, data + b"\xff\xff,\n", "gb18030")[0].startswith(
        "3: file: bytes ff ff 2c 0a at column 1 are not gb18030"
    )


def test_of_very_many_faults_the_first_are_told_and_the_rest_counted(inputs: Inputs) -> None:
    found = survey(inputs, HEADER + "no number at all\n" * 3000)
    assert len(found) == 101
    assert found[-1] == "101: file: and 2900 more faults"


@pytest.mark.parametrize("change", ["0417", "other"])
def test_a_file_changed_since_is_not_imported(inputs: Inputs, change: str) -> None:
    summary, _ = survey_contacts(inputs.contacts, now=NOW)
    assert summary is not None
    if change == "other":
        inputs.contacts.write_text("number\n1\n")
    else:
        inputs.spoil(inputs.contacts, "4417", change)
    with pytest.raises(InputError, match="changed after it was checked"):
        list(read_contacts(inputs.contacts, digest=summary.digest))


def test_a_row_without_end_does_not_fill_the_memory(inputs: Inputs) -> None:
    # Every line closes one quote and opens the next: one row, as long as the file.
    found = survey(inputs, HEADER + '"\n' + '","\n' * 50_000)
    assert found == ['2: file: a quote (") is opened here and never closed; the rest was not read']


def test_a_file_of_over_four_gigabytes_is_refused(inputs: Inputs) -> None:
    with inputs.contacts.open("ab") as stream:
        stream.truncate(4_000_000_001)
    summary, faults = survey_contacts(inputs.contacts, now=NOW)
    assert summary is None
    assert "is over 4 GB" in faults[0].what


def test_the_stream_is_closed_when_reading_stops_half_way(inputs: Inputs) -> None:
    summary, _ = survey_contacts(inputs.contacts, now=NOW)
    assert summary is not None
    rows = read_contacts(inputs.contacts, digest=summary.digest)
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    with CsvLines(inputs.contacts, "utf-8") as lines:
        lines.header()


_GROWTH = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from dialer.files import survey_contacts
path = Path(sys.argv[1])
head = path.with_name("head.csv")
head.write_bytes(b"".join(path.open("rb").readlines(200_000)))
now = datetime.now(UTC)
survey_contacts(head, now=now)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
summary, faults = survey_contacts(path, now=now)
assert summary is not None and not faults, faults[:3]
print(summary.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as stream:
        stream.write(HEADER)
        for n in range(60_000):
            stream.write(f"+8613800{n:06},p,form,2026-03-02T10:15:00Z,ref-{n},Asia/Shanghai,{n}\n")
    said = subprocess.run(
        [sys.executable, "-c", _GROWTH, str(path)], check=True, capture_output=True, text=True
    )
    rows, grown = map(int, said.stdout.split())
    assert rows == 60_000
    # 5 MB of file; about 32 bytes a row are kept to find repeats.
    assert grown * resource.getpagesize() / 4096 < 6_000
