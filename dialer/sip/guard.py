"""Who may be shown where: the native guard's table, and word of what it kept off the wire.

The guard reads every request after PJSIP has printed it, so it does not matter what Python asked
for, or thought it asked for. `docs/decisions/native-guard.md` says what passes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dialer.sip import _guard
from dialer.sip.account import users
from dialer.sip.address import TrunkAddress
from dialer.sip.settings import TrunkSettings

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Shown:
    """What may be shown at one destination: user parts, and the digits that are signed for."""

    numbers: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    signed_as: dict[str, str] = field(default_factory=dict)
    lab: frozenset[str] = frozenset()
    """The networks that what goes there is held to; none where it is no lab's."""
    dialled: set[str] = field(default_factory=set)
    """What stands before a callee's number; none where only an exchange of our own is called."""


def allow(trunks: Iterable[tuple[TrunkSettings, TrunkAddress]]) -> None:
    """Let each trunk's caller IDs, as that trunk wants them written, be shown where it is.

    Replaces all that was allowed before, at once; any thread. Trunks at one address share what is
    allowed there, for on the wire nothing tells them apart; where one of them is a lab's, all are
    held to the lab; where one leads to the public network, all call numbers as that is called.
    Calls that are under way keep what they were allowed.
    """
    shown: defaultdict[str, _Shown] = defaultdict(_Shown)
    for trunk, address in trunks:
        written = {
            trunk.numbers.caller(number): trunk.numbers.shown(number).digits
            for number in trunk.caller_ids
        }
        # A name stands for wherever it leads, as PJSIP finds it.
        names = [address.next_host] if address.is_named else []
        for destination in [*map(str, address.hops), *names]:
            here = shown[destination]
            here.numbers |= set(written)
            here.users |= users(trunk)
            if trunk.signer is not None:
                here.signed_as |= written
            if trunk.public:
                here.dialled |= trunk.numbers.beginnings
            here.lab |= frozenset(map(str, trunk.lab_networks))
    _guard.allow(
        {
            destination: _guard.Identities(
                sorted(who.numbers), sorted(who.users), who.signed_as, sorted(who.dialled)
            )
            for destination, who in shown.items()
        },
        {destination: sorted(who.lab) for destination, who in shown.items() if who.lab},
    )


def tell(attempt: str | None = None) -> None:
    """Log what was vetoed since the last time: of `attempt`, where the caller knows.

    A veto is a fault of this program or an attack on it, so each is an error of its own.
    """
    for method, destination, call_id, cause in _guard.vetoes():
        _log.error(
            "guard: %s%s to %s kept off the wire (%s), Call-ID %s",
            method,
            f" of attempt {attempt}" if attempt else "",
            destination,
            cause,
            call_id,
        )


class Figures:
    """What the guard has counted since the process began, for metrics."""

    @property
    def invites(self) -> int:
        """INVITEs that it read, copies included."""
        return _guard.invites()

    @property
    def vetoes(self) -> Mapping[str, int]:
        """Requests kept off the wire, by cause; every cause is there."""
        return _guard.vetoes_by_cause()
