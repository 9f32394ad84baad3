"""The MQTT sink against a real mosquitto."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialer.audit import AuditKey
from dialer.core.office.audit_chain import Checkpoint
from dialer.errors import AnchorError
from dialer.mqtt import sink as mqtt
from dialer.mqtt.anchor import MqttAnchor
from dialer.mqtt.sink import Broker, MqttSink
from tests.support import peers
from tests.support.broker import Mosquitto, free_port
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
STATUS = "dialer/node-1/status"


def made(broker: Broker, **options: int) -> MqttSink:
    return MqttSink(
        broker, prefix="dialer", node="node-1", utc=lambda: datetime.now(UTC), **options
    )


def where(mosquitto: Mosquitto) -> Broker:
    return Broker(mosquitto.host, mosquitto.port)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as mosquitto:
        yield mosquitto


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "_BACKOFF_FIRST", 0.02)
    monkeypatch.setattr(mqtt, "_BACKOFF_CAP", 0.1)
    monkeypatch.setattr(mqtt, "_GATHER", 0.02)


class Listener:
    """Whoever subscribes: a session that the broker keeps, and what came so far."""

    def __init__(self, mosquitto: Mosquitto) -> None:
        self._mosquitto = mosquitto
        self.heard: list[tuple[str, dict[str, object], bool]] = []

    def bodies(self, end: str) -> list[dict[str, object]]:
        return [body for topic, body, _ in self.heard if topic.endswith(end)]

    def numbers(self) -> list[object]:
        """The `n` of every event, in order, and each once: QoS 1 may tell it again."""
        return list(dict.fromkeys(body["n"] for body in self.bodies("/event")))

    async def until_numbers(self, count: int) -> None:
        await until(lambda: len(self.numbers()) >= count)

    async def until_status(self, state: str, why: str) -> None:
        await until(
            lambda: any(
                (body["state"], body["why"]) == (state, why) for body in self.bodies("/status")
            )
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        heard = self.heard

        class Record(asyncio.Queue[aiomqtt.Message]):
            """Written down as it comes: what the client confirms must not be lost in a queue."""

            def put_nowait(self, item: aiomqtt.Message) -> None:
                assert isinstance(item.payload, bytes)
                heard.append((str(item.topic), json.loads(item.payload), bool(item.retain)))

        client = aiomqtt.Client(
            self._mosquitto.host,
            self._mosquitto.port,
            identifier="listener",
            clean_session=False,
            queue_type=Record,
        )
        async with client:
            await client.subscribe("#", qos=1)
            yield


@asynccontextmanager
async def running(sink: MqttSink) -> AsyncIterator[None]:
    task = asyncio.create_task(sink.run())
    try:
        yield
    finally:
        await sink.close()
        await task


def tell(sink: MqttSink, numbers: range) -> None:
    for number in numbers:
        sink.publish("event", {"n": number})


async def test_events_arrive_in_order_and_the_status_is_retained(mosquitto: Mosquitto) -> None:
    sink, first, late = made(where(mosquitto)), Listener(mosquitto), Listener(mosquitto)
    async with first.listening(), running(sink):
        tell(sink, range(500))
        await first.until_numbers(500)
        await until(lambda: sink.waiting == 0)
    assert first.numbers() == list(range(500))
    assert first.heard[0][0] == STATUS
    assert first.heard[-1][0] == STATUS
    assert sink.confirmed == 500
    assert sink.dropped == 0
    async with late.listening():
        await until(lambda: any(retained for _, _, retained in late.heard))
        [(topic, body, retained)] = [item for item in late.heard if item[2]]
    assert (topic, body["state"], body["why"], retained) == (STATUS, "offline", "closed", True)
    assert body["schema"] == 1


async def test_close_sends_what_is_queued_before_offline(mosquitto: Mosquitto) -> None:
    sink, listener = made(where(mosquitto)), Listener(mosquitto)
    async with listener.listening():
        task = asyncio.create_task(sink.run())
        await until(lambda: sink.connected)
        tell(sink, range(2000))
        async with asyncio.timeout(20):
            await sink.close(limit=60)
            await task
        await listener.until_status("offline", "closed")
    assert listener.numbers() == list(range(2000))
    assert listener.heard[-1][0] == STATUS
    assert sink.waiting == 0
    sink.publish("event", {"n": -1})
    assert sink.dropped == 1


async def test_a_cancelled_sink_says_offline(mosquitto: Mosquitto) -> None:
    sink, listener = made(where(mosquitto)), Listener(mosquitto)
    async with listener.listening():
        task = asyncio.create_task(sink.run())
        await listener.until_status("online", "connected")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await listener.until_status("offline", "closed")
    await sink.close()


async def test_the_last_will_is_told_when_the_process_is_killed(mosquitto: Mosquitto) -> None:
    program = f"""
