"""The rule of a campaign's end: from then on it calls nobody, on any node."""

from __future__ import annotations

from typing import Final

from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.values.records import AttemptOrder, History

CAMPAIGN_ENDED: Final = "campaign_ended"


def campaign_ended() -> Rule:
    """The campaign has not been ended. What was prepared before its end is not dialled after it."""

    def judge(_order: AttemptOrder, history: History) -> Verdict:
        if history.campaign_ended_at is None:
            return Allow()
        return Deny(
            CAMPAIGN_ENDED, f"the campaign was ended on {history.campaign_ended_at:%Y-%m-%d}"
        )

    return Rule(CAMPAIGN_ENDED, judge)
