"""Lists of wording: those shipped, and one's own, which add and never take away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialer.core.dialog.spelling import signs_of
from dialer.core.dialog.wording import inspect_words
from dialer.demo.files import SCRIPT
from dialer.errors import InputError
from dialer.files.wording import SHIPPED, gather_wording, read_wording
from tests.support.inputs import short

PAGE = Path(__file__).resolve().parents[3] / "docs" / "wording.md"

OWN = """\
industry: games
banned:
  - id: games.jackpot
    language: en
    phrases: [jackpot]
    unless: [no jackpot]
    why: It lures.
    instead: Say what can be won.
"""
FRENCH = """\
industry: general
robot_words:
  - {id: own.robot-fr, languages: [fr], words: [robot, automate], why: a, instead: b}
"""


def faults(tmp_path: Path, *texts: str) -> list[str]:
    paths = [tmp_path / f"own{number}.yaml" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    book, found = gather_wording(paths)
    assert (book is None) is bool(found)
    return [short(fault) for fault in found]


def test_the_shipped_lists_are_whole() -> None:
    book = read_wording()
    assert set(book.bans) == {"general", "finance", "education"}
    for industry, bans in book.bans.items():
        assert {ban.language for ban in bans} == {"en", "zh"}, industry
        assert all(ban.id.partition(".")[0] in {industry, "disguise"} for ban in bans)
    assert {claim.language for claim in book.claims} == {"en", "zh"}
    assert {language for each in book.robot_words for language in each.languages} >= {"en", "zh"}


def test_no_shipped_phrase_is_listed_twice_in_an_entry() -> None:
    book = read_wording()
    for ban in book.bans_for(None):
        folded = [signs_of(phrase) + "%" * ("<percent>" in phrase) for phrase in ban.phrases]
        assert sorted(folded) == sorted(set(folded)), ban.id


def test_every_shipped_phrase_is_found_where_it_stands_alone() -> None:
    book = read_wording()
    for ban in book.bans_for(None):
        for phrase in ban.phrases:
            said = phrase.replace("<percent>", "8%")
            found = {finding.rule for finding in inspect_words(book, None, said)}
            assert ban.id in found, (ban.id, phrase)


def test_every_shipped_exception_is_innocent_of_its_entry() -> None:
    book = read_wording()
    for ban in book.bans_for(None):
        for phrase in ban.unless:
            said = phrase.replace("<percent>", "8%")
            found = {finding.rule for finding in inspect_words(book, None, said)}
            assert ban.id not in found, (ban.id, phrase)


def test_what_findings_tell_to_say_instead_of_posing_is_good_itself() -> None:
    book = read_wording()
    for words in (
        "This is the automated assistant of Example Bank",
        "我是某某银行的智能语音机器人",
        "接下来由专员为您服务",
        "press 0 for an agent",
    ):
        assert inspect_words(book, None, words) == []


def test_own_lists_add(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN + FRENCH.partition("\n")[2], encoding="utf-8")
    shipped, book = read_wording(), read_wording([path])
    assert book.bans["games"][0].phrases == ("jackpot",)
    for industry, bans in shipped.bans.items():
        assert book.bans[industry] == bans
    assert book.claims == shipped.claims
    assert book.robot_words[:-1] == shipped.robot_words
    assert [each.rule for each in inspect_words(book, "games", "A jackpot!")] == ["games.jackpot"]
    assert inspect_words(book, "finance", "A jackpot!") == []


@pytest.mark.parametrize(
    "old,new,told",
    [
        ("games.jackpot", "finance.no-risk", "own0.yaml:3: banned[0].id: finance.no-risk is taken"),
        ("[jackpot]", "[]", "own0.yaml:5: banned[0].phrases: needs at least 1 of them"),
        ("[jackpot]", "[j]", "own0.yaml:5: banned[0].phrases[0]: needs 2 letters or more"),
        ("[jackpot]", '[jackpot, "..."]', "banned[0].phrases[1]: needs 2 letters or more"),
        ("[jackpot]", '["<percent>", jackpot]', "banned[0].phrases[0]: needs 2 letters or more"),
        ("[no jackpot]", "[no prize]", "own0.yaml:6: banned[0].unless[0]: no prize holds none of"),
        ("[no jackpot]", "[jackpot]", "own0.yaml:6: banned[0].unless[0]: jackpot holds none of"),
        ("why: It lures.", "wy: It lures.", "banned[0].wy: unknown key; did you mean why?"),
        ("why: It lures.", "why: ''", "own0.yaml:7: banned[0].why: must not be empty"),
        ("language: en", "language: English", "own0.yaml:4: banned[0].language: must be a lang"),
        ("industry: games", "industrie: games", "own0.yaml:1: industry: is missing"),
        ("banned:", "baned:", "own0.yaml:2: baned: unknown key; did you mean banned?"),
    ],
)
def test_one_fault_in_plain_words(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in OWN
    found = faults(tmp_path, OWN.replace(old, new))
    assert any(told in each for each in found), found


def test_what_tells_a_robot_cannot_be_softened(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, FRENCH.replace("[fr]", "[fr, en]"))
    assert fault == (
        "own0.yaml:3: robot_words[0].languages[1]: what tells a robot in en is shipped, and cannot "
        "be softened"
    )


def test_faults_of_all_lists_come_together(tmp_path: Path) -> None:
    told = faults(tmp_path, OWN, OWN, "industry: games\n", "- a\n", OWN.replace("jackpot]", "\t"))
    assert [each.partition(": ")[0] for each in told] == [
        "own1.yaml:3",
        "own2.yaml:1",
        "own3.yaml:1",
        "own4.yaml:7",
    ]
    assert "games.jackpot is taken by" in told[0]
    assert "lists nothing" in told[1]


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml:0: file: no such file"):
        read_wording([tmp_path / "none.yaml"])


def test_the_page_on_wording_holds(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    sample = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert sample is not None
    path = tmp_path / "own.yaml"
    path.write_text(sample[1], encoding="utf-8")
    book = read_wording([path])
    table = page[page.index("| rejected | allowed |") :].partition("\n\n")[0].splitlines()[2:]
    assert len(table) > 5
    for line in table:
        refused, allowed = (cell.strip() for cell in line.strip("|").split("|"))
        assert inspect_words(book, None, refused), refused
        assert inspect_words(book, None, allowed) == [], allowed


def test_lists_that_were_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.files.wording.SHIPPED", tmp_path)
    with pytest.raises(InputError, match="the shipped lists are gone"):
        read_wording()


def test_the_lists_are_part_of_the_package() -> None:
    assert SHIPPED.name == "wording"
    assert (SHIPPED.parent / "__init__.py").exists()
    assert len(list(SHIPPED.glob("*.yaml"))) == 6


def test_the_samples_say_nothing_that_is_banned() -> None:
    book = read_wording()
    for part in (*SCRIPT["disclosure"].values(), *SCRIPT["nodes"].values()):
        assert inspect_words(book, None, part["say"]) == []
