"""A recogniser behind HTTP: `POST /audio/transcriptions` as OpenAI's interface has it.

Many servers speak it, on this machine too. A turn is one request, sent when it is over, as a WAV
file; a few threads send them, each over a connection of its own that is kept. A turn that would be
answered after `within` seconds is answered with nothing: the callee would have spoken again.
"""

from __future__ import annotations

import http.client
import io
import json
import logging
import queue
import socket
import ssl
import threading
import time
import uuid
import wave
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from audio.speech.recogniser import (
    Came,
    SpeechFigures,
    TellUnderstood,
    Understood,
    Wanted,
    joined,
)

_log = logging.getLogger(__name__)

_PROMPT: Final = 200
"""Characters of expected phrases: more is cut by servers, or slows them."""
_LONGEST_REPLY: Final = 65_536
_CLOCKS: Final = 0.02
"""Seconds by which a timer may be early."""
_PROMPTED: Final = frozenset({"zh", "yue", "ja", "ko"})
"""Languages whose recognition gains by the phrases that are expected; English loses by them."""


@dataclass(frozen=True, slots=True)
class OpenAiSettings:
    """`url` is the interface's base, such as `http://127.0.0.1:8000/v1`; `within` is in seconds."""

    url: str
    model: str = "whisper-1"
    key: str = field(default="", repr=False)
    within: float = 1.4
    workers: int = 4
    waiting: int = 32
    """Turns that may wait for a worker."""


@dataclass(frozen=True, slots=True)
class _Turn:
    wanted: Wanted
    rate: int
    samples: bytes
    ended: float
    """Monotonic seconds."""
    tell: TellUnderstood


class OpenAiRecogniser:
    """A Recogniser; see `audio.speech.recogniser`."""

    def __init__(self, settings: OpenAiSettings) -> None:
        self.figures = SpeechFigures()
        self._settings = settings
        self._turns: queue.Queue[_Turn | None] = queue.Queue(settings.waiting)
        self._counting = threading.Lock()
        self._away = False
        self._workers = [
            threading.Thread(target=self._work, name=f"speech-{at}", daemon=True)
            for at in range(settings.workers)
        ]
        for worker in self._workers:
            worker.start()

    def open(self, wanted: Wanted, rate: int, tell: TellUnderstood) -> OpenAiStream:
        return OpenAiStream(self, wanted, rate, tell)

    def close(self) -> None:
        for _ in self._workers:
            self._turns.put(None)
        for worker in self._workers:
            worker.join()

    def take(self, wanted: Wanted, rate: int, samples: bytes, tell: TellUnderstood) -> None:
        """One turn that is over."""
        turn = _Turn(wanted, rate, samples, time.monotonic(), tell)
        try:
            self._turns.put_nowait(turn)
        except queue.Full:
            self._answer(turn, Understood("", Came.FULL))

    def _answer(self, turn: _Turn, result: Understood) -> None:
        with self._counting:
            self.figures.count(result.came, time.monotonic() - turn.ended)
        turn.tell(result)

    def _is_late(self, turn: _Turn) -> bool:
        return time.monotonic() >= turn.ended + self._settings.within - _CLOCKS

    def _work(self) -> None:
        link = _Link(self._settings)
        while (turn := self._turns.get()) is not None:
            left = turn.ended + self._settings.within - time.monotonic()
            self._answer(turn, self._asked(link, turn, left) if left > 0 else _LATE)
        link.close()

    def _asked(self, link: _Link, turn: _Turn, left: float) -> Understood:
        try:
            text = link.ask(turn, left)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self._is_late(turn):
                return _LATE  # by our own cutting off, or its timeout
            # Neither the reply nor a word of the callee's is logged.
            if not self._away:
                _log.warning("the recogniser fails (%s); keys go on", type(error).__name__)
            self._away = True
            return Understood("", Came.FAILED)
        if self._away:
            _log.info("the recogniser answers again")
        self._away = False
        if self._is_late(turn):
            return _LATE
        return Understood(text, Came.WORDS if text else Came.NOTHING)


class OpenAiStream:
    """One turn, gathered until it is over."""

    def __init__(
        self, recogniser: OpenAiRecogniser, wanted: Wanted, rate: int, tell: TellUnderstood
    ) -> None:
        self._recogniser = recogniser
        self._wanted = wanted
        self._rate = rate
        self._tell = tell
        self._parts: list[bytes] = []

    def feed(self, samples: bytes) -> None:
        self._parts.append(samples)

    def end(self) -> None:
        self._recogniser.take(self._wanted, self._rate, b"".join(self._parts), self._tell)
        self._parts.clear()

    def drop(self) -> None:
        self._parts.clear()


_LATE: Final = Understood("", Came.LATE)


class _Link:
    """One connection, made anew where it broke."""

    def __init__(self, settings: OpenAiSettings) -> None:
        parts = urlsplit(settings.url)
        self._settings = settings
        self._path = f"{parts.path.rstrip('/')}/audio/transcriptions"
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, turn: _Turn, seconds: float) -> str:
        """The words of a turn. Raises OSError, HTTPException or ValueError."""
        kind, body = _form(self._fields(turn), _wav(turn.samples, turn.rate))
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self._settings.key:
            headers["Authorization"] = f"Bearer {self._settings.key}"
        kept = self._connection is not None
        try:
            return self._exchange(body, headers, seconds)
        except (http.client.RemoteDisconnected, ConnectionError):
            if not kept:
                raise
            # A connection that was kept may have been closed meanwhile.
            return self._exchange(body, headers, seconds)

    def _exchange(self, body: bytes, headers: dict[str, str], seconds: float) -> str:
        connection = self._connection = self._connection or self._made(seconds)
        try:
            if connection.sock is None:
                connection.timeout = seconds
                connection.connect()
            connection.sock.settimeout(seconds)
            # A timeout bounds each read; who sends a byte a second is cut off all the same.
            cut = threading.Timer(seconds, _cut, [connection.sock])
            cut.start()
            try:
                connection.request("POST", self._path, body, headers)
                reply = connection.getresponse()
                return _text(reply.status, reply.read(_LONGEST_REPLY + 1))
            finally:
                cut.cancel()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _made(self, seconds: float) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=seconds, context=self._tls
        )

    def _fields(self, turn: _Turn) -> dict[str, str]:
        language = turn.wanted.language.partition("-")[0].lower()
        fields = {
            "model": self._settings.model,
            "language": language,
            "response_format": "json",
            "temperature": "0",
        }
        expected = joined(turn.wanted.expected, _PROMPT)
        return fields | ({"prompt": expected} if expected and language in _PROMPTED else {})


def _text(status: int, said: bytes) -> str:
    """The words of a reply. Raises ValueError where it has none."""
    if status != http.client.OK or len(said) > _LONGEST_REPLY:
        raise ValueError(f"HTTP {status}")
    reply: Any = json.loads(said)
    text = reply.get("text") if isinstance(reply, dict) else None
    if not isinstance(text, str):
        raise ValueError("no text")  # noqa: TRY004 - it is the reply's value that is wrong
    return " ".join(text.split())


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _wav(samples: bytes, rate: int) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return made.getvalue()


def _form(fields: dict[str, str], sound: bytes) -> tuple[str, bytes]:
    """multipart/form-data (RFC 7578): its content type, and the body."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="turn.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), sound, f"\r\n--{edge}--\r\n".encode()])
    return f"multipart/form-data; boundary={edge}", body
