"""All that lives on the SIP thread: PJSIP, the bridge's ports, the trunks' accounts, the calls."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from audio import _bridge
from dialer.errors import LineError
from dialer.sip import guard
from dialer.sip.account import TrunkAccount
from dialer.sip.address import TrunkAddress
from dialer.sip.calls import Calls
from dialer.sip.endpoint import Endpoint
from dialer.sip.keeper import Keeper
from dialer.sip.media import Ears
from dialer.sip.settings import SipSettings, TrunkSettings

_log = logging.getLogger(__name__)


def rtp_shares(ports: tuple[int, int], trunks: int) -> list[tuple[int, int]]:
    """Even-based ranges (first, last) of RTP ports, one a trunk, that do not overlap.

    Trunks that shared a range would find each other's ports taken, and PJSIP gives up after a
    hundred tries. Raises LineError where a share is smaller than one call's pair of ports.
    """
    first = ports[0] + ports[0] % 2
    pairs = (ports[1] - first + 1) // 2 // trunks if trunks else 0
    if pairs < 1:
        raise LineError(
            f"rtp_ports {ports[0]}-{ports[1]} are too few for {trunks} trunks: "
            "a call takes two ports; widen sip.rtp_ports"
        )
    # PJSIP takes the last one too as the base of a pair.
    return [(first + 2 * pairs * n, first + 2 * pairs * (n + 1) - 2) for n in range(trunks)]


class SipStack:
    """What `SipThread` runs. `trunks` go with `addresses` in order."""

    def __init__(
        self,
        settings: SipSettings,
        trunks: Sequence[tuple[TrunkSettings, TrunkAddress]],
        bridge: _bridge.Bridge,
        ears: Ears,
        calls: Calls,
        keeper: Keeper,
    ) -> None:
        self._settings = settings
        self._trunks = trunks
        self._bridge = bridge
        self._ears = ears
        self._calls = calls
        self._keeper = keeper
        self._endpoint = Endpoint(settings)
        self._listening = False

    @property
    def port(self) -> int:
        """The port that SIP listens on."""
        return self._endpoint.port

    def open(self) -> None:
        shares = rtp_shares(self._settings.rtp_ports, len(self._trunks))
        self._endpoint.open(self._trunks[0][1].local_ip)
        guard.allow(self._trunks)
        self._bridge.start()
        self._ears.start()
        self._listening = True
        accounts: dict[str, TrunkAccount] = {}
        for (trunk, address), share in zip(self._trunks, shares, strict=True):
            account = TrunkAccount(trunk, address, partial(self._keeper.answered, trunk.name))
            account.open(self._settings, self._endpoint.port, share)
            accounts[trunk.name] = account
            if trunk.codecs:
                self._endpoint.use_codecs(trunk.codecs)  # an unknown one is told of now
        self._calls.open(accounts, self._endpoint.use_codecs)
        self._keeper.open(accounts)
        if not self._bridge.realtime:
            _log.warning(
                "the audio thread runs at ordinary priority: other load on this machine may bend "
                "the pace of RTP; give the process CAP_SYS_NICE or an rtprio limit"
            )

    def poll(self, milliseconds: int) -> None:
        self._endpoint.poll(milliseconds)

    def tend(self, now: float) -> None:
        self._calls.tend(now)
        self._keeper.tend(now)
        guard.tell()

    def begin_close(self) -> None:
        self._calls.end_all()
        self._keeper.begin_close()

    @property
    def is_quiet(self) -> bool:
        return self._calls.live == 0 and self._keeper.is_quiet

    def close(self) -> None:
        guard.tell()
        self._calls.abandon()
        self._keeper.abandon()
        if self._listening:
            self._ears.stop()
            self._bridge.shutdown()
        self._endpoint.close()
