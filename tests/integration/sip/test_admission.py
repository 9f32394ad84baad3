"""What the SIP ports take in: from trunks, by their transport, what is served, and in measure."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, LocalEnded
from dialer.sip import _admission, admission
from dialer.sip.address import locate
from dialer.sip.line import SipLine
from dialer.sip.settings import TlsSettings, Transport, TrunkSettings
from tests.support.capture import Capture
from tests.support.certificates import Authority
from tests.support.dns_server import DnsServer
from tests.support.line import CALLER, SETTINGS, Listener, order, running
from tests.support.raw_sip import Counted, Datagrams, free_tcp_port, request, within
from tests.support.sipp import Sipp
from tests.support.waiting import until

STRANGER = "127.0.0.2"
ANOTHER = "127.0.0.3"
"""Another trunk's."""
HERE = "127.0.0.1"
TRUNK = TrunkSettings("t0", "sip:127.0.0.1:5099", frozenset({CALLER}))
ALL = replace(SETTINGS, transports=(Transport.UDP, Transport.TCP, Transport.TLS))
REPLY = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-1\r\n\r\n"
SERVED = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY"


@asynccontextmanager
async def up(trunk: TrunkSettings = TRUNK, **settings: object) -> AsyncIterator[SipLine]:
    line = SipLine(replace(SETTINGS, **settings), [trunk], door=Door(DoorLimits()))  # type: ignore[arg-type]
    await line.start(Listener())
    try:
        yield line
    finally:
        await line.close()


