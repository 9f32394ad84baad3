"""No configuration makes the law looser, and every tightening is taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.calling_hours import Hours
from dialer.core.gate.jurisdiction import Jurisdiction, Terms, held_to, looser
from dialer.core.gate.jurisdictions import JURISDICTIONS

LAWS = st.sampled_from(list(JURISDICTIONS.values()))
MONTHS = st.none() | st.integers(1, 130)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Hours, ...]:
    marks = sorted(set(draw(st.lists(st.integers(0, 95), max_size=6))))
    ends = [time(mark // 4, mark % 4 * 15) for mark in marks]
    return tuple(Hours(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False))


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "workday": windows(),
        "day_off": windows(),
        "calendar": st.sampled_from(["CN", "US"]),
        "per_hour": st.integers(1, 5),
        "per_day": st.integers(1, 5),
        "consent_months": MONTHS,
        "refusal_months": MONTHS,
        "one_number_months": MONTHS,
        "abandon_rate": st.floats(0.001, 0.5),
        "ring": st.floats(5, 180),
    },
)


def quarters(hours: tuple[Hours, ...]) -> set[int]:
    """The quarters of an hour in which calls may ring."""
    return {
        quarter
        for each in hours
        for quarter in range(
            each.start.hour * 4 + each.start.minute // 15, each.end.hour * 4 + each.end.minute // 15
        )
    }


def is_lawful(law: Jurisdiction, terms: Terms) -> bool:
    """The bounds once more, in plain comparisons."""
    bound = law.loosest
    forever = 10**6
    half_hours = {"workday": bound.workday, "day_off": bound.day_off}
    return (
        all(quarters(getattr(terms, name)) <= quarters(most) for name, most in half_hours.items())
        and terms.calendar == bound.calendar
        and terms.per_hour <= bound.per_hour
        and terms.per_day <= bound.per_day
        and (terms.consent_months or forever) <= (bound.consent_months or forever)
        and (terms.refusal_months or forever) >= (bound.refusal_months or forever)
        and (terms.one_number_months or forever) >= (bound.one_number_months or forever)
        and (terms.abandon_rate or 1) <= (bound.abandon_rate or 1)
        and terms.ring >= bound.ring
    )


@given(LAWS, WISHES)
def test_what_is_held_to_is_lawful_and_what_is_refused_would_not_be(
    law: Jurisdiction, wished: Mapping[str, object]
) -> None:
    loose = looser(law, wished)
    if not loose:
        terms = held_to(law, wished)
        assert is_lawful(law, terms)
        assert all(getattr(terms, field) == value for field, value in wished.items())
    for each in loose:
        alone = {each.figure.field: wished[each.figure.field]}
        assert looser(law, alone) == (each,)
    refused = {each.figure.field for each in loose}
    tight = {field: value for field, value in wished.items() if field not in refused}
    assert is_lawful(law, held_to(law, tight))


@given(LAWS)
def test_what_nobody_has_written_is_the_law(law: Jurisdiction) -> None:
    assert held_to(law, {}) == law.terms
    assert is_lawful(law, law.terms)
