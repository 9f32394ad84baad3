"""One trunk: its account in pjsua2, and how numbers and addresses are written for it.

IP-authenticated for now; an account that registers would differ in `_config` and in having a
state of its own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
from dataclasses import dataclass
from typing import Any, Final

import pjsua2 as pj

from dialer.core.number import E164
from dialer.errors import LineError
from dialer.sip.settings import DtmfMethod, NumberFormat, SipSettings, TrunkSettings

_log = logging.getLogger(__name__)

_URI: Final = re.compile(r"sip:(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.\-]+)(?::(?P<port>\d{1,5}))?")
_DEFAULT_PORT: Final = 5060
_MIN_SE: Final = 90


@dataclass(frozen=True, slots=True)
class TrunkAddress:
    """Where a trunk is: as its URI says, as an address, and from which of ours it is reached."""

    host: str
    port: int
    remote_ip: str
    local_ip: str

    @property
    def authority(self) -> str:
        """host[:port] for URIs."""
        return self.host if self.port == _DEFAULT_PORT else f"{self.host}:{self.port}"

    @property
    def is_named(self) -> bool:
        return self.host != self.remote_ip


async def locate(trunk: TrunkSettings, bind_host: str) -> TrunkAddress:
    """Find the trunk's address. Raises LineError where the URI is bad or names an unknown host.

    A name is looked up here, once, and not for each call: that would block the SIP thread.
    """
    found = _URI.fullmatch(trunk.uri)
    if not found or not 0 < int(found["port"] or _DEFAULT_PORT) < 65536:
        raise LineError(f"trunk {trunk.name}: {trunk.uri!r} is not of the form sip:host[:port]")
    host, port = found["host"], int(found["port"] or _DEFAULT_PORT)
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.getaddrinfo(
            host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM
        )
    except OSError as error:
        raise LineError(
            f"trunk {trunk.name}: host {host} has no IPv4 address ({error.strerror}); "
            "check its name and this machine's DNS"
        ) from error
    remote_ip = addresses[0][4][0]
    return TrunkAddress(host, port, str(remote_ip), _local_ip(bind_host, str(remote_ip), port))


def _local_ip(bind_host: str, remote_ip: str, port: int) -> str:
    """Our address as the trunk sees it; on 0.0.0.0 the one that the routing table would take."""
    try:
        bound = ipaddress.IPv4Address(bind_host)
    except ValueError:
        raise LineError(
            f"sip.bind: {bind_host!r} is no IPv4 address; give one of this machine's, or 0.0.0.0"
        ) from None
    if not bound.is_unspecified:
        return bind_host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote_ip, port))  # sends nothing: it only chooses a route
        except OSError as error:
            raise LineError(
                f"no route to {remote_ip} ({error.strerror}); check this machine's network"
            ) from error
        return str(probe.getsockname()[0])


class TrunkAccount(pj.Account):
    """The trunk's account. It only calls out: what calls in is turned away."""

    def __init__(self, trunk: TrunkSettings, address: TrunkAddress) -> None:
        super().__init__()
        self._trunk = trunk
        self._address = address
        self._contact_host = ""
        self._strays: list[Any] = []

    def open(self, settings: SipSettings, sip_port: int, rtp_ports: tuple[int, int]) -> None:
        """Create it in pjsua2; RTP takes even ports of `rtp_ports`, first and last included."""
        host = self._address.local_ip
        self._contact_host = host if sip_port == _DEFAULT_PORT else f"{host}:{sip_port}"
        self.create(self._config(settings, rtp_ports))

    def callee_uri(self, number: E164) -> str:
        return self._number_uri(number, self._address.authority)

    def caller_uri(self, number: E164) -> str:
        return self._number_uri(number, self._address.local_ip)

    @property
    def dtmf(self) -> DtmfMethod:
        return self._trunk.dtmf

    def drop_strays(self) -> None:
        """Let go of the calls that were turned away, outside of their callbacks."""
        self._strays.clear()

    def onIncomingCall(self, prm: Any) -> None:
        try:
            call = pj.Call(self, prm.callId)
            self._strays.append(call)
            answer = pj.CallOpParam()
            answer.statusCode = 480  # RFC 3261 21.4.18
            call.hangup(answer)
        except Exception:  # noqa: BLE001  it is logged with its traceback
            # An exception that left a callback would unwind through C.
            _log.exception("an incoming call could not be turned away")

    def _number_uri(self, number: E164, authority: str) -> str:
        plus = self._trunk.number_format is NumberFormat.E164
        user = number.clear if plus else number.digits
        phone = ";user=phone" if self._trunk.user_phone else ""
        # Without the brackets a parameter would be the header's (RFC 3261 20).
        return f"<sip:{user}@{authority}{phone}>"

    def _config(self, settings: SipSettings, rtp_ports: tuple[int, int]) -> Any:
        address = self._address
        config = pj.AccountConfig()
        config.idUri = f"<sip:veridial@{address.local_ip}>"
        # Given, so that it is not worked out for each call. It holds no number: a Contact says
        # where we are, not who calls.
        config.sipConfig.contactForced = f"<sip:veridial@{self._contact_host}>"
        if address.is_named:
            # The name stays in the Request-URI; packets go to the address it had at start.
            route = pj.StringVector()
            route.append(f"sip:{address.remote_ip}:{address.port};lr;hide")
            config.sipConfig.proxies = route
        nat = config.natConfig
        nat.contactRewriteUse = 0
        nat.viaRewriteUse = 0
        nat.sdpNatRewriteUse = 0
        nat.sipOutboundUse = 0
        call = config.callConfig
        call.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL  # RFC 4028 7.1: Supported and an interval
        call.timerMinSESec = _MIN_SE
        call.timerSessExpiresSec = max(settings.session_expires, _MIN_SE)
        rtp = config.mediaConfig.transportConfig
        rtp.boundAddress = settings.bind_host
        rtp.publicAddress = address.local_ip
        rtp.port = rtp_ports[0]
        rtp.portRange = rtp_ports[1] - rtp_ports[0]
        return config
