from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.sip import headers
from dialer.sip.headers import (
    content_type,
    has_sdp,
    info_key,
    meant_code,
    q850_cause,
    retry_after,
    unanswerable,
)


def message(*headers: str, body: str = "", first: str = "SIP/2.0 486 Busy Here") -> str:
    return "\r\n".join([first, *headers, "", body])


@pytest.mark.parametrize(
    "value, cause",
    [
        ("Reason: Q.850;cause=17", 17),
        ('Reason: Q.850;cause=16;text="Normal call clearing"', 16),
        ("reason :q.850 ; CAUSE = 1", 1),
        ('Reason: Q.850;text="x;y,z";cause=34', 34),
        ("Reason: SIP;cause=600, Q.850;cause=21", 21),
        ('Reason: SIP;cause=480;text="Q.850;cause=3", Q.850;cause=20', 20),
        ('Reason: SIP;cause=480;text="a, Q.850;cause=3"', None),
        ("Reason: Q.850\r\n ;cause=18", 18),
        ("Reason: SIP;cause=486", None),
        ("Reason: Q.850;cause=999", None),
        ("Reason: Q.850;cause=", None),
        ("Reason: XQ.850;cause=17", None),
        ("X-Reason: Q.850;cause=17", None),
    ],
)
def test_the_cause_of_a_reason_header(value: str, cause: int | None) -> None:
    assert q850_cause(message("Via: SIP/2.0/UDP h", value, "CSeq: 1 INVITE")) == cause


def test_of_two_reason_headers_the_one_that_speaks_q850() -> None:
    assert q850_cause(message("Reason: SIP;cause=503", "Reason: Q.850;cause=41")) == 41


def test_a_reason_in_the_body_is_none() -> None:
    assert q850_cause(message("CSeq: 1 INVITE", body="Reason: Q.850;cause=17")) is None


ANALYTICS = 'Reason: SIP;cause=603;text="v=analytics1;url=https://example.net/redress"'


@pytest.mark.parametrize(
    "first, value, meant",
    [
        ("SIP/2.0 603 Network Blocked", "CSeq: 1 INVITE", 608),
        ("SIP/2.0 603 network  blocked", "Reason: Q.850;cause=21", 608),
        ("SIP/2.0 603 Decline", ANALYTICS, 608),
        ("SIP/2.0 603 Decline", ANALYTICS.replace("SIP;", "sip ; ").replace("v=", "V = "), 608),
        ("SIP/2.0 480 Unavailable", f"Reason: Q.850;cause=21\r\n{ANALYTICS}", 608),
        ("SIP/2.0 603 Decline", 'Reason: Q.850;cause=21, SIP;cause=608;text="Rejected"', 608),
        ("SIP/2.0 403 Forbidden", "Reason: SIP;cause=607", 607),
        ("SIP/2.0 603 Decline", "Reason: SIP;cause=603", None),
        ("SIP/2.0 603 Decline", 'Reason: SIP;cause=603;text="SIP;cause=608"', None),
        ("SIP/2.0 603 Decline", 'X-Reason: SIP;text="v=analytics1"', None),
        # A phrase is the far side's prose: it counts only where the standard gives it.
        ("SIP/2.0 486 Network Blocked", "CSeq: 1 INVITE", None),
    ],
)
def test_what_the_words_of_a_refusal_mean(first: str, value: str, meant: int | None) -> None:
    assert meant_code(message("Via: SIP/2.0/UDP h", value, first=first)) == meant


@pytest.mark.parametrize(
    "challenges, wanted",
    [
        (['WWW-Authenticate: Digest realm="a, b", nonce="n", qop="auth"'], ""),
        (['WWW-Authenticate: digest realm="x",nonce="n",algorithm=sha-256'], ""),
        (['Proxy-Authenticate: Digest realm="x", nonce="n", qop="auth-int"'], "qop auth-int alone"),
        (
            [
                'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth-int"',
                'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth-int,auth"',
            ],
            "",
        ),
        (
            ['WWW-Authenticate: Digest realm="x", nonce="n", algorithm=AKAv1-MD5'],
            "an unknown algorithm",
        ),
        (['WWW-Authenticate: NTLM realm="x"'], "a scheme other than Digest"),
        ([], ""),
    ],
)
def test_what_a_challenge_asks_for_in_vain(challenges: list[str], wanted: str) -> None:
    assert unanswerable(message(*challenges, first="SIP/2.0 401 Unauthorized")) == wanted


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("Retry-After: 18000;duration=3600", 18000),
        ("Retry-After: 120 (I'm in a meeting)", 120),
        ("retry-after:5", 5),
        ("Retry-After: soon", None),
        ("X-Retry-After: 5", None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    assert retry_after(message(value)) == seconds


@pytest.mark.parametrize(
    "headers, body, sdp",
    [
        (("Content-Type: application/sdp",), "v=0\r\n", True),
        (("c: Application/SDP ;charset=utf-8",), "v=0\r\n", True),
        (("Content-Type: application/sdp",), "", False),
        (("Content-Type: text/plain",), "v=0\r\n", False),
        (
            ("Content-Type: multipart/mixed;boundary=b",),
            "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--",
            True,
        ),
        ((), "v=0\r\n", False),
    ],
)
def test_early_media_needs_an_sdp_body(headers: tuple[str, ...], body: str, sdp: bool) -> None:
    assert has_sdp(message(*headers, body=body)) is sdp


@pytest.mark.parametrize(
    "kind, body, key",
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", "Duration = 160\r\nSignal = d\r\n", "D"),
        ("application/dtmf-relay", "Signal=\r\n", None),
        ("application/dtmf-relay", "signal=2\nduration=160", "2"),
        ("application/dtmf-relay", "SIGNAL= 1\rDuration=160", "1"),
        ("application/dtmf-relay", "Signal=11\r\nDuration=160\r\n", "#"),
        ("application/dtmf-relay", "Signal=10\r\n", "*"),
        ("application/dtmf-relay", "Signal=12\r\n", "A"),
        ("application/dtmf-relay; charset=utf-8", "Signal=7\r\n", "7"),
        *(
            ("application/dtmf-relay", each, None)
            for each in ("Signal=16", "Signal=111", "Signal=1 2", "Signal=1\r\nSignal=2", "1", "")
        ),
        ("application/dtmf", "1", "1"),
        ("application/dtmf", " #\r\n", "#"),
        ("Application/DTMF", "11", "#"),
        ("application/dtmf", "10", "*"),
        ("application/dtmf", "16", None),
        ("application/dtmf", "hello", None),
        ("text/plain", "1", None),
    ],
)
def test_the_key_of_an_info(kind: str, body: str, key: str | None) -> None:
    assert info_key(message(f"Content-Type: {kind}", body=body, first="INFO sip:h SIP/2.0")) == key


