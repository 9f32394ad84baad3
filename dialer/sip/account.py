"""One trunk: its account in pjsua2, and how numbers and addresses are written for it."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import quote

import pjsua2 as pj

from dialer.core.trunks.trunk_state import Question, StateReason, TrunkReply
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension, Target
from dialer.sip import _media_source, _transport, _unread, headers
from dialer.sip.address import TrunkAddress, authority
from dialer.sip.hops import HopOrder
from dialer.sip.names import Hop
from dialer.sip.settings import (
    DtmfMethod,
    Identity,
    SipSettings,
    Srtp,
    Transport,
    TrunkSettings,
)
from dialer.sip.troubles import Troubles

_log = logging.getLogger(__name__)

_MIN_SE: Final = 90
_SIP_PORT: Final = 5060
_OUR_USER: Final = "veridial"
"""It is no number: a Contact says where we are, not who calls."""
_SRTP: Final = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}
_CRYPTO_SUITES: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80")
"""Offered in this order: the one that everybody has to know (RFC 4568 6.2.1), and a longer key
(RFC 6188). Those with short authentication tags are left out."""
_CHALLENGES: Final = {401, 407}
_NEEDED: Final[Mapping[int, frozenset[bytes]]] = {
    2: frozenset({b"contact", b"m", b"expires"}),
    401: frozenset({b"www-authenticate"}),
    407: frozenset({b"proxy-authenticate"}),
}
"""By code, or its class, what of a registrar's reply has to be read (RFC 3261 10.2.4, 22.2)."""
_HEADERS: Final = {Identity.PAI: "P-Asserted-Identity", Identity.PPI: "P-Preferred-Identity"}

Answered = Callable[[Question, TrunkReply], None]
UseCodecs = Callable[[tuple[str, ...]], None]
"""Has the next offer or answer hold these codecs, best first; the node's where there are none."""
Meet = Callable[["TrunkAccount", int, Any], None]
"""Told of a call that comes in: its account, pjsua2's call id, its SipRxData."""


def users(trunk: TrunkSettings) -> set[str]:
    """The user parts that requests over this trunk name beside numbers."""
    return {_OUR_USER, _own_user(trunk)}


