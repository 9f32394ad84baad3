"""Prometheus' own checks of what `deploy/prometheus/` holds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import peers
from tests.support.rules import RULES

CONFIG = RULES.parent / "prometheus.yml"
RULE_FILES = sorted(RULES.glob("*.yml"))


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*peers.command("promtool"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_configuration_and_its_rules_are_sound() -> None:
    done = promtool("check", "config", CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr
    for file in RULE_FILES:
        assert str(file) in done.stdout


@pytest.mark.parametrize("file", RULE_FILES, ids=lambda file: file.stem)
def test_the_rules_do_what_their_tests_say(file: Path) -> None:
    done = promtool("test", "rules", file.parent / "tests" / file.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_sees_a_rule_that_does_not_do_so(tmp_path: Path) -> None:
    """The check can fail: a changed limit is seen."""
    (tmp_path / "tests").mkdir()
    rule = (RULES / "trunks.yml").read_text(encoding="utf-8")
    assert "< 0.18" in rule
    (tmp_path / "trunks.yml").write_text(rule.replace("< 0.18", "< 0.10"), encoding="utf-8")
    cases = tmp_path / "tests" / "trunks.yml"
    cases.write_text((RULES / "tests" / "trunks.yml").read_text(encoding="utf-8"), encoding="utf-8")
    done = promtool("test", "rules", cases)
    assert done.returncode != 0
    assert "ConnectRateUnderFloor" in done.stderr + done.stdout
