"""Events out over MQTT: a bounded queue in front of a connection that comes back by itself.

`MqttSink.publish` only queues. `run` connects, sends in bursts with QoS 1, and begins anew when
the connection breaks; what was sent and not confirmed goes first, so order is kept.
What the events are is in `dialer.mqtt.table`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import aiomqtt
from paho.mqtt import client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from dialer.logs import scrub_international
from dialer.mqtt.table import TABLE, common, topic_level

log = logging.getLogger(__name__)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_RETAINED = frozenset(told.topic for told in TABLE.values() if told.retained)
_QOS = 1  # at least once: an event told twice does less harm than one untold
_KEEPALIVE = 20  # seconds; a broker whose network went away is noticed after one and a half
_PATIENCE = 5.0  # seconds for the broker to accept the connection, or to take the last word
_CONFIRM_WITHIN = 30.0  # seconds; who confirms nothing for so long keeps nothing of what it takes
_BACKOFF_FIRST, _BACKOFF_CAP = 0.5, 30.0
# Events leave in bursts: one alone wakes the loop for the socket's writing, and again for reading.
# Longer or larger bursts save little more and would hold the loop for milliseconds.
_GATHER = 0.05


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is. `password` stays out of the repr, so out of every log."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    """PEM file of the authority that signed the broker's certificate; None for the system's."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class NullSink:
    """MQTT is off."""

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        """Say nothing to nobody."""


@dataclass(frozen=True, slots=True)
class _Event:
    topic: str
    body: str
    retained: bool