import asyncio, datetime
from dialer.mqtt.sink import Broker, MqttSink
sink = MqttSink(Broker({mosquitto.host!r}, {mosquitto.port}), prefix="dialer", node="node-1",
                utc=lambda: datetime.datetime.now(datetime.UTC))
asyncio.run(sink.run())
"""
    listener = Listener(mosquitto)
    async with listener.listening():
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT)
        try:
            await listener.until_status("online", "connected")
        finally:
            process.kill()
            await process.wait()
        await listener.until_status("offline", "lost")
    late = Listener(mosquitto)
    async with late.listening():
        await until(lambda: any(retained for _, _, retained in late.heard))
        assert [body["why"] for _, body, retained in late.heard if retained] == ["lost"]


async def test_a_new_process_after_a_crash_ends_up_online(mosquitto: Mosquitto) -> None:
    """The dead session is still open at the broker when its successor comes."""
    listener = Listener(mosquitto)
    dead = aiomqtt.Client(
        mosquitto.host,
        mosquitto.port,
        identifier="dialer-node-1",
        will=aiomqtt.Will(STATUS, '{"state":"offline","why":"lost"}', 1, retain=True),
    )
    async with listener.listening():
        await dead.__aenter__()
        sink = made(where(mosquitto))
        async with running(sink):
            await listener.until_status("online", "connected")
            states = [(body["state"], body["why"]) for body in listener.bodies("/status")]
            assert states == [("offline", "lost"), ("online", "connected")]
        with pytest.raises(aiomqtt.MqttError):
            async for _ in dead.messages:
                pass


async def test_events_of_an_outage_arrive_in_order_afterwards(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dialer.mqtt.sink")
    sink, listener = made(where(mosquitto)), Listener(mosquitto)
    async with running(sink):
        async with listener.listening():
            tell(sink, range(300))
            await listener.until_numbers(1)
        mosquitto.stop()
        tell(sink, range(300, 600))
        await until(lambda: sink._failures >= 3)
        assert not sink.connected
        mosquitto.start()
        await until(lambda: sink.waiting == 0)
        assert sink.connected
        async with listener.listening():
            await listener.until_numbers(600)
    assert listener.numbers() == list(range(600))
    assert sink.dropped == 0
    lines = [record.getMessage() for record in caplog.records if record.name == "dialer.mqtt.sink"]
    kinds = [next(w for w in ("connected to", "no connection") if w in line) for line in lines]
    assert kinds == ["connected to", "no connection", "connected to"]


async def test_no_broker_at_all_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    sink = made(Broker("127.0.0.1", free_port()))
    task = asyncio.create_task(sink.run())
    tell(sink, range(10))
    await until(lambda: sink._failures >= 5)
    assert sink.waiting == 10
    await sink.close()
    await task
    assert sink.dropped == 10
    warned = [record.getMessage() for record in caplog.records if "no connection" in record.msg]
    assert len(warned) == 1


async def test_a_full_queue_drops_the_oldest_and_counts_them(mosquitto: Mosquitto) -> None:
    sink, listener = made(where(mosquitto), queue_limit=100), Listener(mosquitto)
    tell(sink, range(250))
    assert (sink.waiting, sink.dropped) == (100, 150)
    async with listener.listening(), running(sink):
        await listener.until_numbers(100)
    assert listener.numbers() == list(range(150, 250))


async def test_a_broker_that_answers_nothing_does_not_hold_the_end(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "_PATIENCE", 0.2)
    sink = made(where(mosquitto))
    task = asyncio.create_task(sink.run())
    await until(lambda: sink.connected)
    mosquitto.freeze()
    tell(sink, range(5))
    async with asyncio.timeout(10):
        await sink.close(limit=0.2)
        await task
    assert sink.dropped == 5


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_peer_that_is_no_broker_is_left_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    """It accepts and says nothing. Each connection is closed, the one at the end as well."""
    monkeypatch.setattr(mqtt, "_PATIENCE", 0.1)
    accepted, left = 0, 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted, left
        accepted += 1
        await reader.read()
        left += 1
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        sink = made(Broker("127.0.0.1", server.sockets[0].getsockname()[1]))
        task = asyncio.create_task(sink.run())
        await until(lambda: left >= 3)
        monkeypatch.setattr(mqtt, "_PATIENCE", 60.0)
        seen = accepted
        await until(lambda: accepted > seen)
        if cancelled:
            task.cancel()
        async with asyncio.timeout(10):
            await sink.close()
            await asyncio.gather(task, return_exceptions=True)
        await until(lambda: left == accepted)


async def test_what_cannot_be_told_is_dropped_and_nothing_is_raised(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    sink, listener = made(where(mosquitto)), Listener(mosquitto)
    async with listener.listening(), running(sink):
        sink.publish("event", {"n": object()})
        sink.publish("event", {"n": float("nan")})
        sink.publish("event/#", {"n": 1})
        sink.publish("event" * 20_000, {"n": 2})
        sink.publish("event", {"n": 3})
        await listener.until_numbers(1)
    assert listener.numbers() == [3]
    assert sink.dropped == 4
    assert sum("dropped" in record.message for record in caplog.records) == 4


async def test_no_international_number_leaves_whatever_is_published(mosquitto: Mosquitto) -> None:
    sink, listener = made(where(mosquitto)), Listener(mosquitto)
    async with listener.listening(), running(sink):
        sink.publish("event", {"n": 1, "note": "asked for +8613800138000", "big": 12345678901234})
        await listener.until_numbers(1)
    [body] = listener.bodies("/event")
    assert body["note"] == "asked for [number]"
    assert body["big"] == 12345678901234


async def test_a_user_with_a_password_over_tls(tmp_path: Path) -> None:
    certificate(tmp_path)
    settings = [
        "allow_anonymous false",
        f"password_file {passwords(tmp_path)}",
        f"certfile {tmp_path}/cert.pem",
        f"keyfile {tmp_path}/key.pem",
    ]
    with Mosquitto(tmp_path, settings) as mosquitto:
        right = Broker(
            mosquitto.host,
            mosquitto.port,
            tls=True,
            username="dialer",
            password="right",
            ca_file=str(tmp_path / "cert.pem"),
        )
        sink = made(right)
        async with running(sink):
            tell(sink, range(50))
            await until(lambda: sink.confirmed == 50)


@pytest.mark.parametrize("password, told", [("wrong", "Not authorized"), (None, "Not authorized")])
async def test_a_refused_user_does_no_harm(
    tmp_path: Path, password: str | None, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(tmp_path, [f"password_file {passwords(tmp_path)}"]) as mosquitto:
        broker = Broker(mosquitto.host, mosquitto.port, username="dialer", password=password)
        async with running(made(broker)) as _, asyncio.timeout(20):
            await until(lambda: told in caplog.text)
    assert "wrong" not in caplog.text


# paho drops the socket of a failed handshake without closing it; the garbage collector does.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_certificate_that_nobody_signed_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate(tmp_path)
    settings = [
        "allow_anonymous true",
        f"certfile {tmp_path}/cert.pem",
        f"keyfile {tmp_path}/key.pem",
    ]
    with Mosquitto(tmp_path, settings) as mosquitto:
        sink = made(Broker(mosquitto.host, mosquitto.port, tls=True))
        async with running(sink):
            await until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text)
            assert not sink.connected
    del sink
    gc.collect()


def test_a_password_is_in_no_repr() -> None:
    assert "secret" not in repr(Broker("h", 1, username="u", password="secret"))
    assert str(Broker("h", 1, username="u", password="secret")) == "h:1"


def passwords(folder: Path) -> Path:
    """A file by which the user `dialer` has the password `right`."""
    file = folder / "passwords"
    program = peers.command("mosquitto_passwd")
    subprocess.run([*program, "-b", "-c", file, "dialer", "right"], check=True)
    return file


def certificate(folder: Path) -> None:
    """cert.pem and key.pem for 127.0.0.1, signed by nobody else."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
        timeout=20,
    )


async def test_the_broker_s_retained_checkpoint_is_an_anchor(mosquitto: Mosquitto) -> None:
    key = AuditKey(Ed25519PrivateKey.generate())
    chains = ("node/1", "node/1/desk")
    sink = MqttSink(where(mosquitto), prefix="dialer", node="node/1", utc=lambda: datetime.now(UTC))
    anchor = MqttAnchor(where(mosquitto), "dialer", "node/1", sink)
    async with running(sink):
        assert await anchor.remembered(chains) == {}
        kept = [key.sign(Checkpoint(chain, 7, bytes(32), 1)) for chain in chains]
        for signed in kept:
            await anchor.keep(signed)
        await until(lambda: sink.waiting == 0)
    assert await anchor.remembered(chains) == dict(zip(chains, kept, strict=True))
    assert await anchor.remembered(("node-2",)) == {}
    mosquitto.stop()
    with pytest.raises(AnchorError, match="cannot be asked"):
        await anchor.remembered(chains)
