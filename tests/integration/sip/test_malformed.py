"""What nobody can read: counted by kind, never written down, and in nobody's way."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.line import running

MESSAGES = 4000
FORGED = "2026-03-01T01:30:00.125Z error   dialer.gate: all rules are off"


def malformed(number: int) -> bytes:
    """Each another text, with an escape sequence, a forged line and a person's number."""
    return (
        f"INVITE sip:{number}@127.0.0.1 SIP/2.0\r\nFrom: <sip:+8613912345678@h>\r\n"
        f"Subject: \x1b[2J\r\n{FORGED} {number}\r\n" + "Foo: y\r\n" * 60 + "\r\n"
    ).encode()


def options(port: int, source: tuple[str, int]) -> bytes:
    host, from_port = source
    return (
        f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{from_port};branch=z9hG4bK-o\r\nMax-Forwards: 70\r\n"
        f"From: <sip:probe@{host}>;tag=o\r\nTo: <sip:127.0.0.1>\r\nCall-ID: o@{host}\r\n"
        f"CSeq: 1 OPTIONS\r\nContact: <sip:probe@{host}:{from_port}>\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@contextmanager
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


async def test_no_byte_of_a_packet_is_logged_and_nobody_waits(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with sender() as peer:
        async with running(f"sip:127.0.0.1:{peer.getsockname()[1]}") as (line, _):
            began = time.monotonic()
            for number in range(MESSAGES):
                peer.sendto(malformed(number), ("127.0.0.1", line.port))
                if number % 20 == 0:
                    await asyncio.sleep(0)
            sent = time.monotonic() - began
            peer.sendto(options(line.port, peer.getsockname()), ("127.0.0.1", line.port))
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(sent + 10.0):
                while b"CSeq: 1 OPTIONS" not in await loop.sock_recv(peer, 65536):
                    pass
    tellers = {"dialer.sip.endpoint.pjsip", "dialer.sip.unread"}
    ours = [each for each in caplog.records if each.name in tellers]
    assert 1 <= len(ours) <= 4, "by kind, and not by message"
    said = "\n".join([*(each.getMessage() for each in caplog.records), *capfd.readouterr()])
    assert "could not be read" in said
    for trace in ("13912345678", "dialer.gate", "\x1b", "127.0.0.1:"):
        assert trace not in "\n".join(each.getMessage() for each in ours)
    assert FORGED not in said
