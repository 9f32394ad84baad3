"""A real Kamailio on a free loopback port, with the configuration of `deploy/kamailio/`.

It runs in the foreground and is ended by its process id. It can be stopped and started again at
its port: a registrar that was away, and has forgotten everybody.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final, Self

from tests.support import peers
from tests.support.sipp import free_port

USER: Final = "veridial-1"
PASSWORD: Final = "a password of the tests"

_CONFIG: Final = Path(__file__).resolve().parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
_START_SECONDS: Final = 15.0
_ASK: Final = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{port}\r\n"
    "Max-Forwards: 1\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\n"
    "Call-ID: {port}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


class Kamailio:
    """Registrar at 127.0.0.1:`port` in front of `carrier` (a SIP URI), as a context manager."""

    def __init__(self, carrier: str, *, sha256: bool = False) -> None:
        self.port = free_port()
        self._carrier = carrier
        self._options = ("-A", "SHA256") if sha256 else ()
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
        known = {
            "VERIDIAL_USER": USER,
            "VERIDIAL_PASSWORD": PASSWORD,
            "VERIDIAL_CARRIER": self._carrier,
        }
        command = [
            *(*peers.command("kamailio"), "-L", str(peers.kamailio_modules())),
            *("-f", str(_CONFIG), "-DD", "-E", "-m", "32", "-M", "8"),
            *("-l", f"udp:127.0.0.1:{self.port}", "-Y", str(self._folder), *self._options),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **known}
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
