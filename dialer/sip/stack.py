"""All that lives on the SIP thread: PJSIP, the bridge's ports, the trunks' accounts, the calls."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from dialer.errors import LineError
from dialer.sip import _admission, _transport, _unreachable, admission, guard
from dialer.sip.account import TrunkAccount
from dialer.sip.address import TrunkAddress
from dialer.sip.calls import Calls
from dialer.sip.endpoint import Endpoint
from dialer.sip.keeper import Keeper
from dialer.sip.media import Media
from dialer.sip.names import Hop
from dialer.sip.porter import Porter
from dialer.sip.repeats import Repeats
from dialer.sip.settings import SipSettings, Srtp, Transport, TrunkSettings
from dialer.sip.troubles import Troubles
from dialer.sip.unread import UnreadMessages

_log = logging.getLogger(__name__)

AskName = Callable[[str, int, str], None]
"""Is asked on the SIP thread where a name leads, as `_transport` has been; `SipStack.named` waits
for the answer."""


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
        media: Media,
        calls: Calls,
        keeper: Keeper,
        ask_name: AskName,
    ) -> None:
        self._settings = settings
        self._trunks = trunks
        self._media = media
        self._calls = calls
        self._keeper = keeper
        self._porter = Porter(calls.door, calls)
        self._ask_name = ask_name
        self._endpoint = Endpoint(settings)
        self._troubles = Troubles()
        self._repeats = Repeats()
        self.unread = UnreadMessages(calls, keeper.unread)
        self._sources = admission.Sources()
        self._word = admission.Word()
        self._accounts: dict[str, TrunkAccount] = {}
        self._listening = False

    @property
    def port(self) -> int:
        """The port that SIP listens on."""
        return self._endpoint.port

    def open(self) -> None:
        shares = rtp_shares(self._settings.rtp_ports, len(self._trunks))
        here = self._settings.public_address or self._trunks[0][1].local_ip
        self._endpoint.open(here, self._calls.door.limits.cps)
        admission.ask(self._settings, self._trunks)
        self._allow(self._trunks)
        self._media.start_listening()
        self._listening = True
        accounts: dict[str, TrunkAccount] = {}
        for (trunk, address), share in zip(self._trunks, shares, strict=True):
            answered = partial(self._keeper.answered, trunk.name)
            use_codecs = self._endpoint.use_codecs
            account = TrunkAccount(trunk, address, answered, self._troubles, use_codecs)
            secure = address.transport is Transport.TLS
            listener = self._endpoint.tls(trunk.ca_file) if secure else None
            port = self._endpoint.tls_port if secure else self._endpoint.port
            account.open(self._settings, port, share, listener)
            account.meet_by(self._porter.meet)
            accounts[trunk.name] = account
            if trunk.srtp is not Srtp.OFF and not secure:
                _log.warning(
                    "trunk %s: its SRTP keys go in clear, as SIP is not encrypted: whoever reads "
                    "them hears the calls. Use transport: tls",
                    trunk.name,
                )
            account.prefer_codecs()  # an unknown one is told of now
        self._calls.open(accounts, self._endpoint.use_codecs)
        self._accounts = accounts
        self._route_back()
        self._keeper.open(accounts)
        self._porter.open(accounts)
        self.unread.open(accounts)
        if not self._media.bridge.realtime:
            _log.warning(
                "the audio thread runs at ordinary priority: other load on this machine may bend "
                "the pace of RTP; give the process CAP_SYS_NICE or an rtprio limit"
            )

    def poll(self, milliseconds: int) -> None:
        self._endpoint.poll(milliseconds)

    @staticmethod
    def named(name: str, port: int, transport: str, hops: tuple[Hop, ...]) -> None:
        """What came of `ask_name`."""
        targets = [(hop.ip, hop.port, hop.transport.value) for hop in hops]
        _transport.answer(name, port, transport, targets)

    def reached(self, trunk: str, hops: tuple[Hop, ...]) -> None:
        """Where a trunk's name leads from now on; nowhere, with no hops."""
        account = self._accounts.get(trunk)
        if account is not None:
            account.reached(hops)
            self._allow([(each.settings, each.address) for each in self._accounts.values()])
            self._route_back()
            self._keeper.found(trunk, found=bool(hops))

    def _route_back(self) -> None:
        """Have requests within a dialog follow its replies, where a trunk wants that."""
        back = [each for each in self._accounts.values() if each.settings.route_back]
        _transport.route_back(sorted({hop.ip for each in back for hop in each.address.hops}))

    def tend(self, now: float) -> None:
        _unreachable.tend()
        self.unread.tend(now)
        self._calls.tend(now)
        self._keeper.tend(now)
        self._porter.tend()
        for host, port in self._troubles.lost():
            for name, account in self._accounts.items():
                if account.is_at(host, port):
                    self._keeper.connection_lost(name)
        self._repeats.tell(self._accounts, now)
        for asked in _transport.unknown():
            self._ask_name(*asked)
        guard.tell()
        _admission.tend()
        self._word.tell(now)

    def begin_close(self) -> None:
        self._porter.close()
        self._calls.end_all()
        self._keeper.begin_close()

    @property
    def is_quiet(self) -> bool:
        return self._calls.live == 0 and self._keeper.is_quiet

    def close(self) -> None:
        guard.tell()
        self._calls.abandon()
        self._keeper.abandon()
        self._porter.abandon()
        self.unread.abandon()
        self._accounts = {}
        if self._listening:
            self._media.stop_listening()
        self._endpoint.close()

    def _allow(self, trunks: Sequence[tuple[TrunkSettings, TrunkAddress]]) -> None:
        guard.allow(trunks)
        self._sources.allow(trunks, time.monotonic())
