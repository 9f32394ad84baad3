"""A server that speaks OpenAI's interface for transcriptions, and recognises a few phrases.

It knows each by how espeak-ng says it, and takes a sound for the nearest (dynamic time warping over
log spectra): a recogniser of its own, small and true, so that words come of the sound and of
nothing else.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from audio.prompts import Samples
from audio.synthesis import Synthesiser

RATE: Final = 8000
_STEP: Final = 160
_FAR: Final = 0.75
"""A mean distance beyond which a sound is none of the phrases."""

Spectra = np.ndarray


def spectra(samples: Samples) -> Spectra:
    """A log spectrum each 20 ms of what is loud, each of length one."""
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 300)
    if not len(loud):
        return np.zeros((0, 40))
    sound = samples[loud[0] : loud[-1] + 1].astype(float)
    frames = sound[: len(sound) // _STEP * _STEP].reshape(-1, _STEP) * np.hanning(_STEP)
    power = np.log(
        np.abs(np.fft.rfft(frames, 256))[:, 4:124].reshape(len(frames), 40, 3).mean(2) + 50
    )
    power -= power.mean(axis=1, keepdims=True)
    return power / (np.linalg.norm(power, axis=1, keepdims=True) + 1e-9)


def distance(one: Spectra, other: Spectra) -> float:
    """Of two sounds, by the best way through both."""
    if not len(one) or not len(other):
        return 2.0
    apart = 1 - one @ other.T
    cost = np.full((len(one) + 1, len(other) + 1), np.inf)
    cost[0, 0] = 0
    for row in range(len(one)):
        for column in range(len(other)):
            least = min(cost[row, column], cost[row, column + 1], cost[row + 1, column])
            cost[row + 1, column + 1] = apart[row, column] + least
    return float(cost[-1, -1] / max(len(one), len(other)))


@dataclass
class Transcriber:
    """At `url`, as a context manager. `manner` says how it misbehaves."""

    folder: Any
    phrases: Sequence[str] = ("please stop calling me", "yes please", "who is speaking")
    manner: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The fields of each request."""
    heads: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        voice = Synthesiser(RATE, self.folder)
        self._known = {each: spectra(voice.say(each).samples) for each in self.phrases}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                desk._serve(self)

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def said(self, phrase: str) -> Samples:
        """How a callee says it."""
        return Synthesiser(RATE, self.folder).say(phrase).samples

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        fields, sound = parts(request.headers["Content-Type"], body)
        self.asked.append(fields | {"path": request.path})
        self.heads.append(dict(request.headers))
        if self.manner == "slow":
            time.sleep(3)
        if self.manner == "drips":
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(40):
                time.sleep(0.2)
                request.wfile.write(b"x")
                request.wfile.flush()
            return
        text = {
            "": json.dumps({"text": self._nearest(sound)}),
            "closes": json.dumps({"text": self._nearest(sound)}),
            "slow": json.dumps({"text": "yes please"}),
            "html": "<html>",
            "odd": json.dumps({"text": 5}),
            "list": "[]",
            "500": "{}",
            "huge": json.dumps({"text": "a" * 100_000}),
        }[self.manner].encode()
        request.send_response(500 if self.manner == "500" else 200)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)
        request.close_connection = self.manner == "closes"

    def _nearest(self, sound: bytes) -> str:
        with wave.open(io.BytesIO(sound)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
            heard = spectra(np.frombuffer(file.readframes(file.getnframes()), np.int16))
        far = {phrase: distance(heard, known) for phrase, known in self._known.items()}
        best = min(far, key=lambda phrase: far[phrase])
        return best if far[best] < _FAR else ""


def parts(kind: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """The fields of a form, and its file."""
    edge = b"--" + kind.split("boundary=")[1].encode()
    fields, sound = {}, b""
    for part in body.split(edge)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name
        if b"filename=" in head:
            sound = value[:-2]
        else:
            fields[name[1].decode()] = value[:-2].decode()
    return fields, sound
