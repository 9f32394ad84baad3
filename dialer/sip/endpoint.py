"""The life of PJSIP's library: configuration, transport, codecs, logging, end.

Made, used and closed on the SIP thread. There is one PJSIP a process, so one Endpoint at a time.
"""

from __future__ import annotations

import gc
import logging
import time
from typing import Any, Final

import pjsua2 as pj

from dialer.errors import LineError
from dialer.sip import (
    _guard,
    _media_source,
    _transport,
    _unreachable,
    _unread,
    admission,
    pjlib,
)
from dialer.sip.codecs import Codecs
from dialer.sip.settings import SipSettings, Transport
from dialer.sip.tls_files import check_files, system_authorities

_log = logging.getLogger(__name__)
_pjsip_log = logging.getLogger(f"{__name__}.pjsip")

_TELL_AGAIN: Final = 60.0
_FRAME_MS: Final = 20
_TRANSPORTS: Final = {
    Transport.UDP: pj.PJSIP_TRANSPORT_UDP,
    Transport.TCP: pj.PJSIP_TRANSPORT_TCP,
    Transport.TLS: pj.PJSIP_TRANSPORT_TLS,
}
_TLS_VERSIONS: Final = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
"""RFC 8996 forbids what is older."""
_HANDSHAKE_MS: Final = 4000
"""As long as an INVITE may go without a reply."""


