"""What goes over loopback, read from a packet socket (needs CAP_NET_RAW; root has it).

Times are the kernel's, so that a busy interpreter does not bend them, as `time.monotonic()`.
"""

from __future__ import annotations

import ctypes
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from audio.rtp import RtpPacket, parse

_ETH_P_IP: Final = 0x0800
_SO_TIMESTAMPNS: Final = 35
_SO_ATTACH_FILTER: Final = 26
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_TIMESPEC: Final = struct.Struct("qq")
_UDP: Final = 17
_SIP: Final = re.compile(rb"^(?:SIP/2\.0 \d{3}|[A-Z]+ sips?:)")


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP datagram of 127.0.0.1."""

    at: float
    source: int
    target: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class SipPacket:
    """One SIP message on the wire."""

    at: float
    source: int
    target: int
    text: str

    @property
    def what(self) -> str:
        """The method of a request, the code of a reply."""
        words = self.text.split(maxsplit=2)
        return words[1] if words[0].startswith("SIP/") else words[0]

    def header(self, name: str) -> str | None:
        found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class RtpOnWire:
    """One RTP packet on the wire."""

    at: float
    source: int
    target: int
    packet: RtpPacket


class Capture:
    """Keeps the datagrams from or to `ports`, as a context manager.

    The kernel picks them out, so that other programs' packets crowd none of ours out; where it
    could not keep up all the same, leaving the context raises: what is not seen must not be there.
    """

    def __init__(self, ports: Collection[int]) -> None:
        self._datagrams: list[Datagram] = []
        self._stopped_at = float("inf")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        _pick_out(self._socket, ports)
        self._socket.bind(("lo", _ETH_P_IP))  # only now does it hear anything
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._thread = threading.Thread(target=self._read, name="capture", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stopped_at = time.monotonic()
        self._thread.join()
        figures = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._socket.close()
        lost = struct.unpack("II", figures)[1]
        if lost:
            raise AssertionError(f"the capture lost {lost} packets")

    def datagrams(self) -> list[Datagram]:
        return sorted(self._datagrams, key=lambda datagram: datagram.at)

    def sip(self) -> list[SipPacket]:
        """Every SIP message, copies included, in the order of the wire."""
        return [
            SipPacket(each.at, each.source, each.target, each.payload.decode("utf-8", "replace"))
            for each in self.datagrams()
            if _SIP.match(each.payload)
        ]

    def rtp(self, target: int | None = None) -> list[RtpOnWire]:
        """Every RTP packet, or those to one port."""
        found = []
        for each in self.datagrams():
            packet = parse(each.payload)
            if packet is not None and target in {None, each.target}:
                found.append(RtpOnWire(each.at, each.source, each.target, packet))
        return found

    def _read(self) -> None:
        behind = time.time() - time.monotonic()
        while True:
            if not select.select([self._socket], [], [], 0.05)[0]:
                if time.monotonic() > self._stopped_at:
                    return  # and all that came before has been read
                continue
            data, ancillary, _, address = self._socket.recvmsg(65535, 64)
            # Loopback shows each packet twice: as it goes out, and as it comes in.
            if address[2] != socket.PACKET_OUTGOING:  # type: ignore[attr-defined, unused-ignore]
                self._keep(data, _stamp(ancillary) - behind)

    def _keep(self, data: bytes, at: float) -> None:
        start = 4 * (data[0] & 0x0F)
        if data[9] != _UDP or len(data) < start + 8:
            return
        source, target, length = struct.unpack_from("!HHH", data, start)
        payload = data[start + 8 : start + length]
        self._datagrams.append(Datagram(at, source, target, payload))


def _pick_out(sock: socket.socket, ports: Collection[int]) -> None:
    """Have the kernel (classic BPF) pass UDP from or to `ports`, seen from the IP header on."""
    wanted = sorted(ports)
    checks = [(offset, port) for offset in (0, 2) for port in wanted]
    # Each check takes two instructions and jumps to the end where it holds.
    program = [
        (0x30, 0, 0, 9),  # ldb [9]: the protocol
        (0x15, 0, 2 * len(checks) + 1, _UDP),  # jeq, else to the refusal
        (0xB1, 0, 0, 0),  # ldxb 4*([0]&0xf): the header's length
    ]
    for number, (offset, port) in enumerate(checks):
        program.append((0x48, 0, 0, offset))  # ldh [x + offset]
        program.append((0x15, 2 * (len(checks) - number) - 1, 0, port))
    program += [(0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    text = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(text))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filter_)


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds) + nanoseconds * 1e-9
    return time.time()
