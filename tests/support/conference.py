"""PJSIP with nothing but its conference, and our bridge on it: media without SIP."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pjsua2 as pj

from audio._bridge import Bridge


@contextmanager
def conference(rate: int = 8000, ports: int = 512) -> Iterator[Bridge]:
    """A started bridge. The caller's thread is the one that PJSIP knows."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    try:
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.logConfig.level = 0
        config.logConfig.consoleLevel = 0
        media = config.medConfig
        media.clockRate = media.sndClockRate = rate
        media.audioFramePtime = media.ptime = 20
        media.maxMediaPorts = ports
        media.hasIoqueue = False
        media.threadCnt = 0
        endpoint.libInit(config)
        endpoint.libStart()
        bridge = Bridge(rate)
        bridge.start()
        try:
            yield bridge
        finally:
            bridge.shutdown()
    finally:
        gc.collect()
        endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)
        del endpoint
        gc.collect()


class Collector:
    """The arrays that `collect` wants, and what came in them."""

    def __init__(self, bridge: Bridge, room: int = 4096) -> None:
        self.frames = np.zeros((room, bridge.frame_samples), np.int16)
        self.handles = np.zeros(room, np.int64)
        self.taken = np.zeros(room, np.int64)
        self.over = np.zeros(room, np.int8)
        self.peaks = np.zeros(room, np.int32)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.frames, self.handles, self.taken, self.over, self.peaks


def let_pass(bridge: Bridge, ticks: int) -> int:
    """Wait for so many ticks from now on; the tick count then."""
    seen = bridge.wait(0, 0.0)
    for _ in range(ticks):
        seen = bridge.wait(seen, 2.0)
    return seen


def listen(bridge: Bridge, ticks: int, handle: int, seen: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What `handle` received over so many ticks: (samples, ns of each frame)."""
    collector = Collector(bridge)
    heard: list[np.ndarray] = []
    taken: list[np.ndarray] = []
    for _ in range(ticks):
        seen = bridge.wait(seen, 2.0)
        count = bridge.collect(*collector.arrays)
        ours = collector.handles[:count] == handle
        heard.append(collector.frames[:count][ours])
        taken.append(collector.taken[:count][ours])
    return np.concatenate(heard).ravel(), np.concatenate(taken)