class _Complaints:
    """What PJSIP complains of, in Python's logging: by kind, at most once a minute, with its count.

    Whatever comes in: no byte of a packet is logged, and a flood costs no more than a trickle.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def tell(self, now: float) -> None:
        if now < self._next:
            return
        told = _transport.complaints()
        if not told:
            return
        # The first is told at once, and those of a minute together.
        self._next = now + _TELL_AGAIN
        for words, times in told:
            _pjsip_log.warning("%s (%d times)", words or "an error without words", times)


class Endpoint:
    """PJSIP, up and listening. `port` is the one that SIP is bound to."""

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._complaints = _Complaints()
        self._endpoint: Any = None
        self._codecs: Codecs | None = None
        self._public_address = ""
        self._tls: dict[str | None, int] = {}
        self.port = 0
        self.tls_port = 0

    def open(self, public_address: str, calls_a_second: int) -> None:
        """Bring it up; `public_address` goes into Via, Contact and SDP.

        So many calls a second are let in, and nobody before `admission.Sources` lists them.

        Raises LineError where the address cannot be had or a codec is unknown.
        """
        pjlib.silence()
        # Never a subclass of pj.Endpoint: its callbacks come on the media threads, and would
        # take the interpreter's lock there.
        self._endpoint = pj.Endpoint()
        self._endpoint.libCreate()
        pjlib.silence()
        self._endpoint.libInit(self._config())
        _guard.install()
        _media_source.install()
        _transport.install()
        admission.install(calls_a_second)  # hands on to _transport what it hears of connections
        _unreachable.install()
        _unread.install()
        settings = self._settings
        self._codecs = Codecs(self._endpoint, settings.codecs, settings.clock_rate)
        self._public_address = public_address
        self._bind()
        self._endpoint.libStart()

    def poll(self, milliseconds: int) -> None:
        self._endpoint.libHandleEvents(milliseconds)
        self._complaints.tell(time.monotonic())

    def close(self) -> None:
        """Take PJSIP down. Every call object must be gone by now."""
        if self._endpoint is None:
            return
        # Calls that the far side left unanswered are dropped now, and that is no news.
        pjlib.silence()
        # What Python has not collected yet would be freed after the library is gone.
        gc.collect()
        # Without this flag it sleeps a second, for unregistrations that nobody has sent.
        endpoint, self._endpoint = self._endpoint, None
        try:
            endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)
        finally:
            # Not left to the reference count: a traceback may hold it, and making a second
            # endpoint while the first is there aborts the process.
            pj.Endpoint.__swig_destroy__(endpoint)

    def _config(self) -> Any:
        settings = self._settings
        config = pj.EpConfig()
        ua = config.uaConfig
        ua.userAgent = settings.user_agent
        ua.maxCalls = settings.most_calls
        ua.threadCnt = 0
        # Keys and media events arise on media threads; this hands them to the SIP thread.
        ua.mainThreadOnly = True
        ua.natTypeInSdp = 0
        ua.mwiUnsolicitedEnabled = False
        media = config.medConfig
        media.clockRate = settings.clock_rate
        media.sndClockRate = settings.clock_rate
        media.channelCount = 1
        media.audioFramePtime = _FRAME_MS
        media.ptime = 0  # the codec's own, 20 ms, where the far side does not ask for another
        media.maxMediaPorts = 2 * settings.most_calls + 16
        media.hasIoqueue = True
        media.threadCnt = 1
        media.noVad = True  # silence suppression would hide the pace of our own packets
        media.ecTailLen = 0
        # One frame before playing, growing with the jitter seen: what the buffer holds is added
        # to the time that barge-in takes.
        media.jbInit = _FRAME_MS
        media.jbMinPre = _FRAME_MS
        media.jbMaxPre = 10 * _FRAME_MS
        media.jbMax = 25 * _FRAME_MS
        # Nothing of PJSIP's writes, ever: `_transport` counts what it complains of.
        log = config.logConfig
        log.level = log.consoleLevel = log.msgLogging = 0
        return config

    def use_codecs(self, codecs: tuple[str, ...]) -> None:
        """Have the next offer or answer hold `codecs`, best first; the node's where there are none.

        Raises LineError for an unknown codec.
        """
        if self._codecs is not None:
            self._codecs.use(codecs)

    def tls(self, ca_file: str | None) -> int:
        """The id of the TLS transport that believes the authorities of `ca_file`.

        None is for those of the settings. PJSIP keeps one list of authorities a listener, so each
        further list has one of its own, at any free port. Raises LineError.
        """
        if ca_file not in self._tls:
            self._tls[ca_file], _ = self._listen(Transport.TLS, 0, ca_file)
        return self._tls[ca_file]

    def _bind(self) -> None:
        """Listen by UDP, always; by TCP at the same port and by TLS at its own where wanted."""
        _, self.port = self._listen(Transport.UDP, self._settings.bind_port)
        if Transport.TCP in self._settings.transports:
            self._listen(Transport.TCP, self.port)
        if Transport.TLS in self._settings.transports:
            self._tls[None], self.tls_port = self._listen(Transport.TLS, self._settings.tls.port)

    def _listen(self, by: Transport, port: int, ca_file: str | None = None) -> tuple[int, int]:
        """Open a transport; returns its id and its port."""
        config = pj.TransportConfig()
        config.port = port
        config.boundAddress = self._settings.bind_host
        config.publicAddress = self._public_address
        if by is Transport.TLS:
            self._set_tls(config.tlsConfig, ca_file)
        try:
            transport = self._endpoint.transportCreate(_TRANSPORTS[by], config)
        except pj.Error as error:
            where = f"{self._settings.bind_host}:{port}/{by.value}"
            key = "sip.tls" if by is Transport.TLS else "sip.bind"
            raise LineError(
                f"SIP cannot listen on {where}: {error.reason}. Is another SIP program running, "
                f"or is this no address of this machine? Set {key} to a free one"
            ) from error
        # localName is host:port.
        info = self._endpoint.transportGetInfo(transport)
        return transport, int(info.localName.rpartition(":")[2])

    def _set_tls(self, config: Any, ca_file: str | None) -> None:
        tls = self._settings.tls
        check_files(tls, ca_file)
        config.CaListFile = ca_file or tls.ca_file or system_authorities()
        config.certFile = tls.certificate or ""
        config.privKeyFile = tls.key_file or ""
        config.proto = _TLS_VERSIONS
        config.msecTimeout = _HANDSHAKE_MS
        config.verifyServer = True
        # Whoever connects could have us do the costly part of a handshake again and again.
        config.enableRenegotiation = False
