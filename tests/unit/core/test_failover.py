from __future__ import annotations

from itertools import count

import pytest

from dialer.core.trunks.connect_rate import PROBE_EVERY, RateState
from dialer.core.trunks.failover import Failover, Place, Stand, Verdict
from dialer.core.trunks.false_answers import Suspicion
from dialer.core.trunks.trunk_book import AttemptResult, Change, FailoverRules
from dialer.core.trunks.trunk_stats import REACHED, WindowLimits
from dialer.core.values.number import E164, prefix_of
from dialer.core.values.outcome import Outcome, Reason, Who

A, B, C = "a", "b", "c"
MOBILE, CITY = "86138", "86106"
TALKED = AttemptResult(Outcome.of(Reason.HUNG_UP), talk=20.0, speech=True)
MISSED = AttemptResult(Outcome.of(Reason.NO_ANSWER))


class Calls:
    """A failover, and attempts one after another, a second apart."""

    def __init__(self, *trunks: str, rules: FailoverRules | None = None) -> None:
        self.trunks = trunks
        self.failover = Failover(trunks, rules or FailoverRules())
        self.now = 0.0
        self.ids = (str(number) for number in count())

    def call(self, trunk: str, result: AttemptResult, prefix: str = MOBILE) -> tuple[Change, ...]:
        self.now += 1
        attempt = next(self.ids)
        self.failover.placed(attempt, trunk, prefix, self.trunks, self.now)
        return self.failover.ended(attempt, result, self.now)

    def calls(
        self, trunk: str, result: AttemptResult, times: int, prefix: str = MOBILE
    ) -> list[Change]:
        found: list[Change] = []
        for _ in range(times):
            found += self.call(trunk, result, prefix)
        return found

    def falls(self, trunk: str, prefix: str = MOBILE) -> None:
        assert self.calls(trunk, MISSED, 42, prefix)

    def stands(self, prefix: str = MOBILE) -> dict[str, Stand]:
        return {
            place.trunk: place.stand for place in self.failover.rank(self.trunks, prefix).places
        }

    def verdict(self, prefix: str = MOBILE) -> Verdict:
        return self.failover.rank(self.trunks, prefix).verdict


def test_trunks_that_are_well_carry_in_the_order_given() -> None:
    calls = Calls(A, B)
    ranking = calls.failover.rank((B, A), MOBILE)
    assert ranking.verdict is Verdict.WELL
    assert ranking.places == (Place(B, Stand.CARRY, ""), Place(A, Stand.CARRY, ""))


def test_no_trunk_is_ranked_where_none_is_named() -> None:
    assert Calls(A).failover.rank((), MOBILE).places == ()


def test_a_trunk_that_fell_gives_way_and_the_change_is_told() -> None:
    calls = Calls(A, B)
    changes = calls.calls(A, MISSED, 42)
    assert [(change.trunk, change.prefix) for change in changes] == [(A, None), (A, MOBILE)]
    assert calls.failover.report(A, calls.now).standing is changes[0].what
    assert calls.failover.report(A, calls.now).standing.state is RateState.GIVING_WAY
    ranking = calls.failover.rank((A, B), MOBILE)
    assert ranking.verdict is Verdict.GIVING_WAY
    assert [(place.trunk, place.stand) for place in ranking.places] == [
        (B, Stand.CARRY),
        (A, Stand.ASIDE),
    ]
    assert "floor" in ranking.places[1].why


def test_an_attempt_counts_for_its_own_trunk_alone() -> None:
    calls = Calls(A, B)
    calls.calls(A, MISSED, 30)
    calls.calls(B, TALKED, 25)
    a, b = (calls.failover.report(name, calls.now).figures for name in (A, B))
    assert (a.seizures, a.answered, a.asr) == (30, 0, 0.0)
    assert (b.seizures, b.answered, b.asr, b.acd) == (25, 25, 1.0, 20.0)