class MqttSink:
    """An `EventSink`: every method belongs to the event loop's thread, the counts to any.

    `prefix` begins every topic, `node` follows it; `utc` is the wall clock. Of more than
    `queue_limit` waiting events the oldest are dropped and counted. `in_flight` is how many may
    wait for the broker's confirmation at once. Without `retain` nothing is retained, not even the
    status: for brokers that drop who asks for it.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        prefix: str,
        node: str,
        utc: Callable[[], datetime],
        queue_limit: int = 20_000,
        in_flight: int = 32,
        retain: bool = True,
    ) -> None:
        self._broker = broker
        self._base = f"{prefix.strip('/')}/{topic_level(node)}"
        # The same name after a crash: the broker then ends the dead session, and its last will,
        # before the new one begins. With a random name "offline" would be told after "online".
        self._client_id = f"{prefix.strip('/')}-{node}"
        self._utc = utc
        self._queue_limit = queue_limit
        self._window = in_flight
        self._queue: deque[_Event] = deque()
        self._sent: dict[int, _Event] = {}
        self._client: _Client | None = None
        self._all_confirmed = asyncio.Event()
        self._burst: asyncio.TimerHandle | None = None
        self._closing = asyncio.Event()
        self._flush_limit = 0.0
        self._stopped = asyncio.Event()
        self._running = False
        self._retain = retain
        self._stage = ""
        self._moved = 0.0
        self._told: set[str] = set()
        self._failures = 0
        self._confirmed = 0
        self._dropped = 0

    @property
    def connected(self) -> bool:
        return self._client is not None

    @property
    def confirmed(self) -> int:
        """Events that the broker confirmed."""
        return self._confirmed

    @property
    def dropped(self) -> int:
        """Events that will never reach the broker."""
        return self._dropped

    @property
    def waiting(self) -> int:
        """Events queued, or sent and not yet confirmed."""
        return len(self._queue) + len(self._sent)

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        """Queue one event. `topic` is what follows the node."""
        try:
            body = _encode(payload)
        except (TypeError, ValueError):
            self._dropped += 1
            log.exception("mqtt: an event that is no JSON was dropped: %s", topic)
            return
        body = scrub_international(body)
        if self._stopped.is_set():
            self._dropped += 1
            return
        if len(self._queue) >= self._queue_limit:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(
            _Event(f"{self._base}/{topic}", body, self._retain and topic in _RETAINED)
        )
        if self._client is not None and self._burst is None:
            self._burst = asyncio.get_running_loop().call_later(_GATHER, self._send_burst)

    async def run(self) -> None:
        """Keep a connection and send what is queued, until closed or cancelled; never raises."""
        self._running = True
        try:
            while not self._closing.is_set():
                try:
                    await self._session()
                except aiomqtt.MqttError as error:
                    self._tell_loss(error)
                except Exception:  # telling is a side matter: it ends no campaign
                    log.exception("mqtt: the connection failed in a way not foreseen")
                await self._back_off()
        finally:
            self._stopped.set()
            self._drop_rest()

    async def close(self, limit: float = 2.0) -> None:
        """Send what is queued, for `limit` seconds at most, say `offline`, and let `run` return."""
        self._flush_limit = limit
        self._closing.set()
        if self._running:
            await self._stopped.wait()
        else:
            self._stopped.set()
            self._drop_rest()

    # ---------------------------------------------------------------- the connection

    async def _session(self) -> None:
        """Connect, say `online`, send until closed. Raises MqttError when the connection goes."""
        self._stage = "connecting"
        async with self._connection() as client:
            self._stage = "status"
            await _unless_gone(client, self._say(client, "online", "connected"))
            self._stage = "sending"
            self._tell_return()
            client.confirmed = self._on_confirmed
            self._client = client
            lost = asyncio.create_task(self._until_lost(client))
            closing = asyncio.create_task(self._closing.wait())
            try:
                self._send_burst()
                await asyncio.wait({lost, closing}, return_when=asyncio.FIRST_COMPLETED)
                if self._closing.is_set():
                    await self._flush(lost)
            finally:
                self._client = None
                self._take_back()
                closing.cancel()
                if not lost.done():
                    # Also when cancelled: a clean DISCONNECT makes the broker forget the last will.
                    with contextlib.suppress(aiomqtt.MqttError):
                        await self._say(client, "offline", "closed")
                    lost.cancel()
            if lost.done():
                lost.result()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Client]:
        """A connected client; gives up at once when closing."""
        broker = self._broker
        client = _Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=self._client_id,
            clean_session=True,
            timeout=_PATIENCE,
            keepalive=_KEEPALIVE,
            max_inflight_messages=self._window,
            tls_params=aiomqtt.TLSParameters(ca_certs=broker.ca_file) if broker.tls else None,
            will=aiomqtt.Will(
                self._status_topic, self._status("offline", "lost"), _QOS, retain=self._retain
            ),
        )
        try:
            await self._enter(client)
        except BaseException:
            client.forget_faults()
            client.abandon()
            raise
        try:
            yield client
        finally:
            try:
                await client.__aexit__(None, None, None)
            finally:
                client.forget_faults()

    async def _enter(self, client: _Client) -> None:
        entering = asyncio.create_task(client.__aenter__())
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({entering, closing}, return_when=asyncio.FIRST_COMPLETED)
            if not entering.done():
                raise aiomqtt.MqttError("closed while connecting")
            entering.result()
        finally:
            entering.cancel()
            closing.cancel()

    def _send_burst(self) -> None:
        """Hand over what waits, in order, as far as the window is open."""
        self._burst = None
        client = self._client
        if not self._sent:
            self._moved = asyncio.get_running_loop().time()
        while client is not None and self._queue and len(self._sent) < self._window:
            event = self._queue.popleft()
            try:
                self._sent[client.hand_over(event)] = event
            except ValueError:
                self._dropped += 1
                log.exception("mqtt: an event that no broker takes was dropped")

    def _on_confirmed(self, packet: int) -> None:
        if self._sent.pop(packet, None) is None:
            return
        self._confirmed += 1
        self._moved = asyncio.get_running_loop().time()
        self._send_burst()
        if not self.waiting:
            self._all_confirmed.set()

    async def _flush(self, lost: asyncio.Task[None]) -> None:
        """Wait until all is confirmed, the connection is gone, or the limit is reached."""
        self._all_confirmed.clear()
        self._send_burst()
        if not self.waiting:
            return
        all_confirmed = asyncio.create_task(self._all_confirmed.wait())
        try:
            await asyncio.wait(
                {all_confirmed, lost},
                timeout=self._flush_limit,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            all_confirmed.cancel()

    def _take_back(self) -> None:
        """What was sent and not confirmed goes first on the next connection, in its old order."""
        if self._burst is not None:
            self._burst.cancel()
            self._burst = None
        self._queue.extendleft(reversed(self._sent.values()))
        self._sent.clear()

    def _drop_rest(self) -> None:
        rest = self.waiting
        if rest:
            self._dropped += rest
            self._queue.clear()
            log.warning("mqtt: %d events were still queued at the end and are lost", rest)

    # ---------------------------------------------------------------- the node's status

    @property
    def _status_topic(self) -> str:
        return f"{self._base}/{TABLE['status'].topic}"

    def _status(self, state: str, why: str) -> str:
        return _encode({**common(self._utc()), "state": state, "why": why})

    async def _say(self, client: _Client, state: str, why: str) -> None:
        body = self._status(state, why)
        retain = TABLE["status"].retained and self._retain
        await client.publish(self._status_topic, body, _QOS, retain, timeout=_PATIENCE)

    async def _until_lost(self, client: _Client) -> None:
        """Raises MqttError when the connection is gone, or what was sent is confirmed no more."""
        gone = asyncio.create_task(_until_gone(client))
        loop = asyncio.get_running_loop()
        try:
            while not gone.done():
                await asyncio.wait({gone}, timeout=_CONFIRM_WITHIN / 4)
                if self._sent and loop.time() - self._moved > _CONFIRM_WITHIN:
                    raise aiomqtt.MqttError("Operation timed out")
            gone.result()
        finally:
            gone.cancel()

    def _tell_return(self) -> None:
        self._failures = 0
        self._told.clear()
        log.info("mqtt: connected to %s", self._broker)

    def _tell_loss(self, error: aiomqtt.MqttError) -> None:
        """One line for a loss and one for each misdeed of a broker, however often it fails."""
        why = self._why(error)
        known = why in self._told or (self._told and why == str(error))
        if known or self._closing.is_set():
            return
        self._told.add(why)
        log.warning(
            "mqtt: no connection to %s (%s); dialling goes on, up to %d events are kept",
            self._broker,
            why,
            self._queue_limit,
        )

    def _why(self, error: aiomqtt.MqttError) -> str:
        """What the broker did, by how far the connection had come."""
        silent = "timed out" in str(error)
        retained = " retained, as brokers do that take none: try mqtt.retain: false"
        match self._stage:
            case "connecting" if silent:
                return "it takes the connection and never answers CONNECT"
            case "connecting" if isinstance(error, _DroppedError):
                will = " with a last will" + (retained if self._retain else "")
                return f"it drops the connection at CONNECT{will}"
            case "status" if silent:
                return "connected, but it never acknowledges: no PUBACK for `status`"
            case "status":
                asked = retained if self._retain else "; it may not allow the topic"
                return f"connected, and dropped after publishing `status`{asked}"
            case "sending" if silent:
                return f"it acknowledges nothing for {_CONFIRM_WITHIN:g} s"
            case _:
                return str(error)

    async def _back_off(self) -> None:
        """Wait twice as long after each failure, up to a cap, with jitter; not when closing."""
        delay = min(_BACKOFF_CAP, _BACKOFF_FIRST * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        # Nodes that lost one broker together must not come back together.
        delay *= 0.5 + random.random() / 2  # noqa: S311 - no secret
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), delay)


class _DroppedError(aiomqtt.MqttError):
    """The broker closed the connection before it had accepted it."""


class _Client(aiomqtt.Client):
    """aiomqtt's client, with two things that it lacks.

    Events can be handed over without a coroutine and a wake-up for each. And no socket is left
    open when connecting is given up, be it that the broker never says CONNACK, or that the task
    is cancelled while the thread that connects goes on.
    """

    confirmed: Callable[[int], None] | None = None
    """Called with the id of each packet that the broker confirmed."""
    _tried: asyncio.Future[None] | None = None

    def hand_over(self, event: _Event) -> int:
        """Queue one event to the socket; the packet's id. Raises ValueError for a bad topic.

        Where the connection is gone nothing is raised: the session's end is told elsewhere.
        """
        return self._client.publish(event.topic, event.body, _QOS, event.retained).mid

    def _on_publish(
        self,
        client: paho.Client,
        userdata: object,
        mid: int,
        code: ReasonCode,
        properties: Properties,
    ) -> None:
        super()._on_publish(client, userdata, mid, code, properties)
        if self.confirmed is not None:
            self.confirmed(mid)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
        else:
            # Without this its silence would be waited for, and be told in its stead.
            self._connected.set_exception(_DroppedError("the connection was dropped"))
            self._connected.exception()  # Whoever waits is told; where nobody does, nobody need be.

    async def __aenter__(self) -> Self:
        self._tried = self._loop.create_future()
        return await super().__aenter__()

    def _client_connect(self) -> None:
        """On a thread of the executor: connect the socket and send CONNECT."""
        try:
            super()._client_connect()
        finally:
            if self._tried is not None:
                # Comes after what connecting has left for the loop to do with the socket.
                self._loop.call_soon_threadsafe(self._tried.set_result, None)

    def forget_faults(self) -> None:
        """What ended the connection was told; asyncio need not tell it once more, with a trace."""
        for future in (self._connected, self._disconnected):
            if future.done() and not future.cancelled():
                future.exception()

    def abandon(self) -> None:
        """Close the socket of a connection that did not come about, as soon as it can be done."""
        if self._tried is not None:
            self._tried.add_done_callback(self._close_socket)

    def _close_socket(self, _: asyncio.Future[None]) -> None:
        # The one before may be cancelled, at which aiomqtt's own callback would raise.
        self._connected = self._loop.create_future()
        self._client.disconnect()


async def _unless_gone(client: _Client, saying: Coroutine[object, object, None]) -> None:
    """Do `saying`. Raises MqttError as soon as the connection is gone: no answer can come then."""
    said = asyncio.create_task(saying)
    gone = asyncio.create_task(_until_gone(client))
    try:
        await asyncio.wait({said, gone}, return_when=asyncio.FIRST_COMPLETED)
        await (said if said.done() else gone)
    finally:
        said.cancel()
        gone.cancel()
        await asyncio.gather(said, gone, return_exceptions=True)


async def _until_gone(client: _Client) -> None:
    """Raises MqttError when the connection is gone: nothing is subscribed to, so nothing comes."""
    async for _ in client.messages:
        pass
