"""Nobody adds a table without saying what holds it to the audit log."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.store.held_tables import HELD_BY
from dialer.store.schema import metadata

PAGE = Path(__file__).resolve().parents[3] / "docs" / "audit.md"


def test_every_table_is_held_by_something_or_free_with_its_reason() -> None:
    assert set(HELD_BY) == {table.name for table in metadata.sorted_tables}


@pytest.mark.parametrize("table", HELD_BY)
def test_the_page_tells_it(table: str) -> None:
    assert f"| `{table}` | {HELD_BY[table]} |" in PAGE.read_text("utf-8")
