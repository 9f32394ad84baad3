"""What is read out of a carrier's message file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.demo import sipp
from dialer.demo.sipp import Carrier, SeenInvite, SippError
from tests.support.sipp import free_port

INVITE = """\
INVITE sip:+8610655010002@127.0.0.1:5070 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKPj1
From: "Example Bank" <sip:+861065550100@127.0.0.1>;tag=abc
To: <sip:+8610655010002@127.0.0.1>
Call-ID: one@dialer
CSeq: 1 INVITE
P-Asserted-Identity: <sip:+861065550100@127.0.0.1>
Content-Type: application/sdp
Content-Length: 22

v=0
From: nobody at all
"""


def heading(way: str, size: int = 700) -> str:
    verb = {"received": f"received [{size}] bytes :", "sent": f"sent ({size} bytes):"}[way]
    return f"{'-' * 47} 2026-03-02 10:00:00.123456\nUDP message {verb}\n\n"


def carrier(folder: Path, *blocks: str, line_ends: str = "\r\n") -> Carrier:
    made = Carrier("carrier-a", "carrier-people-at-rtp-ports.xml", 5070, folder)
    text = "".join(blocks).replace("\n", line_ends)
    made.messages_file.write_bytes(text.encode("latin-1"))
    return made


def came(message: str) -> str:
    return heading("received") + message + "\n"


@pytest.mark.parametrize("line_ends", ["\n", "\r\n"])
def test_an_invite_tells_its_call_its_callee_and_who_calls(tmp_path: Path, line_ends: str) -> None:
    seen = carrier(tmp_path, came(INVITE), line_ends=line_ends).invites()
    expected = SeenInvite("one@dialer", "+8610655010002", "+861065550100", "+861065550100")
    assert seen == [expected]


def test_copies_of_an_invite_are_one(tmp_path: Path) -> None:
    other = INVITE.replace("one@dialer", "two@dialer").replace("010002", "010004")
    seen = carrier(tmp_path, came(INVITE), came(other), came(INVITE)).invites()
    assert [(invite.call_id, invite.callee) for invite in seen] == [
        ("one@dialer", "+8610655010002"),
        ("two@dialer", "+8610655010004"),
    ]


def test_what_is_within_a_call_or_sent_by_the_carrier_begins_none(tmp_path: Path) -> None:
    again = INVITE.replace("127.0.0.1>\nCall-ID", "127.0.0.1>;tag=xyz\nCall-ID")
    assert again != INVITE
    ack = INVITE.replace("INVITE sip:", "ACK sip:", 1)
    reply = "SIP/2.0 100 Trying\nCall-ID: one@dialer\nCSeq: 1 INVITE\n"
    theirs = heading("sent") + INVITE.replace("one@dialer", "theirs") + "\n"
    assert carrier(tmp_path, came(again), came(ack), came(reply), theirs).invites() == []


def test_headers_are_known_in_any_case_and_only_from_the_head(tmp_path: Path) -> None:
    odd = (
        INVITE.replace("Call-ID:", "call-id :")
        .replace("From:", "FROM:", 1)
        .replace("P-Asserted-Identity: <sip:+861065550100@127.0.0.1>\n", "")
    )
    (seen,) = carrier(tmp_path, came(odd)).invites()
    assert seen == SeenInvite("one@dialer", "+8610655010002", "+861065550100", None)


def test_a_withheld_number_is_shown_as_it_came(tmp_path: Path) -> None:
    anonymous = INVITE.replace(
        '"Example Bank" <sip:+861065550100@127.0.0.1>', "<sip:anonymous@anonymous.invalid>"
    )
    (seen,) = carrier(tmp_path, came(anonymous)).invites()
    assert seen.caller_id == "anonymous"
    assert seen.asserted == "+861065550100"


def test_secure_uris_and_parameters_leave_the_number_clean(tmp_path: Path) -> None:
    secure = INVITE.replace("sip:+8610655010002@", "sips:+8610655010002;user=phone@")
    (seen,) = carrier(tmp_path, came(secure)).invites()
    assert seen.callee == "+8610655010002"


def test_an_invite_without_a_call_id_is_none(tmp_path: Path) -> None:
    assert carrier(tmp_path, came(INVITE.replace("Call-ID: one@dialer\n", ""))).invites() == []


def test_no_file_and_bytes_that_are_no_text_are_nothing(tmp_path: Path) -> None:
    made = Carrier("carrier-a", "carrier-people-at-rtp-ports.xml", 5070, tmp_path)
    assert made.invites() == []
    made.messages_file.write_bytes(heading("received").encode() + b"\xff\xfe\x00\n")
    assert made.invites() == []


# The process.


def test_a_carrier_that_cannot_read_its_scenario_says_so(tmp_path: Path) -> None:
    with pytest.raises(SippError, match="no such scenario"):
        Carrier("carrier-a", "no such scenario.xml", free_port(), tmp_path).__enter__()


def test_without_sipp_the_way_to_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sipp.shutil, "which", lambda _program: None)
    with pytest.raises(SippError, match="make setup"):
        Carrier("a", "carrier-people-at-rtp-ports.xml", free_port(), tmp_path).__enter__()
