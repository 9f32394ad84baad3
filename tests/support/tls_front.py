"""TLS before a SIPp that has none, as Debian builds it: OpenSSL, by Python, ends it here."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from types import TracebackType
from typing import Self

from tests.support.certificates import Certificate


class TlsFront:
    """Takes TLS at `host`:`port` and hands on to a SIPp that speaks TCP (`-t t1`) on `behind`.

    The SIPp's Contact is rewritten to `scheme`, `name` and `port`, so that requests of the dialog
    come here too.
    """

    def __init__(
        self, certificate: Certificate, behind: int, name: str = "localhost", scheme: str = "sip"
    ) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.certificate, certificate.key)
        self._behind = behind
        self._name = name
        self._scheme = scheme
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.came = b""
        """What was sent here inside TLS."""
        self.handshakes = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._context, ssl_handshake_timeout=5
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handshakes += 1
        inner, out = await asyncio.open_connection("127.0.0.1", self._behind)
        theirs = b"<sip:carrier@127.0.0.1:%d;transport=TCP" % self._behind
        ours = f"<{self._scheme}:carrier@{self._name}:{self.port};transport=tls".encode()
        for task in (
            asyncio.create_task(self._pass(reader, out, b"", b"")),
            asyncio.create_task(self._pass(inner, writer, theirs, ours)),
        ):
            self._tasks.add(task)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        old: bytes,
        new: bytes,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not old:
                    self.came += data
                writer.write(data.replace(old, new) if old else data)
                await writer.drain()
        writer.close()
