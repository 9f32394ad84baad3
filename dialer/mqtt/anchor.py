"""The retained checkpoints of a node, as an anchor: asked of the broker before the node starts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import aiomqtt

from dialer.audit import SignedCheckpoint
from dialer.core.office.audit_chain import desk_chain
from dialer.errors import AnchorError, AuditError
from dialer.mqtt.auditing import ANCHOR_DESK, ANCHOR_NODE, anchored
from dialer.mqtt.sink import Broker
from dialer.mqtt.words import topic_level
from dialer.ports.events import EventSink

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE: Final = 5.0
_SILENCE: Final = 1.0
"""Retained messages follow the subscription at once (MQTT 3.1.1, 3.3.1.3); then nothing does."""


class MqttAnchor:
    """It asks by a connection of its own, and keeps by the node's."""

    name = "mqtt"

    def __init__(self, broker: Broker, prefix: str, node: str, sink: EventSink | None) -> None:
        self._broker = broker
        self._node = node
        self._base = f"{prefix.strip('/')}/{topic_level(node)}"
        self._sink = sink

    async def remembered(self, chains: Collection[str]) -> Mapping[str, SignedCheckpoint]:
        try:
            found = await asyncio.wait_for(self._retained(), 2 * _PATIENCE)
        except (aiomqtt.MqttError, TimeoutError, OSError) as error:
            told = str(error) or "it does not answer"
            raise AnchorError(f"the broker {self._broker} cannot be asked: {told}") from None
        except (AuditError, UnicodeDecodeError):
            raise AnchorError(f"the broker {self._broker} retains no checkpoint there") from None
        return {each.checkpoint.node: each for each in found if each.checkpoint.node in chains}

    async def keep(self, signed: SignedCheckpoint) -> None:
        if self._sink is None:
            raise AnchorError("MQTT is off")
        at = _EPOCH + timedelta(microseconds=signed.checkpoint.at)
        is_desk = signed.checkpoint.node == desk_chain(self._node)
        anchored(self._sink, at, signed, is_desk=is_desk)

    async def _retained(self) -> list[SignedCheckpoint]:
        broker = self._broker
        found: list[SignedCheckpoint] = []
        async with aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            timeout=_PATIENCE,
            tls_params=aiomqtt.TLSParameters(ca_certs=broker.ca_file) if broker.tls else None,
        ) as client:
            topics = [(f"{self._base}/{topic}", 1) for topic in (ANCHOR_NODE, ANCHOR_DESK)]
            await client.subscribe(topics)
            try:
                async with asyncio.timeout(_SILENCE) as waiting:
                    async for message in client.messages:
                        found.append(SignedCheckpoint.from_json(bytes(message.payload).decode()))
                        if len(found) == len(topics):
                            break
                        waiting.reschedule(asyncio.get_running_loop().time() + _SILENCE)
            except TimeoutError:
                pass
        return found