class TrunkAccount(pj.Account):
    """The trunk's account.

    Calls that come in are told to what `meet_by` was given; without it they are turned away.
    Whatever comes of `register` and `probe` is told to `answered`, once for each.
    """

    def __init__(
        self,
        trunk: TrunkSettings,
        address: TrunkAddress,
        answered: Answered,
        troubles: Troubles,
        use_codecs: UseCodecs,
    ) -> None:
        super().__init__()
        self._trunk = trunk
        self._address = address
        self._answered = answered
        self._troubles = troubles
        self._use_codecs = use_codecs
        self._hops = HopOrder(address.hops)
        self._probes = 0
        self._shown_ip = address.local_ip
        self._contact = ""
        self._meet: Meet | None = None
        self._no_headers = pj.SipHeaderVector()

    def open(
        self,
        settings: SipSettings,
        sip_port: int,
        rtp_ports: tuple[int, int],
        listener: int | None,
    ) -> None:
        """Create it in pjsua2; RTP takes even ports of `rtp_ports`, first and last included.

        `sip_port` is where its far side reaches us, `listener` pjsua2's transport that it must
        use, None for any of its kind.
        """
        if self._trunk.outside and settings.public_address:
            self._shown_ip = settings.public_address
        here = authority(self._shown_ip, None if sip_port == _SIP_PORT else sip_port)
        self._contact = f"<{self._address.scheme}:{_OUR_USER}@{here}{self._by_transport}>"
        config = self._config(settings, rtp_ports)
        if listener is not None:
            config.sipConfig.transportId = listener
        self.aim()
        self.create(config)
        self._hold_media()

    def meet_by(self, meet: Meet) -> None:
        """Have `meet` told of calls that come in."""
        self._meet = meet

    def has_call(self, call_id: int, ip: str) -> None:
        """Hold the media of a call that comes in to this trunk, whichever account PJSIP gave it.

        `ip` is where its INVITE came from.
        """
        _media_source.allow_call(call_id, *self._media_rule, [ip])

    def _hold_media(self) -> None:
        peers = sorted({hop.ip for hop in self._address.hops})
        _media_source.allow(self.getId(), *self._media_rule, peers)

    def may_come_from(self, ip: str) -> bool:
        """Whether calls from this address are the trunk's."""
        if any(hop.ip == ip for hop in self._hops.order(time.monotonic())):
            return True
        return any(ipaddress.ip_address(ip) in network for network in self._trunk.calls_from)

    @property
    def address(self) -> TrunkAddress:
        return self._address

    def is_at(self, host: str, port: int) -> bool:
        """Whether a connection to `host`, a name in small letters or an address, is the trunk's."""
        return any(
            hop.port == port and host in {hop.ip, self._address.next_host.lower()}
            for hop in self._address.hops
        )

    def reached(self, hops: tuple[Hop, ...]) -> None:
        """Where the trunk's name leads from now on; nowhere, with no hops."""
        self._address = replace(self._address, hops=hops)
        self._hops.found(hops)
        self.aim()
        self._hold_media()

    def failed(self, hop: Hop | None) -> None:
        """`hop` did not answer: others of the trunk are tried first for a while."""
        if hop is not None:
            self._hops.failed(hop, time.monotonic())
            self.aim()

    def well(self, hop: Hop | None) -> None:
        if hop is not None:
            self._hops.well(hop)

    def aim(self) -> Hop | None:
        """Have PJSIP send what goes to the trunk's name to its hops, best first.

        Returns the first; None while the name leads nowhere.
        """
        address = self._address
        order = self._hops.order(time.monotonic())
        if address.is_named:
            # As the route names it: UDP is what a URI means that says nothing.
            asked = address.transport.value if self._by_transport else ""
            hops = [(hop.ip, hop.port, hop.transport.value) for hop in order]
            _transport.point(address.next_host.lower(), address.next_port or 0, asked, hops)
        return order[0] if order else None

    @property
    def settings(self) -> TrunkSettings:
        return self._trunk

    @property
    def dtmf(self) -> DtmfMethod:
        return self._trunk.dtmf

    def callee_uri(self, callee: Target) -> str:
        address = self._address
        if isinstance(callee, Extension):
            there = f"{address.authority}{self._by_transport}"
            return f"<{address.scheme}:{_escaped(callee.user)}@{there}>"
        user = self._trunk.numbers.callee(callee)
        return self._number_uri(user, address.authority, address.scheme)

    def identify(self, options: Any, caller_id: E164) -> None:
        """Put the caller ID where the trunk wants it, into the SipTxOption of an INVITE."""
        caller = self._number_uri(self._trunk.numbers.caller(caller_id), self._domain)
        name = _HEADERS.get(self._trunk.identity)
        if name is None:
            options.localUri = caller
            options.headers = self._no_headers
            return
        options.localUri = self._own_uri
        header = pj.SipHeader()
        header.hName, header.hValue = name, caller
        vector = pj.SipHeaderVector()
        vector.append(header)
        options.headers = vector

    def vouch(self, options: Any, caller_id: E164, callee: object) -> None:
        """Sign for the caller ID, where the trunk wants it and the callee is a telephone number.

        Raises SigningError where it may not be signed for: then the INVITE must not leave.
        """
        signer = self._trunk.signer
        if signer is None or not isinstance(callee, E164):
            return
        now, shown = datetime.now(UTC), self._trunk.numbers.shown
        for name, value in (
            ("Identity", signer.identity(shown(caller_id), shown(callee), now)),
            ("Date", format_datetime(now, usegmt=True)),  # RFC 8224 4.1: no other than `iat`
        ):
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            options.headers.append(header)

    def prefer_codecs(self) -> None:
        """Have what is offered or answered next hold the trunk's codecs. Raises LineError."""
        self._use_codecs(self._trunk.codecs)

    def register(self) -> None:
        """Send REGISTER, or refresh it. Raises pj.Error where it cannot be sent."""
        self.setRegistration(True)

    def give_up_registering(self) -> None:
        """Let the REGISTER under way end as unanswered, where there is another hop to ask.

        It is told to `answered` like any other end.
        """
        if len(self._address.hops) > 1:
            self.end_register()

    def end_register(self) -> None:
        """Let the REGISTER under way end as unanswered, so that another may be sent."""
        known = self._trunk.registration
        if known is not None:
            _transport.give_up_register(self._registrar, known.username)

    def unregister(self) -> None:
        """Send REGISTER with no life left (RFC 3261 10.2.2). Raises pj.Error."""
        self.setRegistration(False)

    def probe(self) -> None:
        """Send OPTIONS. Raises pj.Error where it cannot be sent."""
        parameters = pj.SendRequestParam()
        parameters.method = "OPTIONS"
        parameters.txOption.targetUri = f"{self._address.scheme}:{self._address.authority}"
        self.sendRequest(parameters)
        self._probes += 1

    # Callbacks. An exception that left one would unwind through C.

    def onIncomingCall(self, prm: Any) -> None:
        # A call that nobody has taken when this returns gets 500 from pjsua2.
        try:
            if self._meet is not None:
                self._meet(self, prm.callId, prm.rdata)
        except Exception:  # noqa: BLE001  it is logged with its traceback
            _log.exception("trunk %s: a call that came in was lost", self._trunk.name)

    def onRegState(self, prm: Any) -> None:
        try:
            text = prm.rdata.wholeMsg
            asked = Question.REGISTER
            self._answered(asked, self._answer(asked, prm.code, text, float(prm.expiration)))
        except Exception:  # noqa: BLE001  it is logged with its traceback
            _log.exception("trunk %s: what came of REGISTER was lost", self._trunk.name)

    def onSendRequest(self, prm: Any) -> None:
        try:
            change = prm.e.body.tsxState
            text = change.src.rdata.wholeMsg if change.type == pj.PJSIP_EVENT_RX_MSG else ""
            self._probes -= 1
            # One that was given up on for a younger one says nothing by its silence.
            if text or not self._probes:
                asked = Question.OPTIONS
                self._answered(asked, self._answer(asked, change.tsx.statusCode, text))
        except Exception:  # noqa: BLE001  it is logged with its traceback
            _log.exception("trunk %s: what came of OPTIONS was lost", self._trunk.name)

    @property
    def _media_rule(self) -> tuple[list[str], list[str]]:
        """The networks that media may come from, and those that it must not leave."""
        trunk = self._trunk
        return [*map(str, trunk.media_from)], [*map(str, trunk.lab_networks)]

    @property
    def _domain(self) -> str:
        """The host of our own identities: the carrier's, where it knows us by credentials."""
        known = self._trunk.registration is not None
        return self._address.host if known else self._shown_ip

    @property
    def _registrar(self) -> str:
        return f"{self._address.scheme}:{self._address.authority}"

    @property
    def _own_uri(self) -> str:
        return f"<sip:{_own_user(self._trunk)}@{self._domain}>"

    @property
    def _by_transport(self) -> str:
        by = self._address.transport
        return f";transport={by.value}" if by in {Transport.TCP, Transport.TLS} else ""

    def _answer(self, question: Question, code: int, text: str, lasts: float = 0.0) -> TrunkReply:
        """What came of a request: `text` is the reply, empty where the stack made up the code."""
        if text:
            needed = _NEEDED.get(code if code in _CHALLENGES else code // 100, frozenset())
            return TrunkReply(
                code,
                read=question is Question.OPTIONS or needed.isdisjoint(_unread.left_out()),
                lasts=lasts,
                retry_after=headers.retry_after(text),
                answerable=not self.tell_unanswerable(code, text),
            )
        # 408 is timer F (RFC 3261 17.1.4); any other is the transport's, which could not send.
        return TrunkReply(code if code == 408 else None, heard=False, why=self.why_unsent())

    def tell_unanswerable(self, code: int, text: str) -> bool:
        """Whether a reply is a challenge that we have no answer to; and log what it asks for."""
        wanted = headers.unanswerable(text) if code in {401, 407} else ""
        if wanted:
            _log.warning(
                "trunk %s: its %d asks for %s, to which there is no answer here",
                self._trunk.name,
                code,
                wanted,
            )
        return bool(wanted)

    def why_unsent(self) -> StateReason:
        """Why the last request could not be sent."""
        return self._troubles.why(self._address.next_host)

    def _number_uri(self, user: str, host: str, scheme: str = "sip") -> str:
        phone = ";user=phone" if self._trunk.user_phone else ""
        # Without the brackets a parameter would be the header's (RFC 3261 20).
        return f"<{scheme}:{user}@{host}{phone}>"

    def _config(self, settings: SipSettings, rtp_ports: tuple[int, int]) -> Any:
        config = pj.AccountConfig()
        config.idUri = self._own_uri
        # Given, so that it is not worked out for each call.
        config.sipConfig.contactForced = self._contact
        config.sipConfig.proxies = self._route()
        self._set_registration(config)
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
        rtp.publicAddress = self._shown_ip
        rtp.port = rtp_ports[0]
        rtp.portRange = rtp_ports[1] - rtp_ports[0]
        # Who still sends to the ports of a process that died is not to be met again: after a start
        # they begin somewhere else. What does come from elsewhere _media_source drops.
        rtp.randomizePort = True
        media = config.mediaConfig
        # A request of the stack's own to settle on one codec: where it was lost, so was the call.
        media.lockCodecEnabled = False
        media.srtpUse = _SRTP[self._trunk.srtp]
        # Whether SIP is encrypted as well is the configuration's to warn of.
        media.srtpSecureSignaling = 0
        for name in _CRYPTO_SUITES:
            suite = pj.SrtpCrypto()
            suite.name = name
            media.srtpOpt.cryptos.append(suite)
        media.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
        return config

    def _route(self) -> Any:
        """The way of every request: to the proxy, or to the trunk by the transport it wants."""
        address, trunk = self._address, self._trunk
        route = pj.StringVector()
        if trunk.proxy or address.is_named or address.transport is not Transport.UDP:
            # PJSIP's `hide` keeps the route off the wire: the Request-URI names the trunk.
            hide = "" if trunk.proxy else ";hide"
            route.append(f"sip:{address.next_authority}{self._by_transport};lr{hide}")
        return route

    def _set_registration(self, config: Any) -> None:
        registration = self._trunk.registration
        if registration is None:
            return
        # Any realm, and the algorithm that the challenge names (RFC 8760): PJSIP answers for what
        # it knows. They go to nobody but this trunk, as no redirection is followed.
        credentials = pj.AuthCredInfo(
            "digest",
            "*",
            registration.auth_username or registration.username,
            0,
            registration.password,
        )
        config.sipConfig.authCreds.append(credentials)
        config.regConfig.registrarUri = self._registrar
        config.regConfig.registerOnAdd = False
        config.regConfig.timeoutSec = registration.expires
        # When to ask again is core.trunk_state's to say.
        config.regConfig.retryIntervalSec = 0
        config.regConfig.firstRetryIntervalSec = 0
        config.regConfig.delayBeforeRefreshSec = 0


def _own_user(trunk: TrunkSettings) -> str:
    return _escaped(trunk.registration.username) if trunk.registration else _OUR_USER


def _escaped(user: str) -> str:
    """A user part (RFC 3261 25.1)."""
    return quote(user, safe="-_.!~*'()&=+$,;?/")
