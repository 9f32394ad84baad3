"""docs/access.md says of every role what the table in the code gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.core.office.access import RIGHTS, Right, Role

PAGE = Path(__file__).resolve().parents[3] / "docs" / "access.md"


@pytest.mark.parametrize("role", Role)
def test_the_page_has_the_rights_of_the_role(role: Role) -> None:
    rights = ", ".join(right for right in Right if right in RIGHTS[role])
    assert f"| {role} | {rights} |" in PAGE.read_text(encoding="utf-8").splitlines()
