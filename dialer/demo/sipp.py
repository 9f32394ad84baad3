"""SIPp processes: started on loopback, read from their message files, ended by process id."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from dialer.errors import DialerError

SCENARIOS: Final = Path(__file__).resolve().parents[2] / "sipp_scenarios"
_BANNER: Final = re.compile(r"^-{10,} .*$", re.MULTILINE)
_RECEIVED: Final = re.compile(
    r"^(?:UDP|TCP|TLS) message received \[\d+\] bytes\s*:\s*$", re.MULTILINE
)


class SippError(DialerError):
    """SIPp is missing, or did not come up."""


@dataclass(frozen=True, slots=True)
class SeenInvite:
    """One INVITE as the carrier received it; retransmissions are not repeated."""

    call_id: str
    callee: str
    caller_id: str
    asserted: str | None


class Carrier:
    """One SIPp process that answers on 127.0.0.1:`port` by `scenario`, as a context manager.

    `options` go to SIPp after the ones it always gets. `exit_code` is None while it runs.
    """

    def __init__(
        self, name: str, scenario: str, port: int, folder: Path, options: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.port = port
        self.messages_file = folder / f"{name}.messages"
        self.errors_file = folder / f"{name}.errors"
        self._options = tuple(options)
        self._scenario = SCENARIOS / scenario
        self._output = folder / f"{name}.output"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = shutil.which("sipp")
        if program is None:
            raise SippError("SIPp is not installed: run `make setup`, or install sip-tester")
        command = [
            *(program, "-sf", str(self._scenario), "-i", "127.0.0.1", "-p", str(self.port)),
            *("-aa", "-nostdin", "-nd", "-trace_msg", "-message_file", str(self.messages_file)),
            *("-trace_err", "-error_file", str(self.errors_file), "-timeout", "600"),
            *self._options,
        ]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is the dialer's, which then hangs up
            )
        self._wait_until_bound()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        # SIGUSR1 lets SIPp finish its calls and flush its files; it may wait, we may not.
        self._process.send_signal(signal.SIGUSR1)
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """As a power cut would: nothing is said, its port is closed, its calls are gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def invites(self) -> list[SeenInvite]:
        """Every INVITE that begins a call, in the order in which they came."""
        seen: dict[str, SeenInvite] = {}
        for message in self._received():
            if not message.startswith("INVITE "):
                continue
            head = message.partition("\n\n")[0]
            call_id = _header(head, "Call-ID")
            if call_id is None or ";tag=" in (_header(head, "To") or ""):
                continue
            seen.setdefault(
                call_id,
                SeenInvite(
                    call_id,
                    callee=_user(head.split("\n", 1)[0]) or "",
                    caller_id=_user(_header(head, "From")) or "",
                    asserted=_user(_header(head, "P-Asserted-Identity")),
                ),
            )
        return list(seen.values())

    def _received(self) -> Iterator[str]:
        file = self.messages_file
        text = file.read_text("utf-8", "replace") if file.exists() else ""
        text = text.replace("\r\n", "\n")
        for block in _BANNER.split(text):
            found = _RECEIVED.search(block)
            if found:
                yield block[found.end() :].lstrip("\n")

    def _wait_until_bound(self) -> None:
        by_tcp = "t1" in self._options
        kind = socket.SOCK_STREAM if by_tcp else socket.SOCK_DGRAM
        until = time.monotonic() + 10
        while time.monotonic() < until:
            assert self._process is not None  # noqa: S101 -- narrows the type
            if self._process.poll() is not None:
                said = self._output.read_text("utf-8", "replace")[-500:].strip()
                raise SippError(f"SIPp ended at once ({self._scenario.name}): {said}")
            with socket.socket(socket.AF_INET, kind) as probe:
                try:
                    probe.bind(("127.0.0.1", self.port))
                except OSError:
                    return
            time.sleep(0.02)
        raise SippError(f"SIPp did not open 127.0.0.1:{self.port} within 10 s")


def _header(head: str, name: str) -> str | None:
    found = re.search(rf"^{name}\s*:\s*(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return found.group(1).strip() if found else None


def _user(text: str | None) -> str | None:
    # The user part of a telephone number may have parameters of its own (RFC 3261 19.1.6).
    found = re.search(r"sips?:([^@>;\s]+)(?:;[^@>\s]*)?@", text or "")
    return found.group(1) if found else None