def test_an_answer_that_was_told_before_the_end_counts_once() -> None:
    calls = Calls(A)
    calls.failover.placed("x", A, MOBILE, (), 1.0)
    calls.failover.answered("x", 2.5, 6.0)
    assert calls.failover.report(A, 6.0).figures.answered == 1
    calls.failover.ended("x", TALKED, 30.0)
    figures = calls.failover.report(A, 30.0).figures
    assert (figures.seizures, figures.answered, figures.conversations) == (1, 1, 1)


def test_what_is_out_of_order_is_refused_and_changes_nothing() -> None:
    calls = Calls(A)
    failover = calls.failover
    failover.placed("x", A, MOBILE, (), 1.0)
    with pytest.raises(ValueError, match="placed already"):
        failover.placed("x", A, MOBILE, (), 1.0)
    with pytest.raises(ValueError, match="waits"):
        failover.answered("y", None, 1.0)
    with pytest.raises(ValueError, match="lives"):
        failover.ended("y", MISSED, 1.0)
    failover.answered("x", None, 2.0)
    with pytest.raises(ValueError, match="waits"):
        failover.answered("x", None, 2.0)
    failover.ended("x", TALKED, 3.0)
    with pytest.raises(ValueError, match="lives"):
        failover.ended("x", TALKED, 3.0)
    with pytest.raises(KeyError):
        failover.placed("z", "unknown", MOBILE, (), 4.0)
    with pytest.raises(KeyError):
        failover.rank(("unknown",), MOBILE)
    assert failover.report(A, 4.0).figures.seizures == 1


def test_attempts_are_judged_in_the_order_of_their_placing() -> None:
    """At 50 calls a second, 150 refusals are known before the first answer: no reason to fall."""
    failover = Failover((A, B), FailoverRules())
    for number in range(400):
        failover.placed(str(number), A, MOBILE, (A, B), number / 50)
    refused = [number for number in range(400) if number % 4]
    changes = [failover.ended(str(number), MISSED, 10.0) for number in refused]
    changes += [failover.answered(str(number), None, 15.0) for number in range(0, 400, 4)]
    assert changes == [()] * 400
    assert failover.report(A, 15.0).figures.asr == 0.25


def test_what_waits_behind_an_attempt_counts_as_soon_as_that_is_known() -> None:
    failover = Failover((A,), FailoverRules())
    for number in range(50):
        failover.placed(str(number), A, MOBILE, (), float(number))
    for number in range(1, 50):
        failover.ended(str(number), MISSED, 50.0)
    assert failover.report(A, 50.0).figures.seizures == 0
    changes = failover.ended("0", MISSED, 51.0)
    assert failover.report(A, 51.0).figures.seizures == 50
    assert [change.prefix for change in changes] == [None, MOBILE]


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.value)
def test_an_end_counts_by_whose_doing_it_was(reason: Reason) -> None:
    calls = Calls(A)
    outcome = Outcome.of(reason)
    calls.calls(A, AttemptResult(outcome), 20)
    figures = calls.failover.report(A, calls.now).figures
    if outcome.who is Who.DIALER:
        assert figures.seizures == 0
    else:
        assert (figures.seizures, figures.answered) == (20, 0)
        assert figures.ner == (1.0 if reason in REACHED else 0.0)


def test_an_attempt_that_was_answered_counts_whoever_ended_it() -> None:
    calls = Calls(A)
    calls.calls(A, AttemptResult(Outcome.of(Reason.COMPLETED), talk=30.0), 20)
    assert calls.failover.report(A, calls.now).figures.asr == 1.0


def test_a_trunk_that_fell_is_probed_once_for_twenty_and_first() -> None:
    calls = Calls(A, B)
    calls.falls(A)
    used = []
    for _ in range(210):
        first = calls.failover.rank((A, B), MOBILE).places[0]
        used.append(first.trunk)
        assert first.stand is (Stand.PROBE if first.trunk == A else Stand.CARRY)
        calls.call(first.trunk, MISSED if first.trunk == A else TALKED)
    assert [number for number, trunk in enumerate(used) if trunk == A] == list(range(20, 210, 21))
    assert calls.failover.report(A, calls.now).standing.state is RateState.PROBING


