"""The retention section: the law's figures may be tightened and never loosened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.config import load_config
from dialer.core.office.retention import RetentionTerms
from dialer.errors import InputError
from tests.support.inputs import CONFIG, NOW, Inputs, short


def terms(inputs: Inputs, section: str) -> RetentionTerms:
    inputs.config.write_text(CONFIG + section, "utf-8")
    return load_config(inputs.config, now=NOW).retention.terms


def test_the_defaults_are_the_laws(inputs: Inputs) -> None:
    assert terms(inputs, "") == RetentionTerms(timedelta(days=30), 6)


def test_both_may_be_tightened(inputs: Inputs) -> None:
    section = "retention: {contacts: 12h, evidence: 36 months}\n"
    assert terms(inputs, section) == RetentionTerms(timedelta(hours=12), 36)


@pytest.mark.parametrize(
    "figure, says",
    [
        ("contacts: 31d", "at most 30d"),
        ("contacts: 0s", "more than"),
        ("contacts: 30", "duration"),
        ("evidence: 5 months", "6 months at least"),
        ("evidence: forever", "months"),
    ],
)
def test_neither_may_be_loosened(inputs: Inputs, figure: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        terms(inputs, f"retention: {{{figure}}}\n")
    (fault,) = refused.value.faults
    assert f"retention.{figure.partition(':')[0]}" in short(fault)
    assert says in fault.what
