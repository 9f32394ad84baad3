"""The native guard at work: Python lies, and nothing leaves."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import pjsua2 as pj
import pytest

from dialer.core.values.events import (
    Answered,
    DialFailed,
    InviteSent,
    LocalEnded,
    LocalFault,
    Rejected,
)
from dialer.core.values.number import E164
from dialer.sip import _guard, guard
from dialer.sip.account import TrunkAccount
from dialer.sip.call import LineCall
from dialer.sip.settings import TrunkSettings
from tests.support.capture import Capture
from tests.support.line import CALLEE, CALLER, SETTINGS, order, running
from tests.support.sipp import Sipp, free_port
from tests.support.waiting import until

OTHER: Final = E164("+861065550199")
VETOED: Final = DialFailed(LocalFault.VETOED)

Lie = Callable[[Any], None]
"""Bends the SipTxOption of an INVITE that is honest so far."""


def in_from(uri: str) -> Lie:
    def bend(options: Any) -> None:  # noqa: ANN401  pjsua2 has no types
        options.localUri = uri

    return bend


def in_header(name: str, value: str) -> Lie:
    def bend(options: Any) -> None:  # noqa: ANN401  pjsua2 has no types
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        headers = pj.SipHeaderVector()
        headers.append(header)
        options.headers = headers

    return bend


LIES: Final[dict[str, tuple[Lie, str]]] = {
    "another number": (in_from(f"<sip:{OTHER.clear}@127.0.0.1>"), "from"),
    "no plus": (in_from(f"<sip:{CALLER.digits}@127.0.0.1>"), "from"),
    "escaped": (in_from(f"<sip:%2b{OTHER.digits}@127.0.0.1>"), "from"),
    "tel": (in_from(f"<tel:{OTHER.clear}>"), "from"),
    "display name": (in_from(f'"{OTHER.clear}" <sip:{CALLER.clear}@127.0.0.1>'), "from"),
    "anonymous": (in_from('"Anonymous" <sip:anonymous@anonymous.invalid>'), "from"),
    "nobody": (in_from("<sip:veridial@127.0.0.1>"), "no_number"),
    "privacy": (in_header("Privacy", "id"), "privacy"),
    "P-Asserted-Identity": (
        in_header("P-Asserted-Identity", f"<sip:{CALLER.clear}@h.example>, <tel:{OTHER.clear}>"),
        "p_asserted_identity",
    ),
    "P-Preferred-Identity": (
        in_header("P-Preferred-Identity", f"<sip:{OTHER.clear}@h.example>"),
        "p_preferred_identity",
    ),
    "Diversion": (in_header("Diversion", f"<sip:{OTHER.clear}@h.example>"), "diversion"),
    "Remote-Party-ID": (
        in_header("Remote-Party-ID", f"<sip:{OTHER.clear}@h.example>;party=calling"),
        "remote_party_id",
    ),
    "second Contact": (in_header("Contact", f"<sip:{OTHER.clear}@127.0.0.1>"), "contact"),
    "short Contact": (in_header("m", f"<sip:{OTHER.clear}@127.0.0.1>"), "contact"),
    "a header of the carrier's": (in_header("X-CLI", OTHER.digits), "header"),
    "smuggled": (
        in_header("Supported", f"timer\r\nP-Asserted-Identity: <tel:{OTHER.clear}>"),
        "p_asserted_identity",
    ),
    "smuggled by a bare newline": (
        in_header("Supported", f"timer\nP-Asserted-Identity: <tel:{OTHER.clear}>"),
        "malformed",
    ),
}


class Liar:
    """Makes the Python side tell `lie` in each INVITE; none, and it is honest."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lie: Lie | None = None
        honest = TrunkAccount.identify

        def identify(account: TrunkAccount, options: Any, caller_id: E164) -> None:  # noqa: ANN401
            honest(account, options, caller_id)
            if self.lie is not None:
                self.lie(options)

        monkeypatch.setattr(TrunkAccount, "identify", identify)


async def test_no_lie_leaves_and_the_truth_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    liar = Liar(monkeypatch)
    before = guard.Figures().vetoes
    ours = free_port()  # whatever leaves it, wherever to, is seen
    settings = replace(SETTINGS, bind_port=ours)
    with Sipp("carrier-401", tmp_path) as carrier, Capture([ours]) as capture:
        async with running(carrier.uri, settings=settings) as (line, listener):
            for name, (lie, _) in LIES.items():
                liar.lie = lie
                line.dial(order(name))
                # At once: nothing is waited for.
                assert await listener.end_of(name, limit=3.0) == VETOED, name
                assert listener.told(name) == [VETOED], name
            liar.lie = None
            line.dial(order("honest"))
            assert await listener.end_of("honest") == Rejected(401)
            sent = await listener.hears("honest", InviteSent)
    left = [packet for packet in capture.sip() if packet.source == ours]
    assert [packet.what for packet in left] == ["INVITE", "ACK"]
    assert {packet.header("Call-ID") for packet in left} == {sent.sip_call_id}
    assert carrier.received() == ["INVITE", "ACK"]
    after = guard.Figures().vetoes
    counted = {cause: after[cause] - before[cause] for cause in after}
    causes = [cause for _, cause in LIES.values()]
    assert counted == {cause: causes.count(cause) for cause in after}
    said = [record for record in caplog.records if record.name == "dialer.sip.guard"]
    told = [record.args for record in said if isinstance(record.args, tuple)]
    assert [(what[1], what[3]) for what in told] == [
        (f" of attempt {name}", cause) for name, (_, cause) in LIES.items()
    ]
    for number in (CALLEE, CALLER, OTHER):
        assert number.digits not in caplog.text


