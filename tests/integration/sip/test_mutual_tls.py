"""Trunks that ask a connection for its certificate (RFC 5922), and who shows another or none."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, LocalEnded, RemoteHungUp
from dialer.errors import LineError
from dialer.sip import _admission
from dialer.sip.line import SipLine
from dialer.sip.settings import (
    InboundAuth,
    InboundDigest,
    SipSettings,
    TlsSettings,
    Transport,
    TrunkSettings,
)
from tests.support.certificates import Authority, Certificate
from tests.support.digest import answer, challenges
from tests.support.line import CALLER, SETTINGS, Listener, order, running
from tests.support.raw_sip import Counted, Datagrams, free_tcp_port, request, within
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.tls_front import TlsFront

HERE = "127.0.0.1"
NAME = "sbc.carrier.example"
TRUNK = TrunkSettings(
    "t0",
    "sip:127.0.0.1:5099",
    frozenset({CALLER}),
    transport=Transport.TLS,
    inbound_auth=InboundAuth(client_certificates=(NAME,)),
)


class Places:
    """The authorities of a test, and our own certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours = Authority(folder, "ours")
        self.theirs = Authority(folder, "theirs")
        node = self.ours.certify("localhost")
        self.port = free_tcp_port()
        tls = TlsSettings(self.port, str(node.certificate), str(node.key), str(self.ours.file))
        transports = (Transport.UDP, Transport.TCP, Transport.TLS)
        self.settings: SipSettings = replace(SETTINGS, transports=transports, tls=tls)
        self.trunk = replace(TRUNK, ca_file=str(self.theirs.file))

    @asynccontextmanager
    async def up(self, *trunks: TrunkSettings) -> AsyncIterator[tuple[SipLine, Listener]]:
        limits = DoorLimits(per_minute=1000, channels=50, cps=50)
        line = SipLine(self.settings, trunks or [self.trunk], door=Door(limits))
        listener = Listener()
        await line.start(listener)
        try:
            yield line, listener
        finally:
            await line.close()

    @asynccontextmanager
    async def connected(self, shown: Certificate | None) -> AsyncIterator[Connection]:
        context = ssl.create_default_context(cafile=self.ours.file)
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        reader, writer = await asyncio.open_connection(
            HERE, self.port, ssl=context, server_hostname="localhost"
        )
        try:
            yield Connection(reader, writer)
        finally:
            writer.transport.abort()  # PJSIP ends no connection at the end of its TLS alone


class Connection:
    """One TLS connection to us."""

    number = 0

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def asks(self, method: str, headers: str = "", **written: object) -> str:
        """The code that is said to it, the provisional ones but 180 aside; or nothing."""
        return (await self.hears(method, headers, **written))[8:11]

    async def hears(self, method: str, headers: str = "", **written: object) -> str:
        Connection.number += 1
        name, port = (
            self._writer.get_extra_info("sockname"),
            self._writer.get_extra_info("peername")[1],
        )
        number = 7000 + Connection.number
        return await self.sends(
            request(method, name, port, by="TLS", number=number, headers=headers, **written)  # type: ignore[arg-type]
        )

    async def sends(self, data: bytes) -> str:
        """What is said to it; nothing within a second is nothing."""
        self._writer.write(data)
        try:
            async with asyncio.timeout(1.0):
                while True:
                    reply = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                    if not reply.startswith("SIP/2.0 100 "):
                        return reply
        except (TimeoutError, asyncio.IncompleteReadError):
            return ""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


Shown = Callable[[Places], Certificate | None]

