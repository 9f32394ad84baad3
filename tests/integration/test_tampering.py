"""Every way of tampering that the benchmark knows, with the audit log of a sealed store."""

from __future__ import annotations

from pathlib import Path

from benchmarks.support.audit_log import write
from benchmarks.support.tampering import tamper


async def test_whatever_was_done_to_the_log_is_found_and_named(tmp_path: Path) -> None:
    told = await tamper(await write(tmp_path / "store", 400, 40), 96, seed=5)
    assert told.false_alarms == 0
    assert told.found == told.done == 96
    assert len(told.ways) == 24
    assert not told.not_named, told.not_named
    assert told.exactly_named + told.mended_named == told.done
