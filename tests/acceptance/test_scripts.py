"""From words to calls: submitted by one, approved by another, said as approved, and no more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dialer.demo.files import Carrier, Job, write
from dialer.store.sqlite import FILE
from tests.support.commands import Done, run
from tests.support.dialing import Run, invites_so_far, records, wait_for_invites
from tests.support.inputs import wav
from tests.support.people import People, people
from tests.support.signing import approve_configuration
from tests.support.sipp import Sipp, free_port

BUSY = "5"


def busy(count: int) -> list[str]:
    return [f"+8610655{BUSY}{2 * row:04d}" for row in range(count)]


@dataclass(frozen=True, slots=True)
class Office:
    """A campaign's files, and the people who may have a say in its words."""

    folder: Path
    config: Path
    campaign: Path
    people: People

    def scripts(self, *arguments: str | Path, token: str | None = None) -> Done:
        return run("scripts", *arguments, "-c", self.config, token=token)

    def submit(self, token: str | None = None) -> dict[str, Any]:
        done = self.scripts("submit", self.campaign, "--json", token=token or self.people.ann)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def approve(self, version: str, token: str | None = None) -> Done:
        return self.scripts(
            "approve", version, "--sign-key", self.people.key, token=token or self.people.bob
        )

    def hear(self, version: str) -> Path:
        """Have the version written out to be heard, as bob; the folder."""
        to = self.folder / "heard"
        done = self.scripts("play", version, "--to", to, token=self.people.bob)
        assert done.returncode == 0, done.stderr
        assert "on record: written to files for you" in done.stdout
        return to

    def check(self) -> dict[str, Any]:
        """What `dialer check` says of the campaign's wording."""
        done = run("check", self.config, self.campaign, "--json")
        assert done.returncode == 0, done.stderr
        (said,) = json.loads(done.stdout)["wording"].values()
        told: dict[str, Any] = said
        return told

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def dial(self) -> Done:
        return run("run", self.campaign, "-c", self.config, "--json")


def office(
    folder: Path,
    carriers: Sequence[Carrier],
    called: Sequence[str],
    callback: dict[str, Any] | None = None,
) -> Office:
    job = Job(carriers=carriers, numbers=called, more={"callback": callback or {"channels": 0}})
    config, campaign = write(folder, job)
    return Office(folder, config, campaign, people(config))


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Nobody answers at its carrier, which is no lab's; no hour is one to call in."""
    monkeypatch.delenv("DIALER_LAB_CLOCK", raising=False)
    made = office(tmp_path, [Carrier("carrier", free_port())], ["+861065590004"])
    made.change("dialer.yaml", "lab: true", "lab: false")
    shut = "compliance:\n  windows: {workday: [], holiday: []}\n"
    made.change("dialer.yaml", "compliance:\n", shut)
    approve_configuration(made.config, "bob", made.people.bob)
    return made


def test_words_are_dialled_with_once_someone_else_has_approved_them(at: Office) -> None:
    refused = at.dial()
    assert refused.returncode == 1
    assert "never submitted for approval" in refused.stderr
    assert "dialer scripts submit" in refused.stderr

    submitted = at.submit()
    assert (submitted["state"], submitted["authors"]) == ("submitted", ["ann"])
    assert submitted["findings"] == []
    version = submitted["version"]
    waiting = at.dial()
    assert waiting.returncode == 1
    assert f"dialer scripts approve {version[:12]}" in waiting.stderr

    approved = at.approve(version[:12])
    assert approved.returncode == 0, approved.stderr
    assert f"version {version[:12]} is approved" in approved.stdout
    assert at.check() == {"version": version, "state": "approved", "findings": []}
    dialled = at.dial()
    assert dialled.returncode == 0, dialled.stderr
    # What is said is no hindrance any more, the hour is.
    assert json.loads(dialled.stdout)["waiting_later"] == {"calling_hours": 1}


def test_who_submitted_cannot_approve_nor_can_who_may_not(at: Office) -> None:
    version = at.submit(at.people.eve)["version"]
    own = at.approve(version, at.people.eve)
    assert own.returncode == 1
    assert "eve, operator, may not approve" in own.stderr
    author = at.approve(version, at.people.ann)
    assert author.returncode == 1
    assert "compliance" in author.stderr
    nobody = at.scripts("submit", at.campaign)
    assert nobody.returncode == 1
    assert "DIALER_TOKEN" in nobody.stderr
    assert at.check()["state"] == "submitted"


