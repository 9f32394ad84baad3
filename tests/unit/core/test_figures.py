"""Figures of the law, of standards and of our own promises, said once by hand.

Elsewhere tests take them from where they stand; here a slip of the finger is seen. Whoever changes
one changes it in both places, knowing why.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from dialer.core.dialog import callback, notice, notice_watch, script_run
from dialer.core.gate import clock_sanity, compliance
from dialer.core.gate.calling_hours import Hours
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.jurisdictions.us import US
from dialer.core.gate.rules import PerNumber, RefusalRest
from dialer.core.office import complaints, retention
from dialer.core.trunks import connect_rate, pacing, past_attempts, shares, trunk, trunk_state
from dialer.core.values import attention, retry
from dialer.store import capacity, membership
from dialer.store.queries import history

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=each) for each in (1, 60, 3600, 86_400))


@pytest.mark.parametrize(
    "figure,value",
    [
        # The law's.
        (notice_watch.SPOKEN_BY, 3.0),
        (complaints.ANSWER_WITHIN, 24 * HOUR),
        (retention.MOST_CONTACT_DAYS, 30),
        (retention.LEAST_EVIDENCE_MONTHS, 6),
        (retention.RetentionTerms(), retention.RetentionTerms(30 * DAY, 6)),
        (attention.WITHIN, 2.0),
        (attention.DAYS, 30),
        (PerNumber(), PerNumber(hour=1, day=3)),
        (RefusalRest(), RefusalRest(months=6)),
        (history.HISTORY, 24 * HOUR),
        # Kept for the clock's sake.
        (retention.LEEWAY, DAY),
        (retention.SETTLES, DAY),
        (retention.MOST_AHEAD, DAY),
        (clock_sanity.TOLERANCE, 5.0),
        (clock_sanity.MOST_BEHIND, 5 * SECOND),
        (clock_sanity.FOLLOWED, 0.001),
        (compliance.ASK_AGAIN, HOUR),
        (attention.JUDGED_FROM, 100),
        # In a call.
        (notice_watch.TELLING, 0.25),
        (notice.START_ALLOWANCE, 0.1),
        (script_run.HEAR_AT_MOST, 20.0),
        (script_run.GRACE, 2.0),
        (script_run.PLAY_AT_MOST, 120.0),
        (script_run.GOODBYE_AT_MOST, 15.0),
        (script_run.KEEP_AT_MOST, 15.0),
        (script_run.TRANSFER_AT_MOST, 90.0),
        (callback.TELLINGS, 2),
        (callback.NEVER_AGAIN_KEY, "1"),
        (callback.PERSON_KEY, "0"),
        # Called again.
        (retry.FIRST_WAIT, MINUTE),
        (retry.COMMIT_WAIT, 5 * SECOND),
        (retry.LONGEST_WAIT, 15 * MINUTE),
        (retry.MOST_CALLS, 10),
        (past_attempts.LONGEST_UNANSWERED, 5 * MINUTE),
        # Trunks.
        (trunk.AHEAD, 0.1),
        (pacing.CATCH_UP, 0.05),
        (trunk_state.HASTE, 10.0),
        (trunk_state.PATIENCE, 4.0),
        (trunk_state.FIRST_RETRY, 1.0),
        (trunk_state.LAST_RETRY, 4.0),
        (trunk_state.LAST_RETRY_REFUSED, 60.0),
        (trunk_state.LONGEST_RETRY_AFTER, 3600.0),
        (trunk_state.REFRESH_AT, 0.75),
        (trunk_state.JITTER, 0.2),
        (connect_rate.PROBE_EVERY, 20),
        (connect_rate.PROBE_EVERY_MOST, 160),
        # Nodes: a share ends before its lease, and is renewed more than once before.
        (shares.TURN, 10.0),
        (shares._MARGIN, 1.0),
        (membership.LEASE, 6.0),
        (capacity.EVERY, 1.0),
        (capacity._SAFE, 4.5),
    ],
)
def test_a_figure_is_what_it_is(figure: object, value: object) -> None:
    assert figure == value


CHINAS = {
    "workday": (Hours.of("09:00", "11:30"), Hours.of("14:30", "17:30")),
    "day_off": (),
    "calendar": "CN",
    "per_hour": 1,
    "per_day": 3,
    "consent_months": None,
    "refusal_months": 6,
    "one_number_months": None,
    "abandon_rate": None,
    "ring": 5.0,
}
EIGHT_TO_NINE = (Hours.of("08:00", "21:00"),)
THE_STATES = {
    **CHINAS,
    "workday": EIGHT_TO_NINE,  # 47 CFR 64.1200(c)(1)
    "day_off": EIGHT_TO_NINE,
    "calendar": "US",
    "refusal_months": None,
    "abandon_rate": 0.03,  # 47 CFR 64.1200(a)(7)
    "ring": 15.0,  # 47 CFR 64.1200(a)(6)
}


def test_the_terms_of_each_law_are_these() -> None:
    for law, terms, loosest in (
        (CN, CHINAS, {}),
        # 47 CFR 64.1200(d)(6): five years at least.
        (US, THE_STATES, {"per_hour": 3, "refusal_months": 60, "one_number_months": 1}),
    ):
        told = {name: getattr(law.terms, name) for name in asdict(law.terms)}
        assert told == terms
        told = {name: getattr(law.loosest, name) for name in asdict(law.loosest)}
        assert told == terms | loosest
    assert CN.callees == {"CN"}
    assert US.callees == {"US", "AS", "GU", "MP", "PR", "VI"}
