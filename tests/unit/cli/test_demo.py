"""How the demo's command tells what came of it; the demo itself is in tests/acceptance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialer.demo.run import Report
from dialer.demo.verify import Check
from tests.support.commands import run

HELD, BROKE = Check("a cough does nothing", True, "1 of 1"), Check("one each", False, "11 of 12")


@pytest.mark.parametrize(
    "checks, code", [([HELD, HELD], 0), ([HELD, BROKE], 1), ([BROKE, HELD], 1), ([BROKE], 1)]
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_it_ends_with_1_where_any_check_failed(
    checks: list[Check], code: int, form: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(_folder: Path, count: int, _dialler: object) -> Report:
        return Report(checks, count)

    monkeypatch.setattr("dialer.cli.demo.play", play)
    done = run("demo", "--contacts", "12", *form)
    assert done.returncode == code
    held = sum(check.ok for check in checks)
    if form:
        told = json.loads(done.stdout)
        assert (told["ok"], told["calls"]) == (code == 0, 12)
        assert [each["ok"] for each in told["checks"]] == [check.ok for check in checks]
    else:
        assert done.stdout.count("NO") == len(checks) - held
        assert f"12 calls, {held} of {len(checks)} checks passed" in done.stdout
