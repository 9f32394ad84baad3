"""What a trunk may want otherwise: identity, numbers, codecs, a proxy, TCP."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import Answered, HoldChanged, LocalEnded
from dialer.core.values.number_form import NumberForm, NumberStyle
from dialer.sip.line import SipLine
from dialer.sip.settings import Identity, Registration, Transport, TrunkSettings
from tests.support.line import CALLEE, CALLER, SETTINGS, Listener, order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Message, Sipp, free_rtp_port
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
LONG = playlist(tone(440, 8.0))
MEMBER = TrunkSettings("", "", registration=Registration("user-7", "secret"))


async def invite_of(like: TrunkSettings, tmp_path: Path) -> Message:
    """The first INVITE that a trunk sends; it is refused."""
    with Sipp("carrier-401", tmp_path) as carrier:
        async with running(carrier.uri, trunk=like) as (line, listener):
            line.dial(order())
            await listener.end_of("a")
    return next(message for message in carrier.messages() if message.what == "INVITE")


@pytest.mark.parametrize(
    "identity, header",
    [(Identity.PAI, "P-Asserted-Identity"), (Identity.PPI, "P-Preferred-Identity")],
)
async def test_the_caller_id_goes_where_the_trunk_wants_it(
    tmp_path: Path, identity: Identity, header: str
) -> None:
    with Sipp("carrier-407-then-answers", tmp_path) as carrier:
        like = replace(MEMBER, identity=identity)
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=like) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            await listener.end_of("a")
    invite = next(message for message in carrier.messages() if message.what == "INVITE")
    assert (invite.header("From") or "").startswith("<sip:user-7@127.0.0.1>;tag=")
    assert invite.header(header) == f"<sip:{CALLER.clear}@127.0.0.1>"
    shown = set(re.findall(r"^P-\w+-Identity", invite.text, re.MULTILINE))
    assert shown == {header}


MD5, SHA256 = 'algorithm=MD5, qop="auth"', 'algorithm=SHA-256, qop="auth,auth-int"'


@pytest.mark.parametrize(
    "first, second, answered",
    [
        (SHA256, MD5, "one"),
        (MD5, SHA256, "two"),
        (MD5, 'algorithm=SHA-512-256, qop="auth"', "two"),
        # What we have no answer to does not count, however strong it is.
        (MD5, SHA256.replace("auth,", ""), "one"),
        ('algorithm=SHA-1024, qop="auth"', MD5, "two"),
    ],
)
async def test_the_strongest_challenge_is_answered(
    tmp_path: Path, first: str, second: str, answered: str
) -> None:
    like = TrunkSettings(
        "", "", registration=Registration("+861065550100", "secret", auth_username="line-7")
    )
    given = {"first": first, "second": second}
    with Sipp("carrier-407-of-several", tmp_path, given) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=like) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            await listener.end_of("a")
    assert carrier.verdict == "passed"
    invites = [each for each in carrier.messages() if each.what == "INVITE"]
    said = re.findall(r"^Proxy-Authorization: .*", invites[-1].text, re.MULTILINE)
    assert [f'nonce="{answered}"' in each for each in said] == [True]
    # The user of the address of record is another than the one who answers for it.
    assert 'username="line-7"' in said[0]


async def test_requests_within_a_call_go_where_its_replies_come_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"contact": f"127.0.0.1:{free_rtp_port()}"}
    like = TrunkSettings("", "", route_back=True, user_phone=True)
    with Sipp("callee-contact-leads-nowhere", tmp_path, given) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=like) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"
    messages = [each for each in carrier.messages() if each.came]
    assert [each.what for each in messages] == ["INVITE", "ACK", "BYE"]
    assert ";user=phone" in messages[0].first_line
    # The Request-URI is what the Contact says (RFC 3261 12.2.1.1), and no Route is shown.
    assert [given["contact"] in each.first_line for each in messages[1:]] == [True, True]
    assert not any(each.header("Route") for each in messages)
    assert "came again" not in caplog.text


async def test_a_contact_that_leads_nowhere_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"contact": f"127.0.0.1:{free_rtp_port()}"}
    with Sipp("callee-contact-leads-nowhere", tmp_path, given) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, _listener):
            line.dial(order(opening=LONG))
            await until(lambda: "came again" in caplog.text)
            line.end("a")
    assert caplog.text.count("route_replies: received") == 1


async def test_numbers_are_written_in_the_trunk_s_way(tmp_path: Path) -> None:
    form = NumberForm(NumberStyle.NATIONAL, country="86", access="9")
    invite = await invite_of(TrunkSettings("", "", numbers=form), tmp_path)
    assert invite.first_line.startswith(f"INVITE sip:90{CALLEE.digits[2:]}@127.0.0.1")
    assert (invite.header("From") or "").startswith(f"<sip:0{CALLER.digits[2:]}@")


async def test_each_trunk_offers_its_own_codecs(tmp_path: Path) -> None:
    own = await invite_of(TrunkSettings("", "", codecs=("PCMU",)), tmp_path)
    turned = await invite_of(TrunkSettings("", "", codecs=("PCMU", "PCMA")), tmp_path)
    plain = await invite_of(TrunkSettings("", ""), tmp_path)
    offers = [re.findall(r"m=audio \d+ RTP/AVP (.*)", each.body) for each in (own, turned, plain)]
    assert offers == [["0 101"], ["0 8 101"], ["8 0 101"]]


async def test_a_reinvite_is_answered_with_the_codecs_of_its_own_trunk(tmp_path: Path) -> None:
    moved = free_rtp_port()
    with (
        Sipp("callee-holds-by-reinvite", tmp_path, {"new_rtp_port": moved}) as callee,
        Sipp("carrier-401", tmp_path) as other,
    ):
        trunks = [
            TrunkSettings(name, sipp.uri, caller_ids=frozenset({CALLER}), codecs=(codec,))
            for name, sipp, codec in (("t0", callee, "PCMA"), ("t1", other, "PCMU"))
        ]
        line, listener = SipLine(SETTINGS, trunks), Listener()
        await line.start(listener)
        try:
            async with RtpPeer(callee.rtp_port), RtpPeer(moved):
                line.dial(order())
                await listener.hears("a", Answered)
                # From here on PJSIP's list holds the other trunk's codecs.
                line.dial(order("b", trunk="t1"))
                await listener.end_of("b")
                await until(lambda: HoldChanged(held=False) in listener.told("a"))
                line.end("a")
                assert await listener.end_of("a") == LocalEnded()
        finally:
            await line.close()
    assert callee.verdict == "passed", callee.verdict
    answers = [each for each in callee.messages() if each.came and each.what == "200"]
    kinds = [re.findall(r"m=audio \d+ RTP/AVP (.*)", each.body) for each in answers]
    assert kinds == [["8 101"], ["8 101"]]


async def test_requests_go_through_the_proxy(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as proxy:
        like = TrunkSettings("", "", proxy=proxy.uri)
        async with running("sip:carrier.invalid", trunk=like) as (line, listener):
            line.dial(order())
            await listener.end_of("a")
    invite = next(message for message in proxy.messages() if message.what == "INVITE")
    assert invite.first_line == f"INVITE sip:{CALLEE.clear}@carrier.invalid SIP/2.0"
    assert invite.header("Route") == f"<sip:127.0.0.1:{proxy.port};lr>"


async def test_a_whole_call_by_tcp(tmp_path: Path) -> None:
    settings = replace(SETTINGS, transports=(Transport.UDP, Transport.TCP))
    like = TrunkSettings("", "", transport=Transport.TCP)
    with Sipp(PHONE, tmp_path, options=("-t", "t1")) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, settings=settings, trunk=like) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed", carrier.verdict
    invite = carrier.messages()[0]
    assert (invite.header("Via") or "").startswith("SIP/2.0/TCP ")
    assert ";transport=tcp>" in (invite.header("Contact") or "")


async def test_a_trunk_whose_connection_is_refused_is_down_at_once() -> None:
    settings = replace(SETTINGS, transports=(Transport.UDP, Transport.TCP))
    like = TrunkSettings("", "", transport=Transport.TCP, options_every=30.0)
    async with running("sip:127.0.0.1:1", settings=settings, trunk=like) as (line, _):
        await until(lambda: line.trunk_states()[0].why is StateReason.UNREACHABLE, 4)
        assert not line.trunk_states()[0].up