def test_no_body_has_no_content_type() -> None:
    assert content_type(message("Content-Type: application/dtmf")) == ""


HEADERS = ["Reason:", "Retry-After: ", "Content-Type: ", "Q.850", ";cause=", '"', ",", "\r\n", "9"]


@given(st.lists(st.sampled_from(HEADERS) | st.text(max_size=5), max_size=30).map("".join))
def test_whatever_the_far_side_writes_nothing_raises(text: str) -> None:
    cause = q850_cause(text)
    assert cause is None or 0 <= cause <= 127
    seconds = retry_after(text)
    assert seconds is None or seconds >= 0
    assert info_key(text) is None or len(info_key(text) or "") == 1
    assert isinstance(has_sdp(text), bool)


CALL_IN = (
    "INVITE sip:+861065550100@192.0.2.1:5060;user=phone SIP/2.0\r\n"
    'From: "Li, Wei" <sip:13912345678;phone-context=cn@192.0.2.9;user=phone>;tag=1\r\n'
    "t: <tel:+861065550101;ext=5>\r\n"
    "P-Asserted-Identity: <sip:+8613912345678@192.0.2.9>,\r\n"
    " <tel:+8613912345678>\r\n"
    "Privacy: none;%s\r\n"
    "i: 7@192.0.2.9\r\n"
    "\r\n"
)


def test_who_is_called_and_who_calls() -> None:
    message = CALL_IN % "critical"
    assert headers.request_user(message) == "+861065550100"
    assert headers.users(message, "(?:To|t)") == ["+861065550101"]
    assert headers.users(message, "P-Asserted-Identity") == ["+8613912345678"] * 2
    assert headers.users(message, "(?:From|f)") == ["13912345678"]
    assert headers.users(message, "P-Called-Party-ID") == []
    assert headers.call_id(message) == "7@192.0.2.9"
    assert not headers.wants_privacy(message)
    assert headers.wants_privacy(CALL_IN % "id")


@pytest.mark.parametrize(
    "value, user",
    [
        ("<sip:8001@pbx>", "8001"),
        ("sip:8001@pbx", "8001"),
        ("<sip:%2B861065550100@pbx;user=phone>", "+861065550100"),
        ("<sip:8001@pbx?Replaces=1%40x>", ""),
        ("<sip:pbx>", ""),
        ("<sip:1@pbx>, <sip:2@pbx>", ""),
    ],
)
def test_whom_a_refer_names(value: str, user: str) -> None:
    assert headers.refer_to(f"REFER sip:a@b SIP/2.0\r\nRefer-To: {value}\r\n\r\n") == user


@pytest.mark.parametrize(
    "value, passed",
    [
        ("<sip:+8613800138000;verstat=TN-Validation-Passed@carrier.example;user=phone>", [True]),
        ("<sip:+8613800138000;verstat=TN-Validation-Passed-A@carrier.example>", [True]),
        ("<tel:+8613800138000;verstat=tn-validation-passed>", [True]),
        ('"x <sip:1;verstat=TN-Validation-Passed@h>" <sip:+8613800138000@h>', [False]),
        ("<sip:+8613800138000;verstat=TN-Validation-Failed@h>", [False]),
        ("<sip:+8613800138000;verstat=No-TN-Validation@h>", [False]),
        ("<sip:+8613800138000;verstat=TN-Validation-Passed-Z@h>", [False]),
        ("<sip:+8613800138000;verstat=x;verstat=TN-Validation-Passed@h>", [False]),
        ("<sip:+8613800138000@h;verstat=TN-Validation-Passed>", [False]),
        ("<sip:+8613800138000@h>;verstat=TN-Validation-Passed", [False]),
        ("<sip:1@h>, <sip:2;verstat=TN-Validation-Passed@h>", [False, True]),
        ("<sip:h>", []),
    ],
)
def test_a_number_that_the_carrier_has_verified(value: str, passed: list[bool]) -> None:
    message = f"INVITE sip:x@y SIP/2.0\r\nP-Asserted-Identity: {value}\r\n\r\n"
    assert headers.verified(message, "P-Asserted-Identity") == passed
    assert len(headers.users(message, "P-Asserted-Identity")) == len(passed)
