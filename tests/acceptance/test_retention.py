"""`dialer retention` and `dialer contacts forget`, as those who may use them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.app.store import clerk
from dialer.config import load_config
from dialer.files import load_run
from tests.support.operator import CALLEE, Operator, employ


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return employ(tmp_path)


def imported(operator: Operator) -> None:
    """The campaign is in the store, and nobody was called."""
    config, loaded = load_run(
        operator.config.parent / "campaign.yaml", operator.config, now=datetime.now(UTC)
    )

    async def work() -> None:
        async with clerk(config) as store:
            await store.open_campaign(loaded.record, loaded.rows())

    asyncio.run(work())


def test_a_person_is_forgotten_and_the_certificate_can_be_checked_anywhere(
    operator: Operator, tmp_path: Path
) -> None:
    imported(operator)
    refused = operator.dialer("contacts", "forget", CALLEE, by="root")
    assert (refused.returncode, "may not" in refused.stderr) == (1, True)
    shown = json.loads(operator.done("contacts", "forget", CALLEE, "--json", by="li.na"))
    done = shown["certificate"]
    assert (done["matter"], done["counts"], done["by"]) == ("person", {"contacts": 1}, "li.na")
    (against,) = operator.told("suppress", "check", CALLEE)
    assert against["why"] == "forgotten"
    (row,) = operator.told("retention", "certificates")
    assert row == shown
    file = tmp_path / "certificate.json"
    file.write_text(operator.done("retention", "show", done["id"]), "utf-8")
    checked = operator.done("retention", "verify", str(file), "--key", shown["signer"])
    assert "is signed by" in checked
    file.write_text(file.read_text("utf-8").replace('"contacts": 1', '"contacts": 2'), "utf-8")
    forged = operator.dialer("retention", "verify", str(file))
    assert (forged.returncode, "is not signed" in forged.stderr) == (1, True)
    assert operator.dialer("retention", "show", "0").returncode == 1


def test_what_waits_for_what_is_shown_and_nothing_is_destroyed_early(operator: Operator) -> None:
    assert "nothing is left" in operator.done("retention", "run", "--dry-run")
    imported(operator)
    contacts, evidence = operator.told("retention", "run", "--dry-run")
    assert (contacts["matter"], contacts["waits_for"]) == ("contacts", "the campaign's end")
    assert (evidence["matter"], evidence["due"]) == ("evidence", None)
    operator.done("campaigns", "end", contacts["campaign"], by="li.na")
    contacts, evidence = operator.told("retention", "run", "--dry-run")
    assert (contacts["state"], contacts["waits_for"]) == ("kept", None)
    assert contacts["due"] < contacts["latest"] < evidence["due"]
    assert "nothing was due" in operator.done("retention", "run", by="li.na")
    config = load_config(operator.config, now=datetime.now(UTC))
    assert (config.data_dir / "dialer.sqlite3").exists()
