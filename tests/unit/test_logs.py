from __future__ import annotations

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer import logs


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = ("dialer", "audio")
    levels = [logging.getLogger(name).level for name in names]
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(was)


@pytest.mark.parametrize(
    "text, hidden",
    [
        ("no route to +8613800138000", "no route to [number]"),
        ("+86 138-0013-8000, again", "[number], again"),
        ("+1 (201) 555-0123", "[number]"),
        ("sip:8613800138000@10.0.0.1:5060", "sip:[number]@10.0.0.1:5060"),
        ("<SIPS:bob;x=y@pbx>", "<SIPS:[number]@pbx>"),
        ("tel:+1-201-555-0123;ext=7 busy", "tel:[number] busy"),
        ("from=13800138000.", "from=[number]."),
        ("/calls/%2B8613800138000/end", "/calls/[number]/end"),
        ("a\n13800138000\nb", "a\n[number]\nb"),
    ],
)
def test_what_looks_like_a_number_is_hidden(text: str, hidden: str) -> None:
    assert logs.scrub(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "listening on 127.0.0.1:9108 after 0.123456789012 s",
        "attempt 0190a1b2-c3d4-7e5f-8a9b-123456789012 ended: 486",
        "INVITE sip:sbc.carrier-a.example:5060 took 4.2 s",
        "at 2026-03-01T01:30:00.125+00:00, 12345678 rows",
        "call c1234567890123 is callee.busy",
        "caller +86*****0100",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert logs.scrub(text) == text


digits = st.from_regex(r"[1-9][0-9]{8,14}", fullmatch=True)
before = st.sampled_from(["", " ", "'", "(", "<", ":", "=", ",", "\n", "number "])
after = st.sampled_from(["", " ", "'", ")", ">", ":", ".", ",", "\n", " rings"])


@given(digits, before, after)
def test_no_number_survives_in_any_of_its_forms(number: str, before: str, after: str) -> None:
    dashed = "-".join(re.findall(r"\d{1,3}", number))
    for form in (
        number,
        f"+{number}",
        f"+{dashed}",
        f"sip:{number}@h",
        f"sip:+{number};user=phone@h",
        f"tel:{dashed}",
    ):
        kept = re.sub(r"\D", "", logs.scrub(before + form + after))
        assert len(kept) < 7, form


@given(st.text())
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    once = logs.scrub(text)
    assert logs.scrub(once) == once


def test_plain_lines_carry_utc_time_level_and_logger() -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream)
    logging.getLogger("dialer.calls.live").warning("trunk %s is gone", "carrier-a")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
        r"warning dialer\.calls\.live: trunk carrier-a is gone\n",
        stream.getvalue(),
    )


def test_the_time_is_utc_whatever_the_zone_of_the_machine() -> None:
    record = logging.LogRecord("dialer", logging.INFO, "", 0, "x", None, None)
    record.created = 1772328600.1259
    assert logs.PlainFormatter().format(record).startswith("2026-03-01T01:30:00.125Z ")


@pytest.mark.parametrize("as_json", [False, True])
def test_numbers_in_arguments_and_tracebacks_are_hidden(as_json: bool) -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream, as_json=as_json)
    try:
        int("+8613800138000.5")
    except ValueError:
        logging.getLogger("dialer").exception("lost %s", "sip:13900139000@h")
    text = stream.getvalue()
    assert "Traceback" in text
    assert "13800138000" not in text
    assert "13900139000" not in text


def fail(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_text_of_others_ends_a_line_or_steers_a_terminal(as_json: bool) -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream, as_json=as_json)
    hostile = "\x1b[2J\n2026-03-01T01:30:00.125Z error   dialer: forged\x9b\u202e\u2028x"
    try:
        fail(hostile)
    except ValueError:
        logging.getLogger("dialer").exception("peer said %s", hostile, stack_info=True)
    text = stream.getvalue()
    assert not set(text) & set("\x1b\x9b\u202e\u2028\r")
    first, *more = text.splitlines()
    assert "peer said" in first
    assert not as_json or not more
    assert all(line.startswith("    ") for line in more)


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream, as_json=True)
    log = logging.getLogger("audio.loop")
    log.info("a\nb")
    log.warning("c")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "a\nb"
    assert first["level"] == "info"
    assert first["logger"] == "audio.loop"
    assert first["time"].endswith("Z")
    assert second["message"] == "c"
    assert "traceback" not in second


@pytest.mark.parametrize(
    "verbose, said",
    [
        (0, ["dialer info", "other warning"]),
        (1, ["dialer debug", "dialer info", "other warning"]),
        (2, ["dialer debug", "dialer info", "other info", "other warning"]),
    ],
)
def test_verbose_opens_our_own_lines_first(verbose: int, said: list[str]) -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream, verbose=verbose)
    logging.getLogger("dialer.core").debug("dialer debug")
    logging.getLogger("dialer.core").info("dialer info")
    logging.getLogger("other").info("other info")
    logging.getLogger("other").warning("other warning")
    assert [line.partition(": ")[2] for line in stream.getvalue().splitlines()] == said


def test_set_up_twice_says_everything_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.set_up(stream=first)
    logs.set_up(stream=second)
    logging.getLogger("dialer").info("hello")
    assert first.getvalue() == ""
    assert second.getvalue().count("hello") == 1


def test_warnings_are_log_lines_too() -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old call to +8613800138000", stacklevel=1)
    assert "old call to [number]" in stream.getvalue()


def test_a_log_file_that_is_renamed_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "dialer.log"
    logs.set_up(file=file)
    log = logging.getLogger("dialer.test")
    log.info("before")
    file.rename(tmp_path / "dialer.log.1")
    log.info("after, to +8613910000001")
    logs.set_up()
    assert "before" in (tmp_path / "dialer.log.1").read_text()
    assert "dialer.test: after, to [number]" in file.read_text()
    assert "before" not in file.read_text()


def test_a_full_disk_is_said_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(file=Path("/dev/full"))
    log = logging.getLogger("dialer.test")
    for number in range(3):
        log.info("line %d", number)
    with pytest.raises(IsADirectoryError):
        logs.set_up(file=Path("/dev"))
    logs.set_up()
    assert capsys.readouterr().err == "dialer: /dev/full takes no log: No space left on device\n"
