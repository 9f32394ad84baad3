"""Live calls to peers on loopback: PJSIP as the dialer sets it up, the bridge, and no more."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import pjsua2 as pj
from support.report import say

from audio._bridge import Bridge
from dialer.app.interpreter import SWITCH_INTERVAL
from dialer.sip import _admission, _guard, _media_source
from dialer.sip.endpoint import Endpoint
from dialer.sip.settings import SipSettings

CALLS_A_SECOND = 50
CALLER_ID = "+861065550100"


class Caller:
    """The calling side of a benchmark, as a context manager. One thread: the one that made it."""

    def __init__(self, rtp_ports: tuple[int, int], most_calls: int) -> None:
        settings = SipSettings(
            bind_host="127.0.0.1",
            bind_port=0,
            rtp_ports=rtp_ports,
            codecs=("PCMU",),
            most_calls=most_calls,
        )
        self._rtp_ports = rtp_ports
        self._endpoint = Endpoint(settings)
        self._account: Any = None
        self.bridge = Bridge(settings.clock_rate)
        self.calls: list[Leg] = []

    def __enter__(self) -> Self:
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._endpoint.open("127.0.0.1", CALLS_A_SECOND)
        _admission.allow([("127.0.0.1", "udp", 0)])
        config = pj.AccountConfig()
        config.idUri = f"<sip:{CALLER_ID}@127.0.0.1>"
        # As the dialer's own accounts; PJSIP's default would put more into it than the guard knows.
        config.sipConfig.contactForced = f"<sip:{CALLER_ID}@127.0.0.1:{self._endpoint.port}>"
        config.natConfig.contactRewriteUse = config.natConfig.sipOutboundUse = 0
        transport = config.mediaConfig.transportConfig
        transport.boundAddress = "127.0.0.1"
        transport.port, last = self._rtp_ports
        transport.portRange = last - transport.port
        self._account = pj.Account()
        self._account.create(config)
        _media_source.allow(self._account.getId(), [], [], ["127.0.0.1"])
        self.bridge.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for leg in self.calls:
            leg.hang_up()
        self.pump_until(lambda: all(leg.ended for leg in self.calls), 10)
        self.calls.clear()
        self.bridge.shutdown()
        self._account.shutdown()
        self._account = None
        self._endpoint.close()

    def dial(self, count: int, address: Callable[[int], str]) -> list[Leg]:
        """So many more calls, to `address(0)`, `address(1)`...; returns when all have media.

        Raises TimeoutError if some have not, 10 s after the last was placed.
        """
        begun = time.monotonic()
        legs: list[Leg] = []
        addresses = [address(number) for number in range(count)]
        shown = _guard.Identities([CALLER_ID], [])
        _guard.allow({where.partition("@")[2]: shown for where in addresses})
        while len(legs) < count:
            due = min(count, int((time.monotonic() - begun) * CALLS_A_SECOND) + 1)
            for number in range(len(legs), due):
                leg = Leg(self._account)
                leg.makeCall(addresses[number], pj.CallOpParam(True))
                legs.append(leg)
            self._endpoint.poll(2)
        self.calls += legs
        self.pump_until(lambda: all(leg.slot >= 0 or leg.ended for leg in legs), 10)
        up = sum(leg.slot >= 0 for leg in legs)
        if up < count:
            raise TimeoutError(f"{count - up} of {count} calls did not come up")
        say(f"{len(self.calls)} calls up, {time.monotonic() - begun:.1f} s")
        return legs

    def pump(self, seconds: float) -> None:
        """Handle what SIP brings for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._endpoint.poll(min(10, max(1, int(left * 1000))))

    def pump_until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self._endpoint.poll(10)
        return True

    def received_packets(self) -> int:
        """RTP packets that all calls have received so far."""
        return sum(leg.received_packets() for leg in self.calls)

    @contextmanager
    def ports(self, legs: list[Leg]) -> Iterator[dict[int, Leg]]:
        """Handles of new bridge ports, each attached to one call; closed at the end."""
        handles = {self.bridge.open(): leg for leg in legs}
        for handle, leg in handles.items():
            self.bridge.attach(handle, leg.slot)
        try:
            yield handles
        finally:
            for handle in handles:
                self.bridge.close(handle)
            # The conference lets go of some 100 ports a tick; the next ones need their room.
            self.pump_until(lambda: self.bridge.counts()["live_ports"] == 0, 5)


class Leg(pj.Call):  # type: ignore[misc]
    """One call. `slot` is its stream's on the conference, -1 before there is one."""

    def __init__(self, account: pj.Account) -> None:
        super().__init__(account)
        self.slot = -1
        self.ended = False

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802, ARG002
        info = self.getInfo()
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.slot = self.getAudioMedia(media.index).getPortId()

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802, ARG002
        info = self.getInfo()
        self.ended = info.state == pj.PJSIP_INV_STATE_DISCONNECTED

    def received_packets(self) -> int:
        if self.ended:
            return 0
        stat = self.getStreamStat(0)
        return int(stat.rtcp.rxStat.pkt)

    def sent_packets(self) -> int:
        return 0 if self.ended else int(self.getStreamStat(0).rtcp.txStat.pkt)

    def hang_up(self) -> None:
        if not self.ended:
            self.hangup(pj.CallOpParam(True))
