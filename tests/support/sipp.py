"""SIPp as the far side of a test: started on a free port, ended by process id, and read.

SIPp checks the scenario itself: a message that it did not expect, or missed, is a failed call,
and `verdict` says so.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from dialer.demo.sipp import Carrier

_HEADING: Final = re.compile(
    r"^-{10,} (?P<day>\S+) (?P<time>\S+)\n"
    r"(?:UDP|TCP|TLS) message (?P<way>received|sent)[^\n]*:\s*\n\n?",
    re.MULTILINE,
)


def free_port() -> int:
    """A UDP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_rtp_port() -> int:
    """An even one whose odd neighbour, RTCP's, is free as well (RFC 3550 11)."""
    while True:
        port = free_port() & ~1
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp,
        ):
            try:
                rtp.bind(("127.0.0.1", port))
                rtcp.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message as SIPp saw it; `came` is True for what it received."""

    came: bool
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def what(self) -> str:
        """The method of a request, the code of a reply."""
        words = self.first_line.split()
        return words[1] if words[0].startswith("SIP/") else words[0]

    def header(self, name: str) -> str | None:
        found = re.search(rf"^{name}\s*:\s*(.*)$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1].strip() if found else None

    @property
    def body(self) -> str:
        return self.text.partition("\n\n")[2]


class Sipp(Carrier):
    """A scenario of `sipp_scenarios/` on 127.0.0.1:`port`, as a context manager.

    `keys` fill the scenario's [keywords]; `options` go to SIPp as they are. After the context,
    `verdict` and `messages` are to be had.
    """

    def __init__(
        self,
        scenario: str,
        folder: Path,
        keys: Mapping[str, object] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        values = {"rtp_port": free_rtp_port(), **(keys or {})}
        self.rtp_port = int(str(values["rtp_port"]))
        filled = [part for key, value in values.items() for part in ("-key", key, str(value))]
        port = free_port()
        name = f"{scenario}-{port}"
        super().__init__(
            name, f"{scenario}.xml", port, folder, ("-mi", "127.0.0.1", *filled, *options)
        )

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As a power cut would: what it had in hand is lost."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def verdict(self) -> str:
        """`passed`, or what SIPp found wrong. Only after the context."""
        if self.exit_code == 0:
            return "passed"
        errors = self.errors_file.read_text("utf-8", "replace") if self.errors_file.exists() else ""
        return f"SIPp exit code {self.exit_code}: {errors}"

    def messages(self) -> list[Message]:
        """All SIP messages, in order. Only complete after the context."""
        text = self.messages_file.read_text("utf-8", "replace").replace("\r\n", "\n")
        headings = list(_HEADING.finditer(text))
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        return [
            Message(heading["way"] == "received", text[heading.end() : end].rstrip("\n") + "\n")
            for heading, end in zip(headings, ends, strict=True)
        ]

    def received(self) -> list[str]:
        """What came, shortened to methods and codes; copies of a message are not repeated."""
        seen: dict[tuple[str, str | None, str | None], str] = {}
        for message in self.messages():
            if message.came:
                key = (message.first_line, message.header("CSeq"), message.header("Via"))
                seen.setdefault(key, message.what)
        return list(seen.values())
