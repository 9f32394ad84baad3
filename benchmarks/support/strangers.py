"""A stranger who sends one kind of message, as a process of its own.

    python strangers.py KIND PORT A_SECOND SECONDS

KIND is INVITE, OPTIONS, REGISTER, SUBSCRIBE, malformed or connect; it goes to 127.0.0.1:PORT from
addresses that are no trunk's. One JSON line says what was sent and what came back, in bytes.
"""

from __future__ import annotations

import contextlib
import json
import random
import select
import socket
import sys
import time

from tests.support.raw_sip import request

HOSTS = [f"127.0.0.{last}" for last in range(2, 10)]


class Stranger:
    """Sends from all of HOSTS by turns."""

    def __init__(self, kind: str, port: int) -> None:
        self._kind = kind
        self._there = ("127.0.0.1", port)
        self._random = random.Random(7)
        self.sent = self.bytes_out = self.bytes_in = 0
        self._sockets = []
        for host in HOSTS:
            each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            each.bind((host, 0))
            self._sockets.append(each)

    def turn(self) -> None:
        number, self.sent = self.sent, self.sent + 1
        if self._kind == "connect":
            self._connect(HOSTS[number % len(HOSTS)], number)
            return
        each = self._sockets[number % len(HOSTS)]
        self.bytes_out += each.sendto(self._data(each.getsockname(), number), self._there)
        self.hear(0)

    def hear(self, seconds: float) -> None:
        for each in select.select(self._sockets, [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.bytes_in += len(each.recv(65536))

    def _data(self, source: tuple[str, int], number: int) -> bytes:
        if self._kind != "malformed":
            return request(self._kind, source, self._there[1], number=number)
        whole = bytearray(request("INVITE", source, self._there[1], number=number))
        for _ in range(20):
            whole[self._random.randrange(len(whole))] = self._random.randrange(256)
        return bytes(whole)

    def _connect(self, host: str, number: int) -> None:
        with socket.socket() as stream, contextlib.suppress(OSError):
            stream.settimeout(0.2)
            stream.bind((host, 0))
            stream.connect(self._there)
            asked = request("OPTIONS", (host, 5060), self._there[1], number=number, by="TCP")
            self.bytes_out += stream.send(asked)
            self.bytes_in += len(stream.recv(65536))


def main() -> None:
    kind, port, a_second, seconds = sys.argv[1:]
    stranger = Stranger(kind, int(port))
    print(json.dumps({"ready": True}), flush=True)
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < float(seconds):
        while stranger.sent < passed * float(a_second):
            stranger.turn()
        time.sleep(0.001)
    until = time.monotonic() + 1.0
    while (left := until - time.monotonic()) > 0:
        stranger.hear(left)
    print(
        json.dumps(
            {
                "sent": stranger.sent,
                "bytes_out": stranger.bytes_out,
                "bytes_in": stranger.bytes_in,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