async def test_an_order_to_hide_our_number_does_not_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = guard.Figures().vetoes["request_uri"]
    codes = ("*67", "%2331%23", "141", "*31*")
    ours = free_port()
    settings = replace(SETTINGS, bind_port=ours)
    with Sipp("carrier-401", tmp_path) as carrier, Capture([ours]) as capture:
        async with running(carrier.uri, settings=settings) as (line, listener):
            for code in codes:
                there = carrier.uri.removeprefix("sip:")
                uri = f"<sip:{code}{CALLEE.digits}@{there}>"
                monkeypatch.setattr(TrunkAccount, "callee_uri", lambda *_, uri=uri: uri)
                line.dial(order(code))
                assert await listener.end_of(code, limit=3.0) == VETOED, code
    assert [packet for packet in capture.sip() if packet.source == ours] == []
    assert guard.Figures().vetoes["request_uri"] == before + len(codes)


async def test_a_number_of_the_core_that_the_trunk_may_not_show(tmp_path: Path) -> None:
    """The same number may be right on one trunk and wrong on the next."""
    theirs = TrunkSettings("", "", caller_ids=frozenset({OTHER}))
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with running(carrier.uri, trunk=theirs) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a", limit=3.0) == VETOED
    assert capture.datagrams() == []


async def test_the_account_is_bent(tmp_path: Path) -> None:
    """A Contact that PJSIP makes itself, from what the account says."""
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with running(carrier.uri) as (line, listener):
            (account,) = line._calls._accounts.values()  # type: ignore[union-attr]

            def bend() -> None:
                config = account._config(SETTINGS, (24000, 24998))
                config.sipConfig.contactForced = f"<sip:{OTHER.clear}@127.0.0.1:{line.port}>"
                account.modify(config)

            line._thread.post(bend)  # type: ignore[union-attr]
            line.dial(order())
            assert await listener.end_of("a", limit=3.0) == VETOED
    assert capture.datagrams() == []


async def test_the_table_is_replaced_as_a_whole_and_nothing_passes_without(tmp_path: Path) -> None:
    with (
        Sipp("carrier-401", tmp_path) as first,
        Sipp("carrier-401", tmp_path) as second,
        Capture([first.port, second.port]) as capture,
    ):
        async with running(first.uri, second.uri) as (line, listener):

            async def dial(trunk: str, attempt: str) -> object:
                line.dial(order(attempt, trunk))
                return await listener.end_of(attempt, limit=3.0)

            assert await dial("t0", "a") == Rejected(401)
            shown = _guard.Identities([CALLER.clear], ["veridial"])
            _guard.allow({f"127.0.0.1:{second.port}": shown})
            assert await dial("t0", "b") == VETOED
            assert await dial("t1", "c") == Rejected(401)
            _guard.allow({})
            assert await dial("t1", "d") == VETOED
    invites = [packet.target for packet in capture.sip() if packet.what == "INVITE"]
    assert invites == [first.port, second.port]


