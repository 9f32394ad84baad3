"""The anchors that a configuration names."""

from __future__ import annotations

from collections.abc import Sequence

from dialer.config import Config
from dialer.mqtt.anchor import MqttAnchor
from dialer.mqtt.sink import Broker
from dialer.ports.anchor import Anchor
from dialer.ports.events import EventSink
from dialer.upkeep.anchors import FileAnchor, Witness


def anchors_of(config: Config, sink: EventSink | None = None) -> Sequence[Anchor]:
    """In the order of their keys; `sink` is the node's, by which MQTT's is told."""
    wanted, found = config.audit, list[Anchor]()
    if wanted.anchor_file is not None:
        found.append(FileAnchor(wanted.anchor_file))
    if wanted.anchor_mqtt and config.mqtt is not None:
        found.append(MqttAnchor(broker_of(config), config.mqtt.prefix, config.node, sink))
    if wanted.witness is not None:
        found.append(Witness(wanted.witness))
    return found


def broker_of(config: Config) -> Broker:
    """The broker of `mqtt:`, which must be there."""
    assert config.mqtt is not None  # noqa: S101 -- the configuration's own check
    url, password = config.mqtt.url, config.mqtt.password
    return Broker(
        host=url.host,
        port=url.port,
        tls=url.tls,
        username=config.mqtt.username,
        password=password.get_secret_value() if password else None,
        ca_file=str(config.mqtt.ca_file) if config.mqtt.ca_file else None,
    )
