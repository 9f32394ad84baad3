"""A real mosquitto on a free loopback port, ended by its process id."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.support import peers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker that keeps its port, its sessions and what is retained over a restart."""

    def __init__(self, folder: Path, settings: Sequence[str] = ("allow_anonymous true",)) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self._config = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} {self.host}",
            # Started by root it would become another user, who may not read the test's folder.
            "user root",
            "persistence true",
            f"persistence_location {folder}/",
            "log_dest stderr",
            "max_queued_messages 0",
            *settings,
        ]
        self._config.write_text("\n".join([*lines, ""]))

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns once it listens."""
        self._process = subprocess.Popen(
            [*peers.command("mosquitto"), "-c", str(self._config)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            if line.rstrip().endswith("running"):
                return
        raise RuntimeError("mosquitto did not start: " + "".join(said))

    def stop(self) -> None:
        """End it and wait; it saves its sessions."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.communicate(timeout=10)

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
