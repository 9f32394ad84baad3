"""A far side whose replies a test writes byte by byte, in the test's own event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

TELEPHONE: Final = "a=rtpmap:101 telephone-event/8000"


def sdp(
    port: int,
    formats: str = "8 101",
    *,
    head: Sequence[str] = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-"),
    where: Sequence[str] = ("c=IN IP4 127.0.0.1",),
    more: Sequence[str] = (TELEPHONE,),
) -> str:
    """Session lines, media lines; each of them may be what no sender may write."""
    media = f"m=audio {port} RTP/AVP {formats}"
    return "\r\n".join([*head, *where, "t=0 0", media, *more, ""])


@dataclass(frozen=True, slots=True)
class Message:
    text: str

    @property
    def method(self) -> str:
        """Empty for a reply."""
        first = self.text.split(" ", 1)[0]
        return "" if first == "SIP/2.0" else first

    @property
    def code(self) -> int:
        """0 for a request."""
        return 0 if self.method else int(self.text.split(" ", 2)[1])

    @property
    def cseq(self) -> str:
        return self.header("CSeq").split()[-1]

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}:[ \t]*(.*?)\r$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""

    def headers(self, name: str) -> list[str]:
        return re.findall(rf"^{name}:[ \t]*(.*?)\r$", self.text, re.MULTILINE | re.IGNORECASE)


Answer = Callable[["Uas", Message], None]


@dataclass(eq=False)
class Uas(asyncio.DatagramProtocol):
    """At 127.0.0.1:`port`, as an async context manager.

    `on` says what is done with a request, by its method; None is for nothing at all. What it does
    not name gets 200. `Uas.reply` writes what RFC 3261 has, and as many wrong lines as wanted.
    """

    on: dict[str, Answer | None] = field(default_factory=dict)
    came: list[Message] = field(default_factory=list)
    port: int = 0
    tag: str = "far-1"
    _transport: asyncio.DatagramTransport | None = None
    _peer: tuple[str, int] = ("", 0)
    _cseq: int = 100

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"

    @property
    def contact(self) -> str:
        return f"Contact: <sip:callee@127.0.0.1:{self.port}>"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message(data.decode("utf-8", "replace"))
        self._peer = addr
        self.came.append(message)
        if message.method and message.method != "ACK":
            answer = self.on.get(message.method, Uas.accept)
            if answer is not None:
                answer(self, message)

    def requests(self, method: str) -> list[Message]:
        return [each for each in self.came if each.method == method]

    def replies(self, method: str) -> list[int]:
        """The codes that came back to requests of ours."""
        return [each.code for each in self.came if not each.method and each.cseq == method]

    def accept(self, request: Message) -> None:
        self.reply(request, 200)

    def reply(
        self, request: Message, code: int, *lines: str, body: str = "", but: Sequence[str] = ()
    ) -> None:
        """`lines` are put in as they are; headers whose names are in `but` are left out."""
        to = request.header("To")
        to = to if "tag=" in to or code == 100 else f"{to};tag={self.tag}"
        kept = [
            *(f"Via: {via}" for via in request.headers("Via")),
            *(f"{name}: {request.header(name)}" for name in ("From", "Call-ID", "CSeq")),
            f"To: {to}",
        ]
        kept = [each for each in kept if each.split(":")[0] not in but]
        if body and not any(line.startswith("Content-Type") for line in lines):
            kept.append("Content-Type: application/sdp")
        head = [f"SIP/2.0 {code} Said", *kept, *lines, f"Content-Length: {len(body.encode())}"]
        self.send("\r\n".join([*head, "", body]))

    def answer(self, request: Message, body: str, *lines: str, but: Sequence[str] = ()) -> None:
        """200 to an INVITE, with a Contact."""
        self.reply(request, 200, self.contact, *lines, body=body, but=but)

    def request(self, method: str, *lines: str, body: str = "") -> None:
        """A request of ours within the dialog of the first INVITE."""
        invite = self.requests("INVITE")[0]
        self._cseq += 1
        there = re.search(r"<([^>]+)>", invite.header("Contact"))
        kind = (
            ["Content-Type: application/sdp"] if body and "Content-Type" not in str(lines) else []
        )
        head = [
            f"{method} {there[1] if there else ''} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-far-{self._cseq};rport",
            "Max-Forwards: 70",
            f"From: {invite.header('To')};tag={self.tag}",
            f"To: {invite.header('From')}",
            f"Call-ID: {invite.header('Call-ID')}",
            f"CSeq: {self._cseq} {method}",
            self.contact,
            *lines,
            *kind,
            f"Content-Length: {len(body.encode())}",
        ]
        self.send("\r\n".join([*head, "", body]))

    def acknowledge(self) -> None:
        """ACK to the 200 that our last re-INVITE got."""
        self.request_again("ACK")

    def request_again(self, method: str) -> None:
        self._cseq -= 1
        self.request(method)

    def send(self, text: str) -> None:
        if self._transport is not None:
            self._transport.sendto(text.encode("utf-8", "surrogateescape"), self._peer)
