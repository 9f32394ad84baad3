"""Whatever bytes a file holds: a value, or InputError with faults that say file and line."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.config import load_config
from dialer.errors import InputError
from dialer.files import ListForm, check_files, load_run, read_contacts, survey_contacts
from dialer.files.check import kind_of
from dialer.files.script_source import read_script
from dialer.reading.tree import parse
from tests.support.inputs import CAMPAIGN, CONFIG, HEADER, NOW, ROWS, SCRIPT, Inputs, write

WHOLE = {
    "dialer.yaml": CONFIG,
    "campaign.yaml": CAMPAIGN,
    "script.yaml": SCRIPT,
    "contacts.csv": HEADER + ROWS,
}
# Pieces that mean something somewhere, beside bytes that mean nothing anywhere.
PIECES = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe4\xb8", b"\xb0\xa1", b"\r", b"\n", b"\t"),
    *(b'"', b"'", b",", b";", b"{", b"}", b"[", b"]", b": ", b"- ", b"? ", b"| ", b"> ", b"#"),
    *(b"&a ", b"*a", b"!!int ", b"<<: ", b"---\n", b"...\n", b"%YAML 1.1\n", b"@", b"`", b"\\x00"),
    *(b"null", b"~", b"yes", b"inf", b"nan", b"-1", b"0", b"1e999", b"9" * 5000, b"x" * 300),
    *("\u2028".encode(), "\x85".encode(), "\ufeff".encode(), "\u202e".encode(), "٣".encode()),
    *(b"+44", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2026-02-30", b"sip:"),
    *(b"{card}", b"{", b"{{", b"{0}", b"{a.b}", b"../", b"/dev/zero", b"/", b"dialer.yaml"),
]


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> bytes:
    """A good file with some of it taken out, repeated, or replaced by pieces and noise."""
    data = text.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(
            st.one_of(
                st.sampled_from(PIECES),
                st.binary(max_size=12),
                st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace")),
                st.just(data[start:end] * 2),
            )
        )
        data = data[:start] + piece + data[end:]
    return data


@pytest.fixture(scope="module")
def inputs() -> Iterator[Inputs]:
    with tempfile.TemporaryDirectory() as folder:
        yield write(Path(folder))


FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def sane(error: InputError) -> None:
    assert error.faults
    for fault in error.faults:
        assert fault.line >= 0
        assert fault.key
        assert fault.what
        assert "\n" not in str(fault)
    assert len(error.faults) <= 4 * 101


@FUZZ
@given(data=st.data())
def test_a_spoiled_file_among_good_ones(inputs: Inputs, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(WHOLE)))
    content = data.draw(spoiled(WHOLE[name]))
    path = inputs.folder / name
    path.write_bytes(content)
    try:
        _, loaded = load_run(inputs.campaign, inputs.config, now=NOW)
        assert len(list(loaded.rows())) == loaded.contacts.rows
    except InputError as error:
        sane(error)
    try:
        check_files(inputs.all, now=NOW)
    except InputError as error:
        sane(error)
    finally:
        path.write_text(WHOLE[name], encoding="utf-8")


@FUZZ
@given(content=st.one_of(st.binary(max_size=200), spoiled(HEADER + ROWS)))
def test_contacts_that_pass_the_check_can_be_read(inputs: Inputs, content: bytes) -> None:
    path = inputs.folder / "soup.csv"
    path.write_bytes(content)
    for form in (ListForm(), ListForm("gb18030"), ListForm(country="GB", columns={"card": "who"})):
        summary, faults = survey_contacts(path, now=NOW, purpose="card-renewal", form=form)
        if faults:
            sane(InputError(faults))
            continue
        assert summary is not None
        rows = list(read_contacts(path, digest=summary.digest, form=form))
        assert len(rows) == summary.rows > 0
        assert len({row.number for row in rows}) == len(rows)
        assert all(row.consent_at <= NOW and row.consent_purpose == "card-renewal" for row in rows)


@FUZZ
@given(content=st.binary(max_size=300))
def test_noise_is_nothing_of_ours(inputs: Inputs, content: bytes) -> None:
    path = inputs.folder / "noise"
    path.write_bytes(content)
    for read in (kind_of, lambda path: load_config(path, now=NOW)):
        try:
            read(path)
        except InputError as error:
            sane(error)
    _, faults = read_script(path, columns=None)
    sane(InputError(faults))


@FUZZ
@given(text=st.text(alphabet="ab:-?[]{},'\"|>&*!#%@ \n\t~<", max_size=60))
def test_yaml_is_a_tree_or_a_fault(text: str) -> None:
    try:
        document = parse(text, "a.yaml")
    except InputError as error:
        sane(error)
        return
    lines = text.count("\n") + 1
    assert all(1 <= line <= lines for line in document.lines.values())