def test_attempts_that_it_could_not_have_carried_bring_no_probe_nearer() -> None:
    calls = Calls(A, B)
    calls.falls(A)
    for number in range(100):
        calls.failover.placed(f"other {number}", B, MOBILE, (B,), calls.now)
    assert calls.stands()[A] is Stand.ASIDE


def test_of_two_that_fell_one_is_probed_at_a_time() -> None:
    calls = Calls(A, B, C)
    calls.falls(A)
    calls.falls(B)
    calls.calls(C, TALKED, PROBE_EVERY + 5)
    assert calls.stands() == {A: Stand.PROBE, B: Stand.ASIDE, C: Stand.CARRY}
    calls.call(A, MISSED)
    assert calls.stands() == {A: Stand.ASIDE, B: Stand.PROBE, C: Stand.CARRY}


def test_a_trunk_that_is_well_again_carries_again() -> None:
    calls = Calls(A, B)
    calls.falls(A)
    changes = calls.calls(A, TALKED, 9)
    assert [change.prefix for change in changes] == [None, MOBILE]
    assert calls.stands() == {A: Stand.CARRY, B: Stand.CARRY}


def test_a_trunk_gives_way_for_the_one_prefix_that_fell() -> None:
    calls = Calls(A, B)
    for number in range(60):
        calls.call(A, MISSED, CITY)
        calls.call(A, TALKED if number % 2 else MISSED, MOBILE)
    assert calls.stands(CITY)[A] is Stand.ASIDE
    assert calls.stands(MOBILE)[A] is Stand.CARRY
    assert calls.stands("86139")[A] is Stand.CARRY
    reports = calls.failover.prefixes(A, calls.now)
    assert reports[CITY].standing.state is RateState.PROBING  # 18 attempts came after its fall
    assert reports[CITY].figures.asr == 0.0
    assert reports[MOBILE].figures.asr == 0.5
    assert (reports[MOBILE].figures.conversations, reports[MOBILE].figures.acd) == (30, 20.0)
    assert reports[CITY].figures.conversations == 0
    calls.calls(B, TALKED, PROBE_EVERY, CITY)
    assert calls.stands(CITY)[A] is Stand.PROBE


def test_a_trunk_that_fell_over_all_gives_way_for_every_prefix() -> None:
    calls = Calls(A, B)
    for number in range(42):
        calls.call(A, MISSED, f"8613{number % 10}")
    assert calls.stands("86199")[A] is Stand.ASIDE


def test_prefixes_that_are_kept_are_bounded_and_the_fallen_stay_longest() -> None:
    calls = Calls(A, B, rules=FailoverRules(most_prefixes=3))
    calls.falls(A, CITY)
    calls.calls(A, TALKED, 20, "1")
    for prefix in ("2", "3", "2", "4"):
        calls.call(A, TALKED, prefix)
    assert list(calls.failover.prefixes(A, calls.now)) == [CITY, "2", "4"]


def test_where_all_fell_together_the_list_is_at_fault_and_the_order_is_kept() -> None:
    calls = Calls(A, B)
    calls.calls(A, TALKED, 20)
    calls.calls(B, TALKED, 20)
    calls.falls(A)
    calls.falls(B)
    calls.call(A, MISSED)  # its probe was due
    ranking = calls.failover.rank((A, B), MOBILE)
    assert ranking.verdict is Verdict.LIST_AT_FAULT
    assert [(place.trunk, place.stand) for place in ranking.places] == [
        (A, Stand.CARRY),
        (B, Stand.CARRY),
    ]
    calls.calls(A, MISSED, PROBE_EVERY - 1)
    assert calls.stands() == {B: Stand.PROBE, A: Stand.CARRY}