GOOD: dict[str, Shown] = {
    "dns": lambda at: at.theirs.certify(NAME),
    "dns in capitals": lambda at: at.theirs.certify(NAME.upper()),
    "among others": lambda at: at.theirs.certify("a.example", NAME),
    "sip": lambda at: at.theirs.certify("a.example", f"sip:{NAME}"),
    "of an authority between": lambda at: at.theirs.below("between").certify(NAME),
    "of a server": lambda at: at.theirs.certify(NAME, usage="server"),
    "of a client": lambda at: at.theirs.certify(NAME, usage="client"),
}
BAD: dict[str, Shown] = {
    "none": lambda _: None,
    "of our own authority": lambda at: at.ours.certify(NAME),
    "of a stranger's authority": lambda at: Authority(at.folder, "strange").certify(NAME),
    "of itself": lambda at: at.theirs.certify(NAME, of_itself=True),
    "of no authority": lambda at: at.theirs.below("leaf", authority=False).certify(NAME),
    "expired": lambda at: at.theirs.certify(NAME, ends=timedelta(hours=-1)),
    "of another": lambda at: at.theirs.certify("sbc.other.example"),
    "wildcard": lambda at: at.theirs.certify("*.carrier.example"),
    "longer": lambda at: at.theirs.certify(f"{NAME}.evil.example"),
    "with an end within": lambda at: at.theirs.certify(f"{NAME}\0.evil.example"),
    "subject only": lambda at: at.theirs.certify("a.example", subject=NAME),
    "user's": lambda at: at.theirs.certify(f"sip:someone@{NAME}"),
    "sips": lambda at: at.theirs.certify(f"sips:{NAME}"),
    "dns beside a sip of another": lambda at: at.theirs.certify(NAME, "sip:other.example"),
    "for signing code": lambda at: at.theirs.certify(NAME, usage="code"),
}


@pytest.mark.parametrize(
    "code, shown",
    [
        *(pytest.param("180", each, id=name) for name, each in GOOD.items()),
        *(pytest.param("403", each, id=name) for name, each in BAD.items()),
    ],
)
async def test_a_call_comes_by_the_trunk_s_own_certificate_or_not_at_all(
    places: Places, code: str, shown: Shown, caplog: pytest.LogCaptureFixture
) -> None:
    counted = Counted()
    async with places.up() as (_, listener), places.connected(shown(places)) as connection:
        assert await connection.asks("INVITE") == code
        assert len(listener.events) == (code == "180")
        assert counted.all() == ({} if code == "180" else {"certificate": 1})
        assert await connection.asks("OPTIONS") == ("200" if code == "180" else "403")
    # Our own list of authorities is not for them, so it is not news that it holds none of theirs.
    assert "no trusted authority" not in caplog.text