async def test_a_destination_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for trunks that PJSIP finds by DNS."""
    monkeypatch.setattr(TrunkAccount, "_route", lambda _: pj.StringVector())
    with Sipp("carrier-401", tmp_path) as carrier:
        async with running(f"sip:LocalHost:{carrier.port}") as (line, listener):
            shown = _guard.Identities([CALLER.clear], ["veridial"])
            for attempt, destination, end in (
                ("a", "localhost", Rejected(401)),
                ("b", "localhost.example", VETOED),
            ):
                _guard.allow({destination: shown})
                line.dial(order(attempt))
                assert await listener.end_of(attempt, limit=3.0) == end


async def test_an_invite_that_left_is_repeated_and_cancelled_whatever_the_table_says(
    tmp_path: Path,
) -> None:
    """Else a phone would go on ringing for a call that is over here."""
    with (
        Sipp("carrier-goes-silent-after-trying", tmp_path) as carrier,
        Sipp("carrier-never-replies", tmp_path) as mute,
        Capture([carrier.port, mute.port]) as capture,
    ):
        async with running(carrier.uri, mute.uri) as (line, listener):
            line.dial(order("a", "t0"))
            line.dial(order("b", "t1"))
            await listener.hears("b", InviteSent)
            _guard.allow({})

            def seen(target: int) -> list[str]:
                return [packet.what for packet in capture.sip() if packet.target == target]

            await until(lambda: seen(mute.port).count("INVITE") >= 2)
            await until(lambda: seen(carrier.port) == ["INVITE"])
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert listener.ends("b") == []
    assert "CANCEL" in seen(carrier.port)


SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


def reply(status: str, to: str, contact: int, rtp: int | None = None) -> bytes:
    """A reply with `status` to the request `to`, whose Contact is at another port of ours."""
    kept = [
        line + (";tag=far" if line.startswith("To:") and ";tag=" not in line else "")
        for line in to.partition("\r\n\r\n")[0].split("\r\n")[1:]
        if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
    ]
    sdp = SDP.format(port=rtp) if rtp else ""
    own = [
        f"Contact: <sip:far@127.0.0.1:{contact}>",
        "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, REFER",
        *(["Content-Type: application/sdp"] if rtp else []),
        f"Content-Length: {len(sdp)}",
    ]
    return "\r\n".join([f"SIP/2.0 {status}", *kept, *own, "", sdp]).encode()


class Peer:
    """A UDP socket of 127.0.0.1 that a test answers SIP at, as a context manager."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._from: tuple[str, int] = ("", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def hears(self, method: str) -> str:
        """The next request of this method; TimeoutError after 5 s."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            while True:
                data, self._from = await loop.sock_recvfrom(self._socket, 65535)
                if data.startswith(method.encode() + b" "):
                    return data.decode()

    async def says(self, message: bytes) -> None:
        """To where the last request came from."""
        await asyncio.get_running_loop().sock_sendto(self._socket, message, self._from)


async def test_within_a_dialog_the_truth_goes_where_the_far_side_wants_it_and_no_lie_does() -> None:
    """The far side's Contact is on no list; its call was let out, and is refreshed and moved."""
    loop = asyncio.get_running_loop()
    with Peer() as carrier, Peer() as beyond, Capture([beyond.port]) as capture:
        async with running(f"sip:127.0.0.1:{carrier.port}") as (line, listener):
            line.dial(order())
            invite = await carrier.hears("INVITE")
            await carrier.says(reply("200 OK", invite, beyond.port, free_port()))
            await listener.hears("a", Answered)
            _guard.allow({})
            call = line._calls._telling["a"]  # type: ignore[union-attr]
            before = guard.Figures().vetoes["p_asserted_identity"]

            async def tries(act: Callable[[Any], None], lie: Lie | None) -> None:
                done = asyncio.Event()

                def run() -> None:
                    options = pj.CallOpParam(True)
                    if lie is not None:
                        lie(options.txOption)
                    try:
                        act(options)
                    except pj.Error:
                        assert lie is not None
                    loop.call_soon_threadsafe(done.set)

                line._thread.post(run)  # type: ignore[union-attr]
                await done.wait()

            def transfer(options: Any) -> None:  # noqa: ANN401
                call.xfer("<sip:100@pbx.example>", options)

            lie = in_header("P-Asserted-Identity", f"<tel:{OTHER.clear}>")
            await tries(call.update, lie)
            await tries(call.update, None)
            update = await beyond.hears("UPDATE")
            await beyond.says(reply("200 OK", update, beyond.port, free_port()))
            await tries(transfer, lie)
            await tries(transfer, None)
            refer = await beyond.hears("REFER")
            await beyond.says(reply("202 Accepted", refer, beyond.port))
            await tries(call.reinvite, lie)
            await tries(call.reinvite, None)
            again = await beyond.hears("INVITE")
            await beyond.says(reply("200 OK", again, beyond.port, free_port()))
            assert guard.Figures().vetoes["p_asserted_identity"] == before + 3
            assert listener.ends("a") == []
            line.end("a")
            await beyond.says(reply("200 OK", await beyond.hears("BYE"), beyond.port))
            assert await listener.end_of("a") == LocalEnded()
    assert {packet.what for packet in capture.sip()} >= {"UPDATE", "REFER", "INVITE", "BYE"}
    assert all(OTHER.digits not in packet.text for packet in capture.sip())


@pytest.mark.parametrize("is_listed", [False, True])
async def test_a_redirection_leads_nowhere_that_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, is_listed: bool
) -> None:
    """Nobody here follows one; where somebody did, the number may not be right over there."""
    follow = pj.PJSIP_REDIRECT_ACCEPT
    monkeypatch.setattr(LineCall, "onCallRedirected", lambda _call, _prm: follow)
    with Peer() as carrier, Peer() as beyond, Capture([beyond.port]) as capture:
        async with running(f"sip:127.0.0.1:{carrier.port}") as (line, listener):
            if is_listed:
                shown = _guard.Identities([CALLER.clear], ["veridial"])
                _guard.allow({f"127.0.0.1:{port}": shown for port in (carrier.port, beyond.port)})
            line.dial(order())
            invite = await carrier.hears("INVITE")
            await carrier.says(reply("302 Moved Temporarily", invite, beyond.port))
            if is_listed:
                again = await beyond.hears("INVITE")
                await beyond.says(reply("486 Busy Here", again, beyond.port))
            end = await listener.end_of("a", limit=3.0)
    assert end == (Rejected(486) if is_listed else VETOED)
    assert bool(capture.datagrams()) is is_listed
