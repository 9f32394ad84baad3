from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from dialer.cli import checking
from dialer.cli.checking import counted_rows
from dialer.files import survey_contacts
from tests.support import inputs


def test_elsewhere_than_on_a_terminal_a_line_comes_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(checking.time, "monotonic", lambda: now)
    said: list[str] = []
    with counted_rows(Console(file=io.StringIO()), said.append) as at_row:
        at_row(5000)
        assert said == [], "who is quick is silent"
        now = 105.0
        at_row(400_000)
        now = 106.0
        at_row(450_000)
        now = 111.0
        at_row(800_000)
    assert said == ["checking contacts: 400,000 rows", "checking contacts: 800,000 rows"]


def test_on_a_terminal_one_line_is_drawn_anew() -> None:
    shown = io.StringIO()
    with counted_rows(Console(file=shown, force_terminal=True, width=60)) as at_row:
        at_row(5000)
    assert "checking contacts" in shown.getvalue()


def test_rows_are_told_as_they_are_checked(tmp_path: Path) -> None:
    row = ",card-renewal,web form,2026-03-02T10:15:00+00:00,form-1,Europe/London,4417\n"
    contacts = tmp_path / "contacts.csv"
    rows = "".join(f"+4477009{number:05d}{row}" for number in range(12_000))
    contacts.write_text(inputs.HEADER + rows, encoding="utf-8")
    told: list[int] = []
    summary, faults = survey_contacts(contacts, now=inputs.NOW, at_row=told.append)
    assert not faults
    assert summary is not None
    assert summary.rows == 12_000
    assert told == [5000, 10_000]