async def test_a_call_is_not_ended_by_a_connection_without_the_certificate(
    places: Places, tmp_path: Path
) -> None:
    """Outbound calls go by a connection of ours, which the carrier's own certificate proved."""
    counted = Counted()
    by_tcp = ("-t", "t1")
    with Sipp("callee-answers-at-rtp-port", tmp_path, options=by_tcp) as carrier:
        async with (
            TlsFront(places.ours.certify("localhost", like="carrier"), carrier.port) as front,
            RtpPeer(carrier.rtp_port),
            running(
                f"sip:localhost:{front.port}",
                settings=places.settings,
                trunk=replace(TRUNK, uri=""),
            ) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            async with places.connected(None) as attacker:
                for method in ("BYE", "INVITE", "ACK"):
                    said = await attacker.asks(method, tag=";tag=guessed")
                    assert said == ("" if method == "ACK" else "403")
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed", carrier.verdict
    assert counted.all() == {"certificate": 3}


async def test_a_trunk_beside_one_with_a_certificate_is_not_its_way_in(places: Places) -> None:
    """Two trunks at one address: who shows nothing is the other's, and reaches its numbers only."""
    other = replace(
        TRUNK, name="t1", caller_ids=frozenset({order().callee}), inbound_auth=InboundAuth()
    )
    async with (
        places.up(places.trunk, other) as (_, listener),
        places.connected(None) as plain,
        places.connected(places.theirs.certify(NAME)) as proven,
    ):
        theirs = f"sip:{order().callee.digits}@{HERE}"
        assert await plain.asks("INVITE") == "404"
        assert await plain.asks("INVITE", uri=theirs) == "180"
        assert await proven.asks("INVITE") == "180"
        assert len(listener.events) == 2


async def test_a_proven_call_is_not_ended_from_beside_it(places: Places) -> None:
    """By UDP, as another trunk at that address may, or by TLS without a certificate."""
    counted = Counted()
    by_udp = replace(TRUNK, name="t1", transport=Transport.UDP, inbound_auth=InboundAuth())
    by_tls = replace(TRUNK, name="t2", inbound_auth=InboundAuth())
    async with (
        places.up(places.trunk, by_udp, by_tls) as (line, listener),
        places.connected(None) as plain,
        places.connected(places.theirs.certify(NAME)) as proven,
    ):
        rings = await proven.hears("INVITE")
        (name,) = listener.events
        with Datagrams(HERE, line.port) as datagrams:
            bye = within("BYE", datagrams.name, line.port, turned(rings))
            cancel = cancelled(datagrams.name, line.port, rings)
            for request_ in (bye, cancel):
                datagrams.send(request_)
                assert await datagrams.hears(0.3) == ""
        for request_ in (bye, cancel):
            assert await plain.sends(request_) == ""
        assert counted.all() == {"other_trunk": 4}
        assert not listener.ends(name)
        assert (await proven.sends(bye)).startswith(("SIP/2.0 200 ", "SIP/2.0 487 "))
        assert await listener.end_of(name) == RemoteHungUp()


def cancelled(source: tuple[str, int], port: int, rings: str) -> bytes:
    """A CANCEL of the INVITE that rings, with its branch (RFC 3261 9.1), from somewhere else."""
    branch = rings.partition("branch=")[2].split("\r\n")[0]
    own = "branch=z9hG4bK-raw-CANCEL-0"
    text = request("CANCEL", source, port).decode().replace(own, f"branch={branch}")
    said = dict(line.split(": ", 1) for line in rings.splitlines() if ": " in line)
    for name in ("From", "Call-ID"):
        text = re.sub(rf"{name}: .*", f"{name}: {said[name]}", text)
    return text.encode()


def turned(reply: str) -> str:
    """A reply of ours as if it were the far side's: `within` writes its dialog's other end."""
    head, found, rest = reply.replace("\r\nTo: ", "\r\n@: ").partition("\r\nFrom: ")
    assert found
    return f"{head}\r\nTo: {rest}".replace("\r\n@: ", "\r\nFrom: ")


async def test_both_a_certificate_and_a_digest(places: Places) -> None:
    asked = InboundAuth(InboundDigest("carrier", "a password of theirs"), (NAME,))
    trunk = replace(places.trunk, inbound_auth=asked)
    async with (
        places.up(trunk) as (_, listener),
        places.connected(None) as plain,
        places.connected(places.theirs.certify(NAME)) as proven,
    ):
        (challenge,) = challenges(await proven.hears("INVITE"))
        said = answer(challenge, "carrier", "a password of theirs")
        assert await plain.asks("INVITE", said) == "403"
        assert await proven.asks("INVITE", said) == "180"
        assert len(listener.events) == 1


async def test_certificates_go_with_their_connections(places: Places) -> None:
    """With it and without in turn: none has what another has shown, though it is in its place."""
    shown = places.theirs.certify(NAME)
    async with places.up():
        for number in range(30):
            good = number % 2 == 0
            async with places.connected(shown if good else None) as connection:
                assert await connection.asks("OPTIONS") == ("200" if good else "403")
            await asyncio.sleep(0.1)


async def test_authorities_that_cannot_be_read_stop_the_start(places: Places) -> None:
    (places.folder / "empty.pem").write_text("nothing")
    trunk = replace(places.trunk, ca_file=str(places.folder / "empty.pem"))
    with pytest.raises(LineError, match="inbound_auth: there are no authorities"):
        async with places.up(trunk):
            pass


@pytest.mark.parametrize(
    "bad", [{1: (b"", [NAME], "a")}, {300: (b"", [NAME], "a")}, {1: (b"", [], "a")}]
)
def test_what_asks_for_nothing_is_no_demand(bad: dict[int, tuple[bytes, list[str], str]]) -> None:
    with pytest.raises(ValueError, match=r"authorities|256|somebody"):
        _admission.ask("realm", {}, bad)