def test_a_trunk_proved_well_at_the_instant_of_the_others_fall_fell_together_with_it() -> None:
    """Proved well means after: at one instant nobody can say which came first."""
    calls = Calls(A, B)
    while not calls.call(A, MISSED):
        pass
    for _ in range(9):
        calls.now -= 1  # `call` lets a second pass
        calls.call(B, TALKED)
    calls.falls(B)
    assert calls.verdict() is Verdict.LIST_AT_FAULT


def test_a_trunk_proved_well_after_the_others_fall_falls_by_itself() -> None:
    calls = Calls(A, B)
    calls.falls(A)
    calls.calls(B, TALKED, 9)
    calls.falls(B)
    assert calls.verdict() is Verdict.TRUNKS_AT_FAULT
    # B was the last to fall: it carries on; A had its 20 attempts pass over.
    assert calls.stands() == {A: Stand.PROBE, B: Stand.CARRY}
    calls.call(A, MISSED)
    assert calls.stands() == {A: Stand.ASIDE, B: Stand.CARRY}


def test_a_trunk_alone_cannot_be_told_from_its_list() -> None:
    calls = Calls(A, B)
    calls.falls(A)
    for number in range(2 * PROBE_EVERY):  # of a campaign that may use both
        calls.failover.placed(f"b{number}", B, MOBILE, (A, B), calls.now)
    assert calls.verdict() is Verdict.GIVING_WAY
    ranking = calls.failover.rank((A,), MOBILE)
    assert ranking.verdict is Verdict.ONLY_TRUNK
    assert ranking.places[0].stand is Stand.CARRY


def test_only_the_trunks_of_the_caller_id_are_compared() -> None:
    calls = Calls(A, B, C)
    calls.falls(A)
    calls.falls(B)
    assert calls.failover.rank((A, B), MOBILE).verdict is Verdict.LIST_AT_FAULT
    assert calls.failover.rank((A, B, C), MOBILE).verdict is Verdict.GIVING_WAY


def test_with_a_floor_of_zero_no_trunk_gives_way() -> None:
    calls = Calls(A, B, rules=FailoverRules(floor=0.0))
    assert calls.calls(A, MISSED, 500) == []
    assert calls.verdict() is Verdict.WELL
    assert calls.failover.report(A, calls.now).figures.asr == 0.0


def test_false_answers_are_reported_and_not_acted_upon() -> None:
    calls = Calls(A, B)
    nobody = AttemptResult(Outcome.of(Reason.COMPLETED), talk=12.0, speech=False)
    changes = calls.calls(A, nobody, 60)
    suspicions = [change for change in changes if isinstance(change.what, Suspicion)]
    assert [(change.trunk, change.prefix) for change in suspicions] == [(A, None)]
    assert calls.failover.report(A, calls.now).suspicion == suspicions[0].what
    assert suspicions[0].what.suspected
    assert calls.stands() == {A: Stand.CARRY, B: Stand.CARRY}


def test_figures_look_back_as_far_as_the_rules_say() -> None:
    limits = WindowLimits(length=50, age=60.0, minimum=10)
    calls = Calls(A, rules=FailoverRules(window=limits))
    calls.calls(A, TALKED, 100)
    assert calls.failover.report(A, calls.now).figures.seizures == 50
    assert calls.failover.report(A, calls.now + 55).figures.seizures == 5
    assert calls.failover.report(A, calls.now + 55).figures.asr is None


@pytest.mark.parametrize("rules", [{"floor": 1.0}, {"floor": -0.1}, {"most_prefixes": 0}], ids=str)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"connect_rate_floor|most_prefixes"):
        FailoverRules(**rules)  # type: ignore[arg-type]


def test_a_prefix_is_no_number() -> None:
    assert prefix_of(E164("+8613812345678")) == MOBILE
    assert prefix_of(E164("+861065550100")) == CITY
