from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.calls.grading import CallFacts, Grade, GradeRule, grade
from dialer.files.grades import SHIPPED, read_grades

RULES, _ = read_grades(SHIPPED)


@pytest.mark.parametrize(
    "facts,expected",
    [
        (CallFacts(40, 1, ("yes",), refused=True), Grade.F),
        (CallFacts(40, 1, joined=True), Grade.A),
        (CallFacts(40, 1, ("later", "interested")), Grade.A),
        (CallFacts(40, 1, ("survey_3",)), Grade.B),
        (CallFacts(9, 1), Grade.C),
        (CallFacts(15, 0), Grade.D),
        (CallFacts(14.9, 0), Grade.E),
    ],
)
def test_the_shipped_rules(facts: CallFacts, expected: Grade) -> None:
    assert grade(RULES, facts) is expected


RULE = st.builds(
    GradeRule,
    grade=st.sampled_from(Grade),
    refused=st.sampled_from([None, False]),
    joined=st.sampled_from([None, True, False]),
    answered=st.sampled_from([None, True, False]),
    talk=st.none() | st.floats(0, 60),
    turns=st.none() | st.integers(1, 5),
    intents=st.none() | st.frozensets(st.sampled_from("abc"), min_size=1),
    nodes=st.none() | st.frozensets(st.sampled_from("xyz"), min_size=1),
)
FACTS = st.builds(
    CallFacts,
    talk=st.floats(0, 60),
    turns=st.integers(0, 5),
    intents=st.lists(st.sampled_from("abc"), max_size=3).map(tuple),
    nodes=st.lists(st.sampled_from("xyz"), max_size=3).map(tuple),
    joined=st.booleans(),
    refused=st.booleans(),
)


@given(st.lists(RULE, max_size=5), FACTS)
def test_no_rule_makes_a_lead_of_somebody_who_refused(
    rules: list[GradeRule], facts: CallFacts
) -> None:
    given = grade(rules, facts)
    if facts.refused:
        assert given is Grade.F
    else:
        fits = [rule.grade for rule in rules if rule.fits(facts)]
        assert given is (fits[0] if fits else Grade.E)
