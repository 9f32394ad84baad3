"""Lists as spreadsheets and phones write them: read where that is certain, named where not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dialer.core.values.number import E164
from dialer.errors import InputError
from dialer.files import ListForm, read_contacts, survey_contacts
from dialer.files.columns import ALIASES
from dialer.files.number_list import read_number_list
from tests.support.inputs import NOW, Inputs, short, told

HEAD = "number,consent_purpose,consent_source,consent_at,consent_ref"
REST = "card-renewal,branch,2026-01-05T10:00:00+08:00,r1"
ONE = "+8613910000001"


def contacts(
    folder: Path, content: str | bytes, form: ListForm | None = None
) -> tuple[list[str], list[str], list[E164]]:
    """Faults, notices, and the numbers where there is no fault."""
    file, form = folder / "contacts.csv", form or ListForm()
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(data)
    summary, faults = survey_contacts(file, now=NOW, purpose="card-renewal", form=form)
    wrong = [short(fault).removeprefix("contacts.csv:") for fault in faults]
    if wrong:
        return wrong, [], []
    assert summary is not None
    digest = hashlib.sha256(data).hexdigest()
    numbers = [row.number for row in read_contacts(file, digest=digest, form=form)]
    return [], [short(each).removeprefix("contacts.csv:") for each in summary.skipped], numbers


def cell(folder: Path, number: str, country: str | None = None) -> E164 | str:
    """How one cell of a contacts file is read: the number, or the fault."""
    quoted = '"' + number.replace('"', '""') + '"'
    faults, _, numbers = contacts(folder, f"{HEAD}\n{quoted},{REST}\n", ListForm(country=country))
    return faults[0].removeprefix("2: number: ") if faults else numbers[0]


@pytest.mark.parametrize(
    "written",
    [
        "\u202d+8613910000001\u202c",
        "+86\u200b13910000001",
        "\u2066+8613910000001\u2069",
        "\ufeff+86\u00ad139\u20601000\u200d0001",
        "\uff0b\uff18\uff16\uff11\uff13\uff19\uff11\uff10\uff10\uff10\uff10\uff10\uff10\uff11",
        "+86\u00a0139\u20091000\u30000001",
        "+86\u2011139\u20131000\u22120001",
        "+86\uff0d139\uff0d1000\ufe580001",
        "'+8613910000001",
        "\u2018+8613910000001",
        "'+8613910000001'",
        '="+8613910000001"',
        '=" +86 139 1000 0001 "',
        "tel:+86-139-1000-0001",
        "TEL: +8613910000001",
        "+8613910000001.0",
        "+8613910000001.00",
        "+8,613,910,000,001",
        "+8 613 910 000 001",
    ],
)
def test_what_is_certain_is_read(tmp_path: Path, written: str) -> None:
    assert cell(tmp_path, written) == E164(ONE)
    file = tmp_path / "dnc.csv"
    file.write_text(f'number\n"{written.replace(chr(34), chr(34) * 2)}"\n', encoding="utf-8")
    assert list(read_number_list(file).numbers()) == [E164(ONE)]


@pytest.mark.parametrize(
    "written, says",
    [
        ("8.61391E+12", "is 8.61391E+12: the spreadsheet has destroyed the digits"),
        ("+8.61391E+12", "is 8.61391E+12: the spreadsheet has destroyed the digits"),
        ("8,61391E+12", "is 8.61391E+12: the spreadsheet has destroyed the digits"),
        ("8.6139e12", "is 8.6139E+12: the spreadsheet has destroyed the digits"),
        ('="8.61391E+12"', "format the column as text"),
        ("'8.61391E+12", "format the column as text"),
        ("#N/A", "is #N/A, an error of the spreadsheet"),
        ("#REF!", "an error of the spreadsheet"),
        ("########", "an error of the spreadsheet"),
        ("=+8613910000006", "is a formula of the spreadsheet"),
        ("=A2&B2", "is a formula of the spreadsheet"),
        ("+8613910000001/+8613910000002", "holds 2 numbers; write one a row"),
        ("+8613910000001\u3001+8613910000002", "holds 2 numbers; write one a row"),
        ("+8613910000001\n+8613910000002", "holds 2 numbers; write one a row"),
        ("tel:+8613910000001;ext=12", "E.164"),
        ("13910000001", "write it with + and country code"),
        ("8613910000001.0", "write it with + and country code"),
    ],
)
def test_what_is_not_certain_is_named(tmp_path: Path, written: str, says: str) -> None:
    found = cell(tmp_path, written)
    assert isinstance(found, str)
    assert says in found
    assert "3910000" not in found, "no number is repeated"


@pytest.mark.parametrize(
    "written, country, number",
    [
        ("13910000001", "CN", ONE),
        ("139 1000 0001", "CN", ONE),
        ("\uff11\uff13\uff19\uff11\uff10\uff10\uff10\uff10\uff10\uff10\uff11", "CN", ONE),
        ("13910000001.0", "CN", ONE),
        ("8613910000001", "CN", ONE),
        ("0086 139 1000 0001", "CN", ONE),
        ("010-6555 0100", "CN", "+861065550100"),
        ("(010) 65550100", "CN", "+861065550100"),
        ("+447700900001", "CN", "+447700900001"),
        ("07700 900001", "GB", "+447700900001"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("65550100", "CN", None),
        ("110", "CN", None),
        ("1391000000", "CN", None),
        ("139100000011", "CN", None),
        ("010-65550100 ext. 5", "CN", None),
        ("8.61391E+12", "CN", None),
        ("x", "CN", None),
    ],
)
def test_national_numbers_are_read_of_a_country_that_is_named(
    tmp_path: Path, written: str, country: str, number: str | None
) -> None:
    found = cell(tmp_path, written, country)
    assert found == E164(number) if number is not None else isinstance(found, str)


def test_one_number_in_two_forms_is_a_repeat(tmp_path: Path) -> None:
    rows = f"{HEAD}\n{ONE},{REST}\n\u202d139 1000 0001,{REST}\n"
    faults, _, _ = contacts(tmp_path, rows, ListForm(country="CN"))
    assert faults == ["3: number: is on line 2 already"]


@pytest.mark.parametrize(
    "content, notices",
    [
        (f"sep=,\r\n{HEAD}\r\n{ONE},{REST}\r\n", []),
        (f'\ufeff"sep=,"\n{HEAD}\n{ONE},{REST}\n', []),
        (f"SEP=,\n{HEAD},,\n{ONE},{REST},,\n", ["2: file: 2 empty columns were skipped at the"]),
        (f"{HEAD},\n{ONE},{REST},\n", ["1: file: 1 empty column was skipped at the end of"]),
        (f"{HEAD},,\n{ONE},{REST}\n", ["1: file: 2 empty columns were skipped"]),
        (f"{HEAD}\n{ONE},{REST},,,\n", []),
        (f"{HEAD}\r\n{ONE},{REST}\r\n,,,,\r\n,,,,\r\n", ["3: file: 2 blank rows were skipped"]),
        (f"{HEAD}\n , ,\u00a0,\u200b,\n{ONE},{REST}\n", ["2: file: 1 blank row was skipped"]),
        (f"{HEAD}\n,,\n\n{ONE},{REST}\n,,,,,,,,\n", ["2: file: 3 blank rows were skipped"]),
        (f"\n,,,,\n{HEAD}\n{ONE},{REST}\n", ["1: file: 2 blank rows were skipped"]),
        (f"\u200bnumber{HEAD.removeprefix('number')}\u00a0\n{ONE},{REST}\n", []),
        (f'{HEAD}\n{ONE},card-renewal,"a\nb",2026-01-05T10:00:00+08:00,r\n', []),
    ],
)
def test_what_is_empty_is_skipped_and_counted(
    tmp_path: Path, content: str, notices: list[str]
) -> None:
    faults, found, numbers = contacts(tmp_path, content)
    assert faults == []
    assert numbers == [E164(ONE)]
    assert len(found) == len(notices)
    assert all(line.startswith(start) for line, start in zip(found, notices, strict=True))


@pytest.mark.parametrize(
    "content, fault",
    [
        (f"sep=;\n{HEAD.replace(',', ';')}\n", "1: file: says by sep= that columns are separated"),
        (f"{HEAD.replace(',', ';')}\n", f"the first line would be {HEAD}"),
        (f"{HEAD.replace(',', chr(9))}\n", f"the first line would be {HEAD}"),
        (f"{HEAD.replace(',', chr(0xFF0C))}\n", f"the first line would be {HEAD}"),
        (
            f"{HEAD},\n{ONE},{REST},note\n",
            "2: file: has 6 fields; the header has 5: field 6 has no name there, and is not empty",
        ),
        (f"number,,{HEAD.partition(',')[2]}\n", "1: column 2: has no name, and is not at the end"),
        (f"{HEAD},Card No.\n{ONE},{REST},1\n", "so that a script can name it: Card_No"),
        (f"sep=,\n{HEAD.replace('number', 'numero')}\n", "2: number: column is missing"),
        ((HEAD + "\n").encode("utf-16"), "1: file: is UTF-16"),
        (f"{HEAD}\r{ONE},{REST}\r", "1: file: has line ends of old Macs (CR alone)"),
    ],
)
def test_what_is_not_empty_is_not_skipped(tmp_path: Path, content: str | bytes, fault: str) -> None:
    faults, _, _ = contacts(tmp_path, content)
    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(
    "written, says",
    [
        (
            "46027.4166666667",
            "a spreadsheet's count of days without a time zone: write 2026-01-05T",
        ),
        ("46027", "write 2026-01-05T00:00:00+08:00, with the zone it was noted in"),
        (
            "2026/1/5 10:00",
            "a date of another form without a time zone: write 2026-01-05T10:00:00+0",
        ),
        ("2026\u5e741\u67085\u65e5 10\u65f600\u5206", "write 2026-01-05T10:00:00+08:00"),
        ("5.1.2026", "write 2026-01-05T00:00:00+08:00 or 2026-05-01T00:00:00+08:00"),
        ("1/25/2026 3:07 PM", "write 2026-01-25T15:07:00+08:00, with"),
        ("2026-01-05 10:00:00", "has no time zone"),
        ("2026-02-30T10:00:00+08:00", "write ISO 8601 with a time zone"),
        ("99999", "write ISO 8601 with a time zone"),
        ("last week", "write ISO 8601 with a time zone"),
    ],
)
def test_a_date_of_a_spreadsheet_is_named_with_the_line_that_would_be_right(
    tmp_path: Path, written: str, says: str
) -> None:
    row = f"{ONE},card-renewal,branch,{written},r1"
    (fault,), _, _ = contacts(tmp_path, f"{HEAD}\n{row}\n")
    assert fault.startswith("2: consent_at: ")
    assert says in fault


def test_a_date_in_full_width_digits_is_read(tmp_path: Path) -> None:
    wide = "2026-01-05T10:00:00+08:00".translate({ord("2"): "\uff12", ord("0"): "\uff10"})
    assert contacts(tmp_path, f"{HEAD}\n{ONE},card-renewal,branch,{wide},r1\n")[0] == []


@pytest.mark.parametrize("column", list(ALIASES))
def test_columns_are_known_by_what_others_call_them(tmp_path: Path, column: str) -> None:
    for alias in (column, *ALIASES[column], column.upper(), column.replace("_", " ").title()):
        head = f"{HEAD},timezone".replace(column, alias)
        assert contacts(tmp_path, f"{head}\n{ONE},{REST},\n")[0] == [], alias


CHINESE = "手机号码,同意用途,同意来源,同意时间,同意凭证,姓名"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_chinese_list_is_read_as_it_is(tmp_path: Path, encoding: str) -> None:
    text = f"{CHINESE}\n13910000001,{REST},\u5f20\u4e09\n"
    form = ListForm(encoding, "CN")
    assert contacts(tmp_path, text.encode(encoding), form) == ([], [], [E164(ONE)])
    file = tmp_path / "contacts.csv"
    (row,) = read_contacts(file, digest=hashlib.sha256(file.read_bytes()).hexdigest(), form=form)
    assert row.variables == {"\u59d3\u540d": "\u5f20\u4e09"}


def test_a_user_names_columns_of_their_own(tmp_path: Path) -> None:
    form = ListForm(columns={"Kunde Nr.": "who", "Rufnummer": "number"})
    head = f"{HEAD},Kunde Nr.".replace("number", "rufnummer")
    assert contacts(tmp_path, f"{head}\n{ONE},{REST},7\n", form)[0] == []
    faults, _, _ = contacts(tmp_path, f"{HEAD}\n{ONE},{REST}\n", form)
    assert "1: Rufnummer: is named in `columns`, and the file has no such column" in faults


def test_of_two_columns_that_may_be_the_number_none_is_taken(tmp_path: Path) -> None:
    head = HEAD.replace("number", "Mobile,Telephone")
    (fault,), _, _ = contacts(tmp_path, f"{head}\n{ONE},{ONE},{REST}\n")
    assert fault.startswith("1: number: Mobile and Telephone may both be it")
    form = ListForm(columns={"Mobile": "number"})
    assert contacts(tmp_path, f"{head}\n{ONE},{ONE},{REST}\n", form)[2] == [E164(ONE)]
    own = f"{HEAD},phone\n{ONE},{REST},x\n"
    assert contacts(tmp_path, own)[2] == [E164(ONE)], "beside our own name it is any column"


WHO = "\u5f20\u4e09"


@pytest.mark.parametrize(
    "data, form, fault",
    [
        (
            f"{HEAD},name\n{ONE},{REST},{WHO}\n".encode(),
            ListForm("gb18030"),
            f"as UTF-8 it reads \u201c{WHO}\u201d, as GB18030 \u201c\u5bee\u72b1\u7b01\u201d",
        ),
        (
            f"\ufeff{HEAD}\n{ONE},{REST}\n".encode(),
            ListForm("gb18030"),
            "1: file: starts with the mark of UTF-8, and is to be read as gb18030",
        ),
        (f"{CHINESE}\n".encode(), ListForm("gb18030"), "1: file: is good UTF-8"),
        (
            f"{HEAD},name\n{ONE},{REST},{WHO}\n".encode("gb18030"),
            ListForm(),
            f"as UTF-8 it reads \u201c\ufffd\ufffd\ufffd\ufffd\u201d, as GB18030 \u201c{WHO}\u201d",
        ),
        (f"{CHINESE}\n".encode("gb18030"), ListForm(), "as GB18030 \u201c\u624b\u673a\u53f7\u7801"),
        (
            HEAD.encode() + b"\n" + ONE.encode() + b",card-renewal,\xff\xff," + b"\n",
            ListForm("gb18030"),
            "2: file: bytes ff ff 2c 0a at column 29 are not gb18030",
        ),
        (
            f"{HEAD},name\n{ONE},{REST},{WHO} 13910000001\n".encode("gb18030"),
            ListForm(),
            f"as GB18030 \u201c{WHO} ...\u201d",
        ),
    ],
)
def test_an_encoding_that_is_guessed_wrongly_shows_its_first_line_both_ways(
    tmp_path: Path, data: bytes, form: ListForm, fault: str
) -> None:
    faults, _, _ = contacts(tmp_path, data, form)
    assert any(fault in each for each in faults), faults


def test_a_word_that_is_good_in_both_encodings_does_not_stop_a_national_file(
    tmp_path: Path,
) -> None:
    # C4 80: a Latin letter in UTF-8; a character of its own in GB18030.
    row = f"{ONE},{REST},".encode()
    text = HEAD.encode() + b",name\n" + row + b"\xc4\x80\n"
    form = ListForm("gb18030")
    assert "is good UTF-8" in contacts(tmp_path, text, form)[0][0]
    more = row.replace(b"0001", b"0002") + WHO.encode("gb18030") + b"\n"
    assert contacts(tmp_path, text + more, form)[0] == []


def test_a_list_of_numbers_has_the_same_habits(tmp_path: Path) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text(
        f"sep=,\nname,\u7535\u8bdd,,\n,,,\nLi,13910000001,,\n,{ONE}\n", encoding="utf-8"
    )
    found = read_number_list(file, ListForm(country="CN"))
    assert list(found.numbers()) == [E164(ONE)]
    assert found.repeats == 1
    assert [short(each) for each in found.skipped] == [
        "dnc.csv:2: file: 2 empty columns were skipped at the end of each row",
        "dnc.csv:3: file: 1 blank row was skipped",
    ]
    file.write_text(f"Mobile,Fax,Phone\n{ONE},,{ONE}\n", encoding="utf-8")
    with pytest.raises(InputError, match="Mobile and Phone may all be it"):
        read_number_list(file)
    form = ListForm(columns={"Mobile": "number"})
    assert list(read_number_list(file, form).numbers()) == [E164(ONE)]


def test_a_campaign_says_country_and_columns(inputs: Inputs) -> None:
    inputs.spoil(inputs.contacts, "number,", "Kunde,")
    inputs.spoil(inputs.contacts, "+447700900001", "07700 900001")
    assert inputs.faults() == ["contacts.csv:1: number: column is missing"]
    campaign = inputs.campaign.read_text() + "country: gb\ncolumns: {Kunde: number}\n"
    inputs.campaign.write_text(campaign)
    assert inputs.faults() == []
    inputs.campaign.write_text(campaign.replace("gb", "Britain").replace("number}", "a b}"))
    faults = "\n".join(told([inputs.campaign]))
    assert "country: is no country of two letters" in faults
    assert "columns.Kunde: a column is named by letters, digits and _" in faults
