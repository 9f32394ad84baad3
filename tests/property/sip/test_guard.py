"""No spelling of a number that is not listed passes the native guard."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialer.sip import _guard
from tests.support.sip_text import HONEST, LISTED, request

IDENTITIES: Final = _guard.Identities([LISTED], ["veridial"])
LISTED_DIGITS: Final = LISTED.removeprefix("+")
CLAIMING: Final = (
    *("From", "f", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion"),
    *("Contact", "m", "Referred-By", "b"),
)
OTHERS: Final = ("X-Caller-ID", "P-Charge-Info", "History-Info", "Identity", "Reply-To", "CLI")
SEPARATORS: Final = "-.() \t"
FULLWIDTH: Final = {ord("0") + n: 0xFF10 + n for n in range(10)}

numbers = st.one_of(
    st.from_regex(r"[0-9]{3,15}", fullmatch=True),
    st.sampled_from([LISTED_DIGITS[:-1], f"{LISTED_DIGITS}0", f"0{LISTED_DIGITS}", LISTED_DIGITS]),
)


@st.composite
def spelled(draw: st.DrawFn, digits: str) -> str:
    """`digits` in a form that some receiver might take for the number."""
    text = draw(st.sampled_from(["", "+", "00", "%2B", "++"])) + digits
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(SEPARATORS)) + text[at:]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text) - 1))
        text = f"{text[:at]}%{ord(text[at]):02x}{text[at + 1 :]}"
    if draw(st.integers(0, 4)) == 0:
        text = text.translate(FULLWIDTH)
    ends = ("", "", ";phone-context=+86", ";isub=1", ";cpc=ordinary", ":secret", "#", "\x00")
    return text + draw(st.sampled_from(ends))


@st.composite
def claims(draw: st.DrawFn) -> str:
    """A header's value that claims a number, of which no spelling is the listed one."""
    user = draw(numbers.flatmap(spelled))
    scheme = draw(st.sampled_from(["sip", "sips", "tel", "SIP", "Tel", "sip ", "im", "http"]))
    host = draw(st.sampled_from(["@192.0.2.1", "@h.example:5060", "@[2001:db8::1]", "", "@"]))
    tail = draw(st.sampled_from(["", ";user=phone", ";transport=tcp", ";lr", "?Subject=x", " "]))
    uri = f"{scheme}:{user}{host}{tail}"
    if uri in {f"{s}:{LISTED}{h}{t}" for s in ("sip", "sips", "SIP") for h in HOSTS for t in TAILS}:
        uri = f"sip:{LISTED}0@192.0.2.1"
    if uri.lower() == f"tel:{LISTED}":
        uri = f"tel:{LISTED}0"
    named = draw(st.sampled_from(["", '"Bank" ', "Bank ", '"<sip:veridial@h.example>" ', "\t"]))
    bracketed = draw(st.sampled_from(["<{}>", "<{}>", "<{}>", "{}", "< {} >", "<<{}>>", "<{}"]))
    value = named + bracketed.format(uri)
    return draw(
        st.sampled_from(
            [value, f"{HONEST}, {value}", f"{HONEST},{value}, {HONEST}", f"{value},{HONEST}"]
        )
    )


HOSTS: Final = ("@192.0.2.1", "@h.example:5060", "@[2001:db8::1]")
TAILS: Final = ("", ";user=phone", ";transport=tcp", ";lr")


@st.composite
def names(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(CLAIMING + OTHERS))
    case = draw(st.sampled_from([str, str.upper, str.lower, str.title]))
    return case(name) + draw(st.sampled_from(["", "", " ", "\t"]))


@settings(max_examples=300, deadline=None)
@given(names(), claims(), st.booleans())
def test_no_spelling_of_an_unlisted_number_passes(name: str, value: str, folded: bool) -> None:
    line = "\r\n " + value if folded else value
    assert IDENTITIES.judge(request((name, line))) != ""
    # Nor as the only From, where nothing honest stands beside it.
    assert IDENTITIES.judge(request(shows=value)) != ""


def shown(message: bytes) -> set[str]:
    """Every run of three digits or more that a lenient reader finds in the claiming headers.

    It joins folded lines, ends lines where anybody might, decodes and compares without separators;
    hosts, tags and the other parameters after the bracket are left out.
    """
    head = re.split(rb"\r?\n\r?\n", message, maxsplit=1)[0]
    head = re.sub(rb"(?:\r\n|\r|\n)[ \t]+", b" ", head)
    found: set[str] = set()
    for line in re.split(rb"\r\n|\r|\n|\x00", head)[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower().decode("latin-1") not in {each.lower() for each in CLAIMING}:
            continue
        for part in value.split(b","):
            claim = re.sub(rb"@[^@>]*", b"", part.partition(b">")[0])
            text = unquote_to_bytes(claim).decode("utf-8", "replace")
            plain = re.sub(r"[-.()+\s]", "", unicodedata.normalize("NFKC", text))
            found |= set(re.findall(r"\d{3,}", plain))
    return found


PIECES: Final = (
    *(b"\r\n", b"\n", b"\r", b" ", b"\r\n ", b",", b";", b":", b"<", b">", b'"', b"@", b"%31"),
    *(b"9", b"+", b"\x00", b"From", b"From: ", b"f:", b"To", b"tel:", b"sip:"),
    *(b"P-Asserted-Identity:", b"<sip:+861065550199@h>", b"m: <sip:8613800000000@h>\r\n"),
)

edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 3),
        st.one_of(
            st.binary(max_size=3),
            st.sampled_from(PIECES),
        ),
    ),
    max_size=4,
)


@settings(max_examples=600, deadline=None)
@given(edits)
@example([(0.99, 0, b"\r\nf: <sip:+861065550199@h>\r\n")])
def test_what_passes_shows_a_lenient_reader_nothing_but_the_listed_number(
    changes: list[tuple[float, int, bytes]],
) -> None:
    message = request(("P-Asserted-Identity", f"<sip:{LISTED}@192.0.2.1>, <tel:{LISTED}>"))
    for where, cut, put in changes:
        at = int(where * message.index(b"Content-Type")) if b"Content-Type" in message else 0
        message = message[:at] + put + message[at + cut :]
    if message.startswith(b"INVITE ") and IDENTITIES.judge(message) == "":
        assert shown(message) == {LISTED_DIGITS}


def test_the_lenient_reader_finds_numbers_at_all() -> None:
    lie = request(
        ("f", '"x" <sip:%2B8610-(6555) 0199;a=b@h>'), ("m", "\r\n <tel:\N{FULLWIDTH DIGIT ONE}234>")
    )
    assert shown(lie) == {LISTED_DIGITS, "861065550199", "1234"}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_it_reads_anything_and_lets_no_rubbish_pass(rubbish: bytes) -> None:
    assert IDENTITIES.judge(b"INVITE " + rubbish) != ""


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name in CLAIMING if name not in {"From", "f"}]),
            st.lists(
                st.builds(
                    "<{}:{}{}{}>".format,
                    st.sampled_from(["sip", "sips", "SIP"]),
                    st.just(LISTED),
                    st.sampled_from(HOSTS),
                    st.sampled_from(TAILS),
                ),
                min_size=1,
                max_size=3,
            ).map(", ".join),
        ),
        max_size=4,
    )
)
def test_the_listed_number_passes_wherever_it_is_shown(extra: list[tuple[str, str]]) -> None:
    assert IDENTITIES.judge(request(*extra)) == ""
