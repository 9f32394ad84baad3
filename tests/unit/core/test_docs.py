from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from dialer.core.calls import call_table
from dialer.core.calls.call_table import State
from dialer.core.values import outcome
from dialer.core.values.outcome import Reason
from docs import generate, state_diagram


def test_the_pages_are_what_the_tables_say() -> None:
    assert generate.stale() == [], "run: python -m docs.generate"


def test_every_reason_and_state_says_what_it_means() -> None:
    assert set(generate.member_docs(outcome, "Reason")) == {reason.name for reason in Reason}
    assert set(generate.member_docs(call_table, "State")) == {state.name for state in State}


def test_the_picture_shows_every_arrow_of_the_table() -> None:
    picture = ET.fromstring(state_diagram.svg())
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(state_diagram.arrows())


def test_an_arrow_without_a_place_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = dict(state_diagram.WAYS)
    del fewer[State.CANCELLING, State.HANGING_UP]
    monkeypatch.setattr(state_diagram, "WAYS", fewer)
    with pytest.raises(ValueError, match="HANGING_UP"):
        state_diagram.svg()
