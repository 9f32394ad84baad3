"""Who may reach the SIP ports: the native admission's list, and word of what it dropped.

Whoever is not listed gets no reply, no connection and no memory of ours. What is listed is not
proven by that: a datagram's source address is what its sender wrote. `docs/trunks.md` says more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from dialer.errors import LineError
from dialer.sip import _admission
from dialer.sip.address import TrunkAddress
from dialer.sip.settings import SipSettings, Transport, TrunkSettings
from dialer.sip.tls_files import system_authorities

_log = logging.getLogger(__name__)

_KEPT: Final = 4 * 3600.0
"""Seconds for which an address that a name has left may still reach us: a call lasts no longer."""
_MOST_KEPT: Final = 1024
_TELL_EVERY: Final = 60.0
_LEAST_OPENINGS: Final = 100
_STRANGERS: Final = ("stranger", "garbage", "connection_stranger")
_USUAL: Final = "challenged"
"""How each call of a trunk that asks for a digest begins: counted, and no news."""
_WEAKEST: Final = {Transport.AUTO: Transport.UDP}

Source = tuple[str, str, int]
"""An address or a network, the weakest transport that it may use, and which trunk's it is."""


def install(calls_a_second: int) -> None:
    """Judge all that comes, on a node that lets in so many calls a second.

    Whoever sends ten times as many INVITEs is no caller whom admission control need answer.
    """
    _admission.install(openings=max(_LEAST_OPENINGS, 10 * calls_a_second))


def ask(settings: SipSettings, trunks: Iterable[tuple[TrunkSettings, TrunkAddress]]) -> None:
    """Have who calls prove what their trunk asks for. Before `Sources.allow`.

    The trunks are in the order in which they are allowed. Raises LineError.
    """
    digests, certificates = {}, {}
    for number, (trunk, address) in enumerate(trunks):
        asked = trunk.inbound_auth
        if asked.digest is not None:
            known = asked.digest
            digests[number] = (known.username, known.password, known.algorithms)
        if asked.client_certificates:
            file = trunk.ca_file or settings.tls.ca_file or system_authorities()
            authorities = Path(file).read_bytes()
            certificates[number] = (authorities, asked.client_certificates, address.next_host)
    try:
        _admission.ask(settings.realm, digests, certificates)
    except (ValueError, RuntimeError) as error:
        raise LineError(f"trunks[].inbound_auth: {error}") from error


class Sources:
    """Lists where trunks are.

    What a name has led to stays listed for as long as a call may last: a call goes on where it
    began.
    """

    def __init__(self) -> None:
        self._now: frozenset[Source] = frozenset()
        self._left: dict[Source, float] = {}

    def allow(self, trunks: Iterable[tuple[TrunkSettings, TrunkAddress]], now: float) -> None:
        """Replaces all that was listed; the trunks are the same each time, in the same order.

        On the SIP thread; `now` is monotonic seconds.
        """
        listed = frozenset(
            (*source, number) for number, each in enumerate(trunks) for source in _of(*each)
        )
        self._left |= dict.fromkeys(self._now - listed, now + _KEPT)
        left = [(until, source) for source, until in self._left.items() if until > now]
        self._left = {source: until for until, source in sorted(left)[-_MOST_KEPT:]}
        self._now = listed
        _admission.allow(sorted({*listed, *self._left}))


class Word:
    """Logs what was dropped: a line a minute at most, and nothing of what was in it."""

    def __init__(self) -> None:
        self._told = _admission.counts()
        self._next = 0.0

    def tell(self, now: float) -> None:
        """Log what has come together since the last line."""
        if now < self._next:
            return
        counts = _admission.counts()
        fresh = {cause: n - self._told[cause] for cause, n in counts.items() if cause != _USUAL}
        if not any(fresh.values()):
            return
        self._told, self._next = counts, now + _TELL_EVERY
        said = ", ".join(f"{cause} {n}" for cause, n in fresh.items() if n)
        stranger = _admission.last_stranger()
        hint = (
            f"; the last stranger said to be {stranger}: if that is a carrier, list it in its "
            "trunk's calls_from"
            if any(fresh[cause] for cause in _STRANGERS)
            else ""
        )
        _log.warning("not taken in on the SIP ports: %s%s", said, hint)


def not_admitted() -> Mapping[str, int]:
    """What was not taken in since the process began, by cause; every cause is there. Any thread."""
    return _admission.counts()


def _of(trunk: TrunkSettings, address: TrunkAddress) -> Iterable[tuple[str, str]]:
    for hop in address.hops:
        yield hop.ip, hop.transport.value
    weakest = _WEAKEST.get(address.transport, address.transport)
    for network in trunk.calls_from:
        if network.version == 4:  # IPv6 is not spoken
            yield str(network), weakest.value