def test_a_byte_changed_must_be_approved_again(at: Office) -> None:
    at.approve(at.submit()["version"])
    at.change("script.yaml", "Goodbye.", "Goodbye!")
    changed = at.dial()
    assert changed.returncode == 1
    assert "changed since" in changed.stderr
    again = at.submit(at.people.eve)
    assert again["authors"] == ["ann", "eve"]
    assert at.approve(again["version"]).returncode == 0
    assert at.dial().returncode == 0

    listed = json.loads(at.scripts("list", "--json").stdout)
    assert [each["state"] for each in listed] == ["approved", "superseded"]
    first, second = (each["version"][:12] for each in reversed(listed))
    shown = at.scripts("diff", first, second).stdout
    assert "- prompt nodes.goodbye" in shown
    assert "Goodbye!" in shown


def test_a_byte_of_a_recording_changed_must_be_approved_again(at: Office) -> None:
    wav(at.folder / "bye.wav", frames=8000)
    at.change("script.yaml", "say: Goodbye.", "play: bye.wav\n    words: Goodbye.")
    submitted = at.submit()
    unheard = at.approve(submitted["version"])
    assert unheard.returncode == 1
    assert f"dialer scripts play {submitted['version'][:12]}" in unheard.stderr
    at.hear(submitted["version"])
    assert at.approve(submitted["version"]).returncode == 0
    assert at.dial().returncode == 0
    recording = bytearray((at.folder / "bye.wav").read_bytes())
    recording[-1] ^= 1
    (at.folder / "bye.wav").write_bytes(recording)
    changed = at.dial()
    assert changed.returncode == 1
    assert "changed since" in changed.stderr


def test_the_recording_that_is_heard_is_the_one_submitted(at: Office) -> None:
    wav(at.folder / "bye.wav", frames=8000)
    at.change("script.yaml", "say: Goodbye.", "play: bye.wav\n    words: Goodbye.")
    data = (at.folder / "bye.wav").read_bytes()
    version = at.submit()["version"]
    wav(at.folder / "bye.wav", frames=16000)
    to = at.hear(version)
    assert next(to.glob("*nodes.goodbye.wav")).read_bytes() == data
    assert len(list(to.glob("*.wav"))) == len(
        json.loads(at.scripts("show", version, "--json").stdout)["content"]["prompts"]
    )
    author = at.scripts("play", version, "--to", to, token=at.people.ann)
    assert (author.returncode, "compliance" in author.stderr) == (1, True)


def test_a_prompt_swapped_in_the_cache_is_noticed_and_not_played(
    at: Office,
) -> None:
    version = at.submit()["version"]
    at.approve(version)
    assert at.dial().returncode == 0
    cached = sorted((at.folder / "var" / "prompts").glob("*.wav"))
    assert cached
    for file in cached:
        wav(file, frames=8000)
    assert at.check()["version"] == version
    dialled = at.dial()
    assert dialled.returncode == 0
    assert "the sounds that were approved are played" in dialled.stderr


def test_a_sound_changed_in_the_store_is_neither_approved_nor_said(at: Office) -> None:
    version = at.submit()["version"]
    database = at.folder / "var" / FILE
    with closing(sqlite3.connect(database)) as store, store:
        (kept,) = store.execute("SELECT sound FROM script_sounds LIMIT 1").fetchone()
        store.execute("UPDATE script_sounds SET sound = ?", (kept,))
    refused = at.approve(version)
    assert refused.returncode == 1
    assert "changed since it was submitted" in refused.stdout


def test_what_may_not_be_said_is_told_at_submission_and_stops_approval(at: Office) -> None:
    at.change("script.yaml", "We may record.", "I am your agent. No risk.")
    wav(at.folder / "bye.wav", frames=8000)
    at.change("script.yaml", "say: Goodbye.", "play: bye.wav")
    told = at.scripts("submit", at.campaign, token=at.people.ann)
    assert told.returncode == 0, told.stderr
    assert "3 findings; it cannot be approved" in told.stdout
    assert 'disclosure.recording: "No risk"' in told.stdout
    assert "nodes.goodbye: " in told.stdout
    checked = at.check()
    rules = {finding["rule"] for finding in checked["findings"]}
    assert "prompt.words" in rules
    assert "finance.no-risk" in rules
    refused = at.approve(checked["version"])
    assert refused.returncode == 1
    assert "No risk" in refused.stdout
    assert at.check()["state"] == "submitted"


def test_a_notice_that_takes_too_long_is_measured_and_not_approved(at: Office) -> None:
    long = "This is the robot of Example Bank of Example Town in the County of Example"
    at.change("script.yaml", "This is the robot of Example Bank", long)
    submitted = at.submit()
    assert [each["rule"] for each in submitted["findings"]] == ["notice.length"]
    assert at.approve(submitted["version"]).returncode == 1


def test_an_industry_of_no_list_is_a_fault(at: Office) -> None:
    at.change("campaign.yaml", "purpose:", "industry: fishing\npurpose:")
    done = at.scripts("submit", at.campaign, token=at.people.ann)
    assert done.returncode == 2
    assert "no list of wording is for it; there are education, finance, general" in done.stderr


