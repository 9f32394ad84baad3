"""How a call that came in ended, from its leg's outcome and its dialog."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dialer.core.dialog.callback import CallbackDialog
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Outcome, Reason

_ENDING_OF: Final[Mapping[Reason, InboundEnding]] = MappingProxyType(
    {
        Reason.HUNG_UP: InboundEnding.HUNG_UP,
        Reason.PEER_LOST: InboundEnding.PEER_LOST,
        Reason.DRAINED: InboundEnding.DRAINED,
        Reason.TIME_LIMIT: InboundEnding.TIME_LIMIT,
        Reason.HELD: InboundEnding.TIME_LIMIT,
        Reason.COMPLETED: InboundEnding.TALKED,
    }
)


def inbound_ending(
    outcome: Outcome, dialog: CallbackDialog, *, turned_away: bool, answered: bool
) -> InboundEnding:
    """How it ended. `turned_away`: we gave it a final reply; `answered`: our 200 was ACKed."""
    if turned_away:
        return InboundEnding.TURNED_AWAY
    if dialog.kept:
        return InboundEnding.SUPPRESSED
    if dialog.told:
        return InboundEnding.TOLD
    if dialog.talked and outcome.reason is not Reason.TIME_LIMIT:
        return InboundEnding.TALKED
    # A BYE is the caller's, whatever cause a network has put to it.
    if outcome.reason is Reason.HUNG_UP or outcome.q850 is not None:
        return InboundEnding.HUNG_UP if answered else InboundEnding.GAVE_UP
    return _ENDING_OF.get(outcome.reason, InboundEnding.INTERNAL_ERROR)
