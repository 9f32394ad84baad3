"""A far side of one call, written by hand: its Contact and its SDP are what a test says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dialer.core.values.number import E164


@dataclass(eq=False)
class SipPeer(asyncio.DatagramProtocol):
    """At 127.0.0.1:`port`. It answers every INVITE, and keeps what comes.

    `contact` is the host and port that requests within the dialog are wanted at, its own where
    there is none; `media` and `rtp_port` stand in its SDP.
    """

    contact: str = ""
    media: str = "127.0.0.1"
    rtp_port: int = 40000
    came: list[str] = field(default_factory=list)
    port: int = 0
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def methods(self) -> list[str]:
        """Of the requests that came."""
        return [text.split(" ", 1)[0] for text in self.came if not text.startswith("SIP/")]

    def replies(self) -> list[int]:
        return [int(text.split(" ", 2)[1]) for text in self.came if text.startswith("SIP/")]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        self.came.append(text)
        if text.startswith("INVITE "):
            self._reply(text, addr, self._sdp())
        elif text.startswith("SIP/2.0 2") and "CSeq: 1 INVITE" in text:
            self._acknowledge(text, addr)
        elif not text.startswith(("SIP/", "ACK ")):
            self._reply(text, addr, "")

    def call(self, port: int, called: E164, caller: E164) -> None:
        """Send an INVITE to 127.0.0.1:`port`."""
        sdp = self._sdp()
        self._send(
            f"INVITE sip:{called.clear}@127.0.0.1:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-peer-1\r\n"
            f"From: <sip:{caller.clear}@127.0.0.1:{self.port}>;tag=peer\r\n"
            f"To: <sip:{called.clear}@127.0.0.1:{port}>\r\nCall-ID: peer-{self.port}\r\n"
            f"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n{self._contact()}"
            f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}",
            ("127.0.0.1", port),
        )

    def _acknowledge(self, text: str, addr: tuple[str, int]) -> None:
        kept = "".join(re.findall(r"^(?:From|To|Call-ID):.*\r\n", text, re.MULTILINE))
        self._send(
            f"ACK sip:{addr[0]}:{addr[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-peer-2\r\n{kept}"
            "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            addr,
        )

    def _reply(self, text: str, addr: tuple[str, int], sdp: str) -> None:
        kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", text, re.MULTILINE)
        head = "".join(
            each.replace("\r\n", ";tag=peer\r\n")
            if each.startswith("To:") and "tag=" not in each
            else each
            for each in kept
        )
        kind = "Content-Type: application/sdp\r\n" if sdp else ""
        head += f"{self._contact()}{kind}Content-Length: {len(sdp)}"
        self._send(f"SIP/2.0 200 OK\r\n{head}\r\n\r\n{sdp}", addr)

    def _contact(self) -> str:
        return f"Contact: <sip:peer@{self.contact or f'127.0.0.1:{self.port}'}>\r\n"

    def _sdp(self) -> str:
        return (
            f"v=0\r\no=peer 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {self.media}\r\nt=0 0\r\n"
            f"m=audio {self.rtp_port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
        )

    def _send(self, text: str, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(text.encode(), addr)


@asynccontextmanager
async def sip_peer(peer: SipPeer, host: str = "127.0.0.1") -> AsyncIterator[SipPeer]:
    """`peer`, listening at a free port of `host`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: peer, local_addr=(host, 0))
    try:
        yield peer
    finally:
        transport.close()
