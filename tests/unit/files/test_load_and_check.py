"""A campaign with all its files; and `dialer check`, which knows a file by what is in it."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from dialer.config import load_config
from dialer.core.values.number import E164
from dialer.errors import InputError
from dialer.files import Checked, check_files, load_campaign, load_run
from tests.support.inputs import HEADER, NOW, Inputs, short, told, wav

EXAMPLES = Path(__file__).resolve().parents[3] / "deploy" / "examples"


def faults(inputs: Inputs) -> list[str]:
    """What `dialer run` says."""
    with pytest.raises(InputError) as refused:
        load_run(inputs.campaign, inputs.config, now=NOW)
    return [short(fault) for fault in refused.value.faults]


def test_a_campaign_comes_with_all_it_names(inputs: Inputs) -> None:
    loaded = load_campaign(inputs.campaign, load_config(inputs.config, now=NOW), now=NOW)
    assert loaded.campaign.concurrency == 60
    assert loaded.script.name == "renewal"
    assert loaded.script_folder == inputs.folder
    assert loaded.contacts.rows == 2
    assert loaded.record.caller_id == E164("+442079460000")
    assert loaded.record.contacts_digest == hashlib.sha256(inputs.contacts.read_bytes()).hexdigest()
    assert loaded.record.script_digest == hashlib.sha256(inputs.script.read_bytes()).hexdigest()
    assert [dict(row.variables) for row in loaded.rows()] == [{"card": "4417"}, {"card": "9020"}]


def test_variables_that_the_script_does_not_name_are_left_out(inputs: Inputs) -> None:
    inputs.spoil(inputs.contacts, ",card\n", ",card,income\n")
    inputs.spoil(inputs.contacts, ",4417\n", ",4417,12000\n")
    inputs.spoil(inputs.contacts, ",9020\n", ",9020,9000\n")
    _, loaded = load_run(inputs.campaign, inputs.config, now=NOW)
    assert {name for row in loaded.rows() for name in row.variables} == {"card"}


def test_the_faults_of_all_four_files_come_together(inputs: Inputs) -> None:
    inputs.spoil(inputs.config, "cps: 20", "cps: fast")
    inputs.spoil(inputs.campaign, "concurrency: 60", "concurrency: 0")
    inputs.spoil(inputs.script, "go: done}", "go: gone}")
    inputs.spoil(inputs.contacts, "+447700900002", "447700900002")
    expected = [
        "campaign.yaml:6: concurrency: must be at least 1",
        "contacts.csv:3: number: write it with + and country code (E.164)",
        "dialer.yaml:11: trunks[0].cps: a number is wanted",
        "script.yaml:13: nodes.offer.on[0].go: unknown node 'gone'",
    ]
    assert faults(inputs) == expected
    assert inputs.faults() == expected
    assert inputs.faults(inputs.campaign, inputs.config) == expected


@pytest.mark.parametrize(
    "old,new,fault",
    [
        ('"+442079460000"', '"+442079460001"', "4: caller_id: is not among the numbers of any"),
        ('"+442079460000"', "withheld", "4: caller_id: write it with + and country code"),
        ("purpose: card-renewal\n", "", "1: purpose: is missing"),
        ("purpose: card-renewal", "purpose: loans", "2: consent_purpose: does not cover the"),
        ("concurrency: 60", "concurrency: 60\ncuncurrency: 6", "7: cuncurrency: unknown key; did"),
        ("script: script.yaml", "script: none.yaml", "3: script: no such file: "),
        ("concurrency: 60", "concurrency: 60\ngrades: no.yaml", "7: grades: no such file: "),
        ("contacts: contacts.csv", "contacts: none.csv", "5: contacts: no such file: "),
        ("contacts: contacts.csv", 'contacts: "a\\0b"', "5: contacts: a path is wanted"),
        ("name: card-renewal", "name: a/b", "1: name: must be a word of letters"),
        ("concurrency: 60", "concurrency: 60\nencoding: big5", "7: encoding: must be 'utf-8' or"),
    ],
)
def test_a_campaign_that_will_not_do(inputs: Inputs, old: str, new: str, fault: str) -> None:
    inputs.spoil(inputs.campaign, old, new)
    found = faults(inputs)
    assert any(fault in each for each in found), found


def test_a_caller_id_whose_proof_has_run_out(inputs: Inputs) -> None:
    inputs.spoil(inputs.config, "expires: 2027-06-30", "expires: 2026-11-21")
    assert faults(inputs) == [
        "campaign.yaml:4: caller_id: its proof has expired on carrier-a",
    ]


def test_a_column_that_the_script_names_must_be_there(inputs: Inputs) -> None:
    inputs.spoil(inputs.contacts, ",card\n", ",kard\n")
    assert faults(inputs) == [
        "script.yaml:10: nodes.offer.say: {card} is not a column of the contacts file"
    ]


def test_a_prompt_may_have_another_rate_than_the_configuration(inputs: Inputs) -> None:
    path = wav(inputs.folder / "bye.wav", rate=16000)
    inputs.spoil(inputs.script, 'say: "Goodbye."', "play: bye.wav")
    assert inputs.faults(inputs.campaign) == []
    assert inputs.faults() == []
    path.write_bytes(path.read_bytes()[:-1])
    assert "is cut off" in faults(inputs)[0]


def test_gb18030_contacts_of_a_campaign_that_says_so(inputs: Inputs) -> None:
    text = inputs.contacts.read_text().replace("web form", "网页")
    inputs.contacts.write_bytes(text.encode("gb18030"))
    assert "may be GB18030" in faults(inputs)[0]
    inputs.spoil(inputs.campaign, "concurrency: 60", "concurrency: 60\nencoding: gb18030")
    _, loaded = load_run(inputs.campaign, inputs.config, now=NOW)
    assert next(loaded.rows()).consent_source == "网页"
    # Checked under their own name they are not asked for as such, but the campaign speaks for them.
    assert inputs.faults() == []


def test_a_folder_elsewhere_makes_no_difference(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    load_run(inputs.campaign, inputs.config, now=NOW)
    monkeypatch.chdir(inputs.folder)
    config, loaded = load_run(Path("campaign.yaml"), Path("dialer.yaml"), now=NOW)
    assert config.data_dir == Path("var")
    assert loaded.contacts.rows == 2


def test_the_samples_of_deploy_are_without_fault() -> None:
    files = sorted(path for path in EXAMPLES.iterdir() if path.suffix in {".yaml", ".csv"})
    assert {checked.kind for checked in check_files(files, now=NOW)} == {
        "config",
        "campaign",
        "script",
        "contacts",
    }


def test_a_file_is_known_by_what_is_in_it(inputs: Inputs) -> None:
    names = {
        "a": inputs.config,
        "b": inputs.campaign,
        "c": inputs.script,
        "d": inputs.contacts,
    }
    # China's calendar ends soon, which is a notice (test_days_off.py).
    with inputs.config.open("a", encoding="utf-8") as config:
        config.write("compliance: {jurisdiction: US}\n")
    for name, path in names.items():
        shutil.copy(path, inputs.folder / name)
    found = check_files([inputs.folder / name for name in names], now=NOW)
    assert found == (
        Checked(inputs.folder / "a", "config"),
        Checked(inputs.folder / "b", "campaign"),
        Checked(inputs.folder / "c", "script"),
        Checked(inputs.folder / "d", "contacts"),
    )


@pytest.mark.parametrize(
    "content,told_of",
    [
        (b"", "1: file: is neither a configuration, a campaign, a script, contacts nor days off"),
        (b"just words\n", "1: file: is neither a configuration"),
        (b"- a\n- b\n", "1: file: is neither a configuration"),
        (b"a: 1\n", "1: file: is neither a configuration"),
        (b"name: x\n", "1: file: is neither a configuration"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "1: file: control character U+007F"),
    ],
)
def test_a_file_that_is_nothing_of_ours(inputs: Inputs, content: bytes, told_of: str) -> None:
    path = inputs.folder / "thing"
    path.write_bytes(content)
    (fault,) = told([path])
    assert fault.startswith(f"thing:{told_of}")


def test_one_fault_is_told_once_however_often_its_file_is_named(inputs: Inputs) -> None:
    inputs.spoil(inputs.script, "go: done}", "go: gone}")
    assert len(told([*inputs.all, *inputs.all])) == 1


def test_a_hundred_megabytes_of_anything_are_refused_at_once(inputs: Inputs) -> None:
    for path in inputs.all:
        path.write_bytes(b"")
        os.truncate(path, 100_000_000)
    large = "is 100.0 MB and has no header of a contacts file; a YAML file has at most 1 MB"
    wide = "looks like UTF-16 without a mark (every other byte is 00); save it as UTF-8"
    assert inputs.faults() == [
        f"campaign.yaml:0: file: {large}",
        f"contacts.csv:1: file: {wide}",
        f"dialer.yaml:0: file: {large}",
        f"script.yaml:0: file: {large}",
    ]
    assert {each.partition(":")[0] for each in faults(inputs)} == {"campaign.yaml", "dialer.yaml"}


def test_contacts_checked_alone_need_no_purpose(inputs: Inputs) -> None:
    assert inputs.faults(inputs.contacts) == []
    inputs.contacts.write_text(HEADER)
    assert inputs.faults(inputs.contacts) == ["contacts.csv:1: file: holds no contact"]


def test_what_would_be_said_to_each_contact_is_inspected(inputs: Inputs) -> None:
    inputs.spoil(inputs.script, "{card} expires.", "{card} expires, I am {by}.")
    inputs.spoil(inputs.contacts, ",card\n", ",card,by\n")
    inputs.spoil(inputs.contacts, ",4417\n", ',4417,"Ann, your agent"\n')
    inputs.spoil(inputs.contacts, ",9020\n", ",9020. There is no more,the robot\n")
    agent, sentence = faults(inputs)
    assert agent.startswith("contacts.csv:2: by: makes the opening say what may not be said")
    assert "disguise" in agent
    assert sentence.startswith("contacts.csv:3: card: has ., which ends a sentence")


def test_values_keep_to_the_bounds_that_the_script_gives(inputs: Inputs) -> None:
    inputs.spoil(
        inputs.script, "start: offer", 'variables: {card: {pattern: "[0-9]{4}"}}\nstart: offer'
    )
    assert load_run(inputs.campaign, inputs.config, now=NOW)[1].contacts.rows == 2
    inputs.spoil(inputs.contacts, ",4417\n", ",44 17\n")
    (fault,) = faults(inputs)
    assert fault == "contacts.csv:2: card: is not of the pattern that the script's variables: name"
    inputs.spoil(inputs.script, "[0-9]{4}", "([0-9]+)+")
    (slow, *_) = faults(inputs)
    assert "script.yaml" in slow
    assert "may not repeat a group" in slow


@pytest.mark.parametrize(
    "text,fault",
    [
        ("rules: []", "1: rules: needs at least 1"),
        ("rules: [{grade: S}]", "1: rules[0].grade: must be 'A', 'B', 'C', 'D', 'E' or 'F'"),
        ("rules:\n- {grade: A, talks: 3s}", "2: rules[0].talks: unknown key; did you mean"),
        ("rules:\n- {grade: A}\n- {grade: B}", "2: rules[0]: fits every call, so that no rule"),
        ("rules:\n- {grade: A, turns: 0}", "2: rules[0].turns: must be at least 1"),
    ],
)
def test_grades_that_will_not_do(inputs: Inputs, text: str, fault: str) -> None:
    (inputs.folder / "grades.yaml").write_text(text)
    inputs.spoil(inputs.campaign, "concurrency: 60", "concurrency: 60\ngrades: grades.yaml")
    (found,) = faults(inputs)
    assert found.startswith(f"grades.yaml:{fault}")


def test_a_campaign_grades_by_its_own_rules(inputs: Inputs) -> None:
    (inputs.folder / "grades.yaml").write_text("rules: [{grade: C, nodes: [offer], talk: 5s}]")
    inputs.spoil(inputs.campaign, "concurrency: 60", "concurrency: 60\ngrades: grades.yaml")
    _, loaded = load_run(inputs.campaign, inputs.config, now=NOW)
    (rule,) = loaded.grades
    assert (rule.grade.value, rule.nodes, rule.talk) == ("C", {"offer"}, 5.0)
