"""Requests written by hand, from sockets of any loopback address: what no SIP stack would send."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import Self

from dialer.sip import _admission
from tests.support.line import CALLER


def request(
    method: str,
    source: tuple[str, int],
    port: int,
    *,
    number: int = 0,
    by: str = "UDP",
    via: str = "",
    uri: str = "",
    tag: str = "",
    headers: str = "",
) -> bytes:
    """`number` makes it another dialog and transaction; `via` and `tag` are Via's and To's
    parameters, `uri` and `headers` stand in place of ours, and beside them."""
    host, from_port = source
    uri = uri or f"sip:{CALLER.digits}@127.0.0.1:{port}"
    contact = "" if "Contact:" in headers else f"Contact: <sip:peer@{host}:{from_port}>\r\n"
    return (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/{by} {host}:{from_port};branch=z9hG4bK-raw-{method}-{number}{via}\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:peer@{host}>;tag=raw{number}\r\n"
        f"To: <sip:{CALLER.digits}@127.0.0.1>{tag}\r\n"
        f"Call-ID: {method}-{number}@{host}\r\n"
        f"CSeq: 1 {method}\r\n"
        f"{contact}{headers}"
        "Content-Length: 0\r\n\r\n"
    ).encode()


def within(method: str, source: tuple[str, int], port: int, answer: str) -> bytes:
    """A request of the answer's dialog, as the callee would write it, from somebody else."""
    said = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
    told = {
        "From": said["To"],
        "To": said["From"],
        "Call-ID": said["Call-ID"],
        "CSeq": f"7 {method}",
    }
    lines = request(method, source, port).decode().split("\r\n")
    return "\r\n".join(
        f"{name}: {told[name]}" if (name := line.partition(":")[0]) in told else line
        for line in lines
    ).encode()


class Datagrams:
    """A UDP socket of `host` that talks to 127.0.0.1:`port`, as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.socket.close()

    @property
    def name(self) -> tuple[str, int]:
        """Its address and port."""
        host, port = self.socket.getsockname()
        return str(host), int(port)

    def send(self, data: bytes) -> int:
        """How many bytes have left."""
        return self.socket.sendto(data, ("127.0.0.1", self._port))

    def ask(self, method: str, **written: object) -> int:
        """Send `request` with what is written."""
        return self.send(request(method, self.name, self._port, **written))  # type: ignore[arg-type]

    async def hears(self, within: float = 2.0) -> str:
        """The next datagram; empty where none came in time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                return (await loop.sock_recv(self.socket, 65536)).decode("utf-8", "replace")
        except TimeoutError:
            return ""


class Counted:
    """What was not taken in since this was made, by cause."""

    def __init__(self) -> None:
        self._before = _admission.counts()

    def __getitem__(self, cause: str) -> int:
        return _admission.counts()[cause] - self._before[cause]

    def all(self) -> dict[str, int]:
        """Of the causes that there were."""
        return {cause: self[cause] for cause in self._before if self[cause]}


def free_tcp_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
