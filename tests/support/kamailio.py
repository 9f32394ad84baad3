"""Real Kamailios on free loopback ports, with the configurations of `deploy/kamailio/`.

They run in the foreground and are ended by their process ids. One can be stopped and started again
at its port: a registrar that was away, and has forgotten everybody.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from tests.support import peers
from tests.support.sipp import free_port

USER: Final = "veridial-1"
PASSWORD: Final = "a password of the tests"

_CONFIGS: Final = Path(__file__).resolve().parents[2] / "deploy" / "kamailio"
_START_SECONDS: Final = 15.0
_ASK: Final = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{port}\r\n"
    "Max-Forwards: 1\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\n"
    "Call-ID: {port}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


class _Server:
    """A Kamailio at 127.0.0.1:`port`, as a context manager."""

    def __init__(
        self, config: str, environment: Mapping[str, str], options: Sequence[str] = ()
    ) -> None:
        self.port = free_port()
        self._config = _CONFIGS / config
        self._environment = environment
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="kamailio-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            *(*peers.command("kamailio"), "-L", str(peers.kamailio_modules())),
            *("-f", str(self._config), "-DD", "-E", "-m", "32", "-M", "8"),
            *("-l", f"udp:127.0.0.1:{self.port}", "-Y", str(self._folder), *self._options),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **self._environment}
            )
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            said = (self._folder / "log").read_text("utf-8", "replace")[-500:]
            assert self._process.poll() is None, f"Kamailio ended: {said}"
            assert time.monotonic() < until, f"Kamailio does not answer: {said}"

    def stop(self) -> None:
        """End it, with all its processes."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.1)
            text = _ASK.format(port=probe.getsockname()[1])
            try:
                probe.connect(("127.0.0.1", self.port))
                probe.send(text.encode())
                return probe.recv(4096).startswith(b"SIP/2.0 200")
            except ConnectionRefusedError:
                time.sleep(0.05)  # a refusal comes at once
            except TimeoutError:
                pass
        return False


class Kamailio(_Server):
    """Registrar in front of `carrier` (a SIP URI)."""

    def __init__(self, carrier: str, *, sha256: bool = False) -> None:
        known = {
            "VERIDIAL_USER": USER,
            "VERIDIAL_PASSWORD": PASSWORD,
            "VERIDIAL_CARRIER": carrier,
        }
        super().__init__("kamailio.cfg", known, ("-A", "SHA256") if sha256 else ())


class Dispatcher(_Server):
    """Shares calls out, in equal parts, to carriers (SIP URIs) that are alike."""

    def __init__(self, *carriers: str) -> None:
        share = 100 // len(carriers)
        self._list = "".join(f"1 {carrier} 0 0 weight={share}\n" for carrier in carriers)
        super().__init__("dispatcher.cfg", {"VERIDIAL_DIALER": "127.0.0.1"})

    def start(self) -> None:
        """Start it, and wait until it answers: until one of its carriers is there, that is."""
        file = self._folder / "dispatcher.list"
        file.write_text(self._list, encoding="utf-8")
        self._options = ("-A", f'VERIDIAL_CARRIERS="{file}"')
        super().start()
