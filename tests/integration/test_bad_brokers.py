"""Brokers that take connections and not what is published: each is named for what it does."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from dialer.mqtt import sink as mqtt
from dialer.mqtt.sink import Broker, MqttSink
from tests.support.waiting import until

CONNACK, PUBACK = b"\x20\x02\0\0", b"\x40\x02"


class Misbehaving:
    """Speaks as much MQTT 3.1.1 as it takes to go wrong in one way."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.port = 0
        self.acknowledged = 0
        self.retained = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readexactly(1))[0]
                size, shift = 0, 0
                while True:
                    byte = (await reader.readexactly(1))[0]
                    size |= (byte & 0x7F) << shift
                    shift += 7
                    if byte < 0x80:
                        break
                body = await reader.readexactly(size)
                if not self.answer(head, body, writer):
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, head: int, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """False: drop the connection."""
        if head >> 4 == 1:
            will_retained = bool(body[7] & 0x20)
            self.retained += will_retained
            if self.way == "no retained will" and will_retained:
                return False
            if self.way != "silent":
                writer.write(CONNACK)
        elif head >> 4 == 3:
            retain = bool(head & 1)
            self.retained += retain
            if self.way == "no retained" and retain:
                return False
            length = int.from_bytes(body[:2], "big")
            status = body[2 : 2 + length].endswith(b"/status")
            if self.way != "never" and (self.way != "only status" or status):
                self.acknowledged += 1
                writer.write(PUBACK + body[2 + length : 4 + length])
        return head >> 4 != 14


@asynccontextmanager
async def broker(way: str, *, retain: bool = True) -> AsyncIterator[tuple[Misbehaving, MqttSink]]:
    peer = Misbehaving(way)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    async with server:
        where = Broker("127.0.0.1", server.sockets[0].getsockname()[1])
        sink = MqttSink(
            where, prefix="dialer", node="n", utc=lambda: datetime.now(UTC), retain=retain
        )
        task = asyncio.create_task(sink.run())
        try:
            yield peer, sink
        finally:
            await sink.close(limit=0.2)
            await task


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [
        ("_BACKOFF_FIRST", 0.02),
        ("_BACKOFF_CAP", 0.1),
        ("_GATHER", 0.02),
        ("_PATIENCE", 0.3),
        ("_CONFIRM_WITHIN", 0.4),
    ]:
        monkeypatch.setattr(mqtt, name, value)


@pytest.mark.parametrize(
    "way, told",
    [
        ("no retained", "connected, and dropped after publishing `status` retained"),
        ("no retained will", "it drops the connection at CONNECT with a last will retained"),
        ("silent", "it takes the connection and never answers CONNECT"),
        ("never", "connected, but it never acknowledges: no PUBACK for `status`"),
        ("only status", "it acknowledges nothing for 0.4 s"),
    ],
)
async def test_what_a_broker_does_is_told_once_and_leaves_no_traceback(
    way: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with broker(way) as (_peer, sink):
        sink.publish("event", {"n": 1})
        await until(lambda: told in caplog.text)
        seen = sink._failures
        await until(lambda: sink._failures > seen or way == "only status")
    gc.collect()
    await asyncio.sleep(0)
    lines = [record.getMessage() for record in caplog.records]
    assert sum(told in line for line in lines) >= 1
    if way != "only status":
        assert sum("no connection" in line for line in lines) == 1
    assert [line for line in lines if "never retrieved" in line or "not foreseen" in line] == []
    if "retain" in way:
        assert "try mqtt.retain: false" in caplog.text


@pytest.mark.parametrize("way", ["no retained", "no retained will"])
async def test_without_retained_messages_such_a_broker_will_do(
    way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with broker(way, retain=False) as (peer, sink):
        sink.publish("event", {"n": 1})
        await until(lambda: sink.confirmed == 1)
        assert sink.connected
    assert peer.retained == 0
    assert "no connection" not in caplog.text