@pytest.mark.parametrize(
    "cause, data",
    [
        *(
            ("stranger", partial(request, method))
            for method in ("INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "ACK", "X")
        ),
        ("stranger", lambda *_: REPLY),
        ("garbage", lambda *_: b"\x00\xff" * 40),
        ("garbage", lambda *_: b"GET / HTTP/1.1\r\nHost: a.sip.example\r\n\r\n\r\n\r\n"),
    ],
)
async def test_a_stranger_gets_no_byte(
    cause: str, data: Callable[[tuple[str, int], int], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    counted = Counted()
    async with up() as line:
        with Datagrams(STRANGER, line.port) as stranger, Datagrams(HERE, line.port) as trunk:
            for _ in range(3):
                stranger.send(data(stranger.name, line.port))
            trunk.ask("OPTIONS")
            assert (await trunk.hears()).startswith("SIP/2.0 200 ")
            await until(lambda: counted[cause] == 3)
            assert await stranger.hears(0.2) == ""
    (told,) = [r for r in caplog.records if r.name == admission.__name__]
    assert STRANGER in told.getMessage()
    assert len(told.getMessage()) < 250
    assert not [r for r in caplog.records if "pjsip" in r.name]


@pytest.mark.parametrize(
    "method", ["SUBSCRIBE", "MESSAGE", "PUBLISH", "REGISTER", "REFER", "NOTIFY", "ANYTHING"]
)
async def test_a_trunk_is_served_no_more_than_calls_need(method: str) -> None:
    counted = Counted()
    async with up() as line:
        with Datagrams(HERE, line.port) as trunk:
            asked = trunk.ask(method, headers="Event: presence\r\nExpires: 60\r\n")
            reply = await trunk.hears()
            assert reply.startswith("SIP/2.0 405 ")
            assert SERVED in reply.splitlines()
            assert len(reply) < asked + len(SERVED) + 100
            assert await trunk.hears(0.7) == ""  # no NOTIFY follows
            trunk.ask("OPTIONS")
            said = (await trunk.hears()).splitlines()
            assert SERVED in said
            assert "Allow-Events: refer" in said
            assert "Accept: application/sdp, message/sipfrag;version=2.0" in said
    assert counted["method"] == 1


ELSEWHERE = ";maddr=elsewhere.example"


@pytest.mark.parametrize(
    "code, written",
    [
        (400, {"via": ELSEWHERE}),
        (400, {"via": ";maddr=127.0.0.3"}),
        (400, {"headers": f"Contact: <sip:peer@127.0.0.1{ELSEWHERE}>\r\n"}),
        (400, {"headers": f"Record-Route: <sip:127.0.0.1;lr{ELSEWHERE}>\r\n"}),
        (400, {"headers": f"Route: <sip:127.0.0.1;lr{ELSEWHERE}>\r\n"}),
        (400, {"uri": f"sip:x@127.0.0.1{ELSEWHERE}"}),
        (200, {"headers": "Contact: <sip:peer@127.0.0.1;maddr=127.0.0.1>\r\n"}),
    ],
)
async def test_maddr_leads_nobody_elsewhere(code: int, written: dict[str, str]) -> None:
    async with DnsServer({}) as server, up(nameservers=server.at) as line:
        with Datagrams(HERE, line.port) as trunk, Datagrams("127.0.0.3", 5060) as elsewhere:
            trunk.ask("OPTIONS", **written)
            reply = await trunk.hears()
            assert reply.startswith(f"SIP/2.0 {code} ")
            assert await elsewhere.hears(0.1) == ""
        assert server.asked == []


@pytest.mark.parametrize(
    "least, by, is_served",
    [
        (Transport.UDP, Transport.UDP, True),
        (Transport.AUTO, Transport.UDP, True),
        (Transport.UDP, Transport.TCP, True),
        (Transport.TCP, Transport.UDP, False),
        (Transport.TCP, Transport.TCP, True),
        (Transport.TLS, Transport.UDP, False),
        (Transport.TLS, Transport.TCP, False),
    ],
)
@pytest.mark.parametrize("source", [HERE, "127.0.9.9"])
async def test_a_trunk_is_taken_by_no_weaker_transport_than_its_own(
    tmp_path: Path, least: Transport, by: Transport, source: str, *, is_served: bool
) -> None:
    authority = Authority(tmp_path)
    trunk = replace(TRUNK, transport=least, calls_from=(IPv4Network("127.0.9.0/24"),))
    tls = TlsSettings(port=0, ca_file=str(authority.file))
    counted = Counted()
    async with up(trunk, transports=ALL.transports, tls=tls) as line:
        if by is Transport.UDP:
            with Datagrams(source, line.port) as trunk_s:
                trunk_s.ask("OPTIONS")
                reply = await trunk_s.hears(0.5)
        else:
            reply = await by_stream(source, line.port)
    assert reply.startswith("SIP/2.0 200 ") is is_served
    assert counted["transport"] == (0 if is_served else 1)


async def by_stream(source: str, port: int, tls: ssl.SSLContext | None = None) -> str:
    """What is said to an OPTIONS."""
    reader, writer = await asyncio.open_connection(
        HERE, port, local_addr=(source, 0), ssl=tls, server_hostname="localhost" if tls else None
    )
    try:
        by = "TLS" if tls else "TCP"
        writer.write(request("OPTIONS", writer.get_extra_info("sockname"), port, by=by))
        async with asyncio.timeout(0.5):
            return (await reader.read(65536)).decode()
    except TimeoutError:
        return ""
    finally:
        writer.close()


async def test_a_trunk_of_tls_is_served_by_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ours = authority.certify("localhost")
    port = free_tcp_port()
    tls = TlsSettings(port, str(ours.certificate), str(ours.key), str(authority.file))
    context = ssl.create_default_context(cafile=authority.file)
    trunk = replace(TRUNK, transport=Transport.TLS)
    async with up(trunk, transports=ALL.transports, tls=tls):
        assert (await by_stream(HERE, port, context)).startswith("SIP/2.0 200 ")
        with pytest.raises(ConnectionError):
            await by_stream(STRANGER, port, context)


@asynccontextmanager
async def connected(
    source: str, port: int, count: int
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """So many connections, of which nobody says a word."""
    streams = [
        await asyncio.open_connection(HERE, port, local_addr=(source, 0)) for _ in range(count)
    ]
    try:
        yield streams
    finally:
        for _, writer in streams:
            writer.close()


async def is_ended(reader: asyncio.StreamReader, within: float = 0.5) -> bool:
    try:
        async with asyncio.timeout(within):
            return await reader.read(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
async def test_connections_are_few_and_none_is_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """A TLS connection that begins no handshake is one that says nothing."""
    monkeypatch.setattr(
        admission, "install", lambda _: _admission.install(first_message=1.5, idle=3.0)
    )
    authority = Authority(tmp_path)
    ours = authority.certify("localhost")
    by_tls = TlsSettings(free_tcp_port(), str(ours.certificate), str(ours.key), str(authority.file))
    counted = Counted()
    async with up(transports=ALL.transports, tls=by_tls) as line:
        port = by_tls.port if tls else line.port
        async with connected(STRANGER, port, 5) as strangers:
            assert all([await is_ended(reader) for reader, _ in strangers])
        assert counted["connection_stranger"] == 5
        async with connected(HERE, port, 18) as streams:
            assert [await is_ended(reader, 0.05) for reader, _ in streams] == 16 * [False] + 2 * [
                True
            ]
            assert counted["connections_of_one"] == 2
            assert all([await is_ended(reader, 4.0) for reader, _ in streams[:16]])
            await until(lambda: counted["connection_idle"] >= 16)
        async with connected(HERE, port, 6) as streams:
            # There is room again, though not for one connection after the other.
            assert counted["connection_rate"] == 0
            async with connected(HERE, port, 20):
                await until(lambda: counted["connection_rate"] > 0)
            assert not await is_ended(streams[0][0], 0.05)


async def test_a_connection_that_has_spoken_may_be_silent_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        admission, "install", lambda _: _admission.install(first_message=0.5, idle=3.0)
    )
    async with (
        up(transports=ALL.transports[:2]) as line,
        connected(HERE, line.port, 2) as ((reader, writer), (dripping, drip)),
    ):
        writer.write(request("OPTIONS", writer.get_extra_info("sockname"), line.port, by="TCP"))
        assert (await reader.read(65536)).startswith(b"SIP/2.0 200 ")
        drip.write(b"OPTIONS sip:")  # a beginning is no message
        assert await is_ended(dripping, 2.5)
        assert not await is_ended(reader, 0.1)
        assert await is_ended(reader, 5.0)


async def test_a_trunk_that_floods_is_let_in_by_measure() -> None:
    counted = Counted()
    async with up() as line:
        with Datagrams(HERE, line.port) as trunk:
            for number in range(600):
                trunk.ask("INVITE", number=number)
                if not number % 20:
                    await asyncio.sleep(0.005)
            await until(lambda: counted["openings"] > 200)
            # Replies to the flood may have filled the socket, so it is asked again.
            asked = 0
            while " 200 " not in (await trunk.hears(0.2)).partition("\r\n")[0]:
                trunk.ask("OPTIONS", number=(asked := asked + 1))
                assert asked < 3000


@pytest.mark.parametrize(
    "source, cause", [(STRANGER, "stranger"), (ANOTHER, "other_trunk")], ids=["stranger", "trunk"]
)
async def test_who_knows_a_dialog_of_others_neither_moves_nor_ends_it(
    tmp_path: Path, source: str, cause: str
) -> None:
    """UPDATE and BYE with the tags of a live call: our BYE still reaches the callee."""
    counted = Counted()
    with (
        Sipp("callee-answers-at-rtp-port", tmp_path) as carrier,
        Capture([carrier.port]) as capture,
    ):
        async with running(carrier.uri, f"sip:{ANOTHER}:5060") as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            await until(lambda: "200" in {each.what for each in capture.sip()})
            answer = next(each.text for each in capture.sip() if each.what == "200")
            with Datagrams(source, line.port) as stranger:
                for method in ("UPDATE", "INVITE", "BYE"):
                    stranger.send(within(method, stranger.name, line.port, answer))
                    assert await stranger.hears(0.2) == ""
            assert counted[cause] == 3
            assert not listener.ends("a")
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"


async def test_a_call_by_tcp_is_not_ended_by_udp_of_a_trunk_at_the_same_address(
    tmp_path: Path,
) -> None:
    """Datagrams with the carrier's address may come: the address has a trunk that takes them."""
    counted = Counted()
    with Sipp("callee-answers-at-rtp-port", tmp_path, options=("-t", "t1")) as carrier:
        by_tcp = replace(TRUNK, uri=carrier.uri, transport=Transport.TCP)
        by_udp = replace(TRUNK, name="t1")
        line = SipLine(replace(SETTINGS, transports=ALL.transports[:2]), [by_tcp, by_udp])
        listener = Listener()
        await line.start(listener)
        try:
            line.dial(order())
            await listener.hears("a", Answered)
            await until(lambda: "200" in {each.what for each in carrier.messages()})
            answer = next(each.text for each in carrier.messages() if each.what == "200")
            with Datagrams(HERE, line.port) as attacker:
                attacker.ask("OPTIONS")
                assert (await attacker.hears()).startswith("SIP/2.0 200 ")
                for method in ("UPDATE", "INVITE", "BYE"):
                    attacker.send(within(method, attacker.name, line.port, answer))
                    assert await attacker.hears(0.2) == ""
            assert counted.all() == {"other_trunk": 3}
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
        finally:
            await line.close()
    assert carrier.verdict == "passed"


def test_an_address_that_a_name_has_left_may_still_reach_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calls go on where they began; no longer than calls last."""
    listed: list[list[admission.Source]] = []
    monkeypatch.setattr(_admission, "allow", listed.append)
    sources = admission.Sources()
    here, there = (
        (TRUNK, locate(replace(TRUNK, uri=f"sip:{ip}"), HERE)) for ip in ("192.0.2.1", "192.0.2.2")
    )
    for now, trunk in ((0.0, here), (10.0, there), (14_000.0, there), (15_000.0, there)):
        sources.allow([trunk], now)
    one, two = (("192.0.2.1", "udp", 0), ("192.0.2.2", "udp", 0))
    assert listed == [[one], [one, two], [one, two], [two]]
