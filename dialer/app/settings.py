"""A configuration as `dialer.sip` and `dialer.recordings` take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

from audio.speech.recogniser import Recogniser
from dialer import __version__
from dialer.config import Config
from dialer.config.compliance import Compliance
from dialer.config.inbound_auth import InboundAuth as InboundAuthConfig
from dialer.config.proofs import good_until
from dialer.config.trunk import Trunk as TrunkConfig
from dialer.core.calls.call import CallLimits
from dialer.core.trunks.routing import Trunk
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from dialer.core.values.number import RESERVED
from dialer.core.values.number_form import NumberForm, NumberStyle
from dialer.credentials.passport import Signer, origid_of
from dialer.credentials.verifier import Attested, Seen, Verifier
from dialer.ports.clock import Clock
from dialer.ports.line import Line
from dialer.reading.fields import Network
from dialer.recordings import CallRecordings, RecordingFolder
from dialer.sip.settings import (
    PJSIP_CALLS,
    DtmfMethod,
    Identity,
    InboundAuth,
    InboundDigest,
    NameServer,
    Registration,
    SipSettings,
    Srtp,
    TlsSettings,
    Transport,
    TrunkSettings,
)
from dialer.store import SqlRecordings, SqlStore

LOOPBACK: Final[tuple[Network, ...]] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
"""Where the trunks of a lab may always lie."""


def sip_settings(config: Config) -> SipSettings:
    sip = config.sip
    return SipSettings(
        bind_host=sip.bind.host,
        bind_port=sip.bind.port,
        rtp_ports=(sip.rtp_ports.first, sip.rtp_ports.last),
        transports=tuple(Transport(name) for name in sip.transports),
        tls=TlsSettings(
            port=sip.tls.port,
            certificate=_text(sip.tls.certificate),
            key_file=_text(sip.tls.key_file),
            ca_file=_text(sip.tls.ca_file),
        ),
        public_address=sip.public_address,
        realm=sip.realm,
        nameservers=tuple(NameServer(each.host, each.port) for each in sip.nameservers),
        codecs=sip.codecs,
        clock_rate=sip.rate,
        session_expires=round(sip.session_expires),
        rtp_silence=sip.rtp_silence,
        # Room for calls that are still ending while their channels are in use again.
        most_calls=min(2 * sum(trunk.channels for trunk in config.trunks) + 10, PJSIP_CALLS),
        user_agent=f"Veridial/{__version__}",
    )


def trunk_settings(trunk: TrunkConfig, labs: Compliance) -> TrunkSettings:
    """What the line wants to know of a trunk; `labs` tells where one may lie, and whom it calls."""
    known = trunk.registration
    form = trunk.number_format
    return TrunkSettings(
        name=trunk.name,
        uri=str(trunk.uri),
        caller_ids=frozenset(owned.number for owned in trunk.numbers),
        numbers=NumberForm(
            style=NumberStyle(form.style),
            country=trunk.country,
            trunk_prefix=form.trunk_prefix,
            international_prefix=form.international_prefix,
            access=form.access,
            held_to=(*RESERVED, *labs.lab_numbers) if trunk.lab else (),
        ),
        dtmf=DtmfMethod(trunk.dtmf),
        registration=None
        if known is None
        else Registration(
            known.username,
            known.password.get_secret_value(),
            round(known.expires),
            known.auth_username or "",
        ),
        options_every=trunk.options,
        identity=Identity(trunk.identity),
        codecs=trunk.codecs,
        proxy=str(trunk.proxy) if trunk.proxy else None,
        calls_from=trunk.calls_from,
        inbound_auth=_inbound_auth(trunk.inbound_auth),
        media_from=trunk.media_from,
        believes_verstat=trunk.verstat,
        transport=Transport(trunk.transport),
        ca_file=_text(trunk.ca_file),
        srtp=Srtp(trunk.srtp),
        outside=trunk.outside,
        route_back=trunk.route_replies == "received",
        user_phone=trunk.user_phone,
        public=trunk.role == "carrier",
        lab_networks=(*LOOPBACK, *labs.lab_networks) if trunk.lab else (),
    )


def _inbound_auth(asked: InboundAuthConfig | None) -> InboundAuth:
    if asked is None:
        return InboundAuth()
    known, digest = asked.digest, None
    if known is not None:
        secret = known.password.get_secret_value()
        digest = InboundDigest(known.username, secret, known.algorithms)
    return InboundAuth(digest, asked.client_certificates)


def recogniser_of(config: Config) -> Recogniser | None:
    """Who turns words into text; its threads run from now on, until it is closed."""
    speech = config.speech
    if speech is None:
        return None
    # A node without one does without what HTTP brings along.
    from audio.speech.openai import OpenAiRecogniser, OpenAiSettings  # noqa: PLC0415

    key = "" if speech.key is None else speech.key.get_secret_value()
    wanted = OpenAiSettings(speech.url, speech.model, key, speech.within, speech.workers)
    return OpenAiRecogniser(wanted)


def signer(trunk: TrunkConfig, licence: str) -> Signer | None:
    """Who signs for the trunk's calls, where it wants that."""
    stir = trunk.stir
    if stir is None:
        return None
    origid = stir.origid or origid_of(licence, trunk.name)
    numbers = [owned.verified for owned in trunk.numbers]
    return Signer(stir.credentials, stir.certificate_url, numbers, origid)


def verifier(trunk: TrunkConfig, seen: Seen) -> Verifier | None:
    """Who verifies the trunk's callers, where somebody's signature is believed."""
    return None if trunk.stir_trust is None else Verifier(trunk.stir_trust.known, seen)


def passports(trunks: Iterable[TrunkSettings]) -> Mapping[str, int]:
    """Inbound calls by what came of their Identity headers, over all trunks that verify them."""
    # A series that is there from the start shows that nothing came.
    found = Counter({each.value: 0 for each in Attested})
    for trunk in trunks:
        if trunk.verifier is not None:
            found.update(trunk.verifier.counts)
    return found


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def call_recordings(
    config: Config, store: SqlStore, line: Line, clock: Clock
) -> CallRecordings | None:
    """What records the node's calls; None where it does not."""
    if not config.recording.enabled:
        return None
    return CallRecordings(
        SqlRecordings(store.channel),
        RecordingFolder(config.recording.path(config.data_dir)),
        line,
        clock,
        node=config.node,
        rate=config.sip.rate,
    )


def routed_trunks(config: Config, lab_shift: timedelta | None) -> tuple[Trunk, ...]:
    return tuple(
        Trunk(
            name=trunk.name,
            priority=trunk.priority,
            weight=trunk.weight,
            numbers=frozenset(owned.number for owned in trunk.numbers),
            load=TrunkLoad(TrunkLimits(trunk.channels, trunk.cps, trunk.kept_for_inbound)),
            own=trunk.role == "pbx",
            proofs=good_until(trunk),
            lab=trunk.lab,
            lab_shift=lab_shift if trunk.lab else None,
        )
        for trunk in config.trunks
    )


def call_limits(config: Config) -> CallLimits:
    routing = config.routing
    return CallLimits(
        no_progress=routing.no_progress,
        ring=routing.ring,
        talk=routing.talk,
        hold=routing.hold,
        notice=config.compliance.notice_within,
    )