def test_a_script_alone_is_the_same_version_as_its_campaigns(at: Office) -> None:
    script = at.folder / "script.yaml"
    bare = at.scripts("submit", script, token=at.people.ann)
    assert bare.returncode == 2
    assert "--purpose" in bare.stderr
    purpose = ("--purpose", "card-renewal", "--json")
    done = at.scripts("submit", script, *purpose, token=at.people.ann)
    assert json.loads(done.stdout)["version"] == at.check()["version"]


def test_what_was_submitted_is_recalled_or_rejected_with_a_reason(at: Office) -> None:
    version = at.submit()["version"]
    assert at.scripts("recall", version, token=at.people.ann).returncode == 0
    assert at.check()["state"] == "draft"
    at.submit()
    without = at.scripts("reject", version, "--why", " ", token=at.people.bob)
    assert without.returncode == 1
    assert "needs a reason" in without.stderr
    done = at.scripts("reject", version, "--why", "too pushy", token=at.people.bob)
    assert done.returncode == 0
    shown = at.scripts("show", version[:8])
    assert shown.returncode == 0, shown.stderr
    for word in ("rejected", "too pushy", "Goodbye.", "ann", "bob"):
        assert word in shown.stdout


def test_explain_shows_the_rule(at: Office) -> None:
    def verdict() -> dict[str, Any]:
        done = run("explain", "+861065590004", "-c", at.config, "--campaign", at.campaign, "--json")
        (told,) = json.loads(done.stdout)
        (rule,) = [each for each in told["rules"] if each["rule"] == "wording_approved"]
        found: dict[str, Any] = rule
        return found

    assert "never submitted" in verdict()["why"]
    at.approve(at.submit()["version"])
    assert verdict()["allows"] is True


def test_an_approval_withdrawn_while_a_campaign_runs_stops_it(tmp_path: Path) -> None:
    """On a lab's trunk, where words may be tried, but not those that somebody has rejected."""
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        called = busy(400)
        lines = [Carrier("carrier", carrier.port, channels=50, cps=5)]
        made = office(tmp_path, lines, called)
        version = made.submit()["version"]
        made.approve(version)
        with Run(made.config, made.campaign) as running:
            wait_for_invites(carrier, 5, limit=90)
            done = made.scripts("withdraw", version, "--why", "wrong fee", token=made.people.bob)
            withdrawn_at = datetime.now(UTC)
            assert done.returncode == 0, done.stderr
            code, _out, err = running.finish()
        assert code == 1
        assert "was rejected, or its approval was withdrawn" in err
        assert 5 <= invites_so_far(carrier) < len(called)
    calls, attempts = records(made.folder / "var")
    assert {call.script_version for call in calls} == {version}
    assert max(attempt.committed_at for attempt in attempts) <= withdrawn_at


def test_what_people_hear_who_call_back_is_approved_as_well(at: Office) -> None:
    at.change("dialer.yaml", "channels: 0", "language: en")
    told = at.submit()
    back = told["callback"]
    assert (back["script"], back["state"], back["findings"]) == ("callback words", "submitted", [])
    assert at.approve(told["version"]).returncode == 0
    refused = at.dial()
    assert refused.returncode == 1
    assert f"dialer scripts approve {back['version'][:12]}" in refused.stderr
    assert at.approve(back["version"]).returncode == 0
    assert at.dial().returncode == 0

    at.change("dialer.yaml", "language: en", "goodbye: {say: Bye for now.}\n  language: en")
    assert "callback: these words were never submitted" in at.dial().stderr
    config = at.folder / "dialer.yaml"
    again = json.loads(at.scripts("submit", config, "--json", token=at.people.ann).stdout)
    assert (again["script"], again["authors"]) == ("callback words", ["ann"])
    assert at.approve(again["version"]).returncode == 0
    assert at.dial().returncode == 0
    at.scripts("withdraw", again["version"], "--why", "wrong", token=at.people.bob)
    assert "approval was withdrawn" in at.dial().stderr


def test_words_of_callback_are_inspected_like_a_script_s(at: Office) -> None:
    at.change(
        "dialer.yaml",
        "channels: 0",
        "language: en\n  identity: {say: 'I am your agent.'}\n  choice: {say: 'Press 2 to stop.'}\n"
        "  purposes: {card-renewal: 'a card. No risk'}",
    )
    back = at.submit()["callback"]
    rules = {(each["where"], each["rule"]) for each in back["findings"]}
    assert ("disclosure.identity", "notice.operator") in rules
    assert ("disclosure.opt_out", "notice.key") in rules
    assert ("nodes.purpose.card-renewal", "callback.purpose") in rules
    assert at.approve(back["version"]).returncode == 1
