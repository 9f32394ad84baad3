"""The prompts of a script, made by the real espeak-ng."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dialer.core.dialog.script import PlayFile, Say, Script, utterances
from dialer.core.dialog.script_version import RecordedPrompt, SpokenPrompt
from dialer.errors import PromptError
from dialer.prompts.book import PromptBook
from tests.support.inputs import wav
from tests.support.scripts import DISCLOSURE, DONE, OFFER, renewal, script


@pytest.fixture
def books(tmp_path: Path) -> Iterator[list[PromptBook]]:
    """Those to be closed at the end."""
    made: list[PromptBook] = []
    yield made
    for book in made:
        book.close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "prompts"


def plain() -> Script:
    """No words in it are anybody's own."""
    return script(replace(OFFER, says=Say("Shall we renew your card?")), DONE)


def kept(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()}


async def test_what_is_the_same_for_everyone_is_made_once(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    book = PromptBook(plain(), tmp_path, cache, 8000)
    books.append(book)
    steps: list[tuple[int, int]] = []
    await book.make(lambda made, of: steps.append((made, of)))
    keys = list(utterances(plain()))
    assert list(book.static) == keys
    assert steps == [(made, len(keys)) for made in range(len(keys) + 1)]
    assert len(kept(cache)) == len(keys)
    say = await book.for_contact({"name": "Somebody"})
    other = await book.for_contact({})
    assert all(say(key) is other(key) is book.static[key] for key in keys)
    assert all(say(key).seconds > 0.2 for key in keys)


async def test_a_contacts_own_words_are_spoken_for_it_alone_and_not_kept(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    book = PromptBook(renewal(), tmp_path, cache, 8000)
    books.append(book)
    await book.make()
    assert "nodes.offer" not in book.static
    before = kept(cache)
    ann = await book.for_contact({"name": "Ann"})
    maximilian = await book.for_contact({"name": "Maximilian Featherstonehaugh"})
    assert kept(cache) == before, "a contact's name has been written to disk"
    assert ann("nodes.offer").seconds < maximilian("nodes.offer").seconds
    assert ann("nodes.done") is maximilian("nodes.done") is book.static["nodes.done"]
    assert "Ann" not in ann("nodes.offer").name


async def test_recorded_prompts_are_read_from_the_scripts_folder(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    wav(tmp_path / "offer.wav", frames=4000)
    recorded = script(replace(OFFER, says=PlayFile("offer.wav")), DONE)
    book = PromptBook(recorded, tmp_path, cache, 8000)
    books.append(book)
    await book.make()
    assert len(book.static["nodes.offer"].samples) == 4000


async def test_what_is_played_is_what_its_approval_names(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    thanks = replace(DONE, says=PlayFile("thanks.wav", "Thank you."))
    recording = wav(tmp_path / "thanks.wav", frames=4000).read_bytes()
    book = PromptBook(script(OFFER, thanks), tmp_path, cache, 8000)
    books.append(book)
    assert book.contents == {}
    await book.make()
    assert book.contents["nodes.done"] == RecordedPrompt.of(recording, "Thank you.")
    offer, identity = book.contents["nodes.offer"], book.contents["disclosure.identity"]
    assert isinstance(offer, SpokenPrompt)
    assert isinstance(identity, SpokenPrompt)
    assert (offer.text, offer.language) == ("Shall we renew your card, {name}?", "en")
    assert offer.voice == identity.voice != ""
    assert book.contents.keys() == utterances(script(OFFER, thanks)).keys()


@pytest.mark.parametrize(
    "file,what",
    [("none.wav", "cannot be read"), ("half.wav", "is cut off"), ("noise.wav", "not a")],
)
async def test_a_prompt_that_cannot_be_read_is_named(
    tmp_path: Path, cache: Path, books: list[PromptBook], file: str, what: str
) -> None:
    half = wav(tmp_path / "half.wav")
    half.write_bytes(half.read_bytes()[:100])
    (tmp_path / "noise.wav").write_bytes(b"RIFF....")
    book = PromptBook(script(replace(OFFER, says=PlayFile(file)), DONE), tmp_path, cache, 8000)
    books.append(book)
    with pytest.raises(PromptError, match=rf"^prompt nodes\.offer: .*{what}"):
        await book.make()


async def test_a_language_without_a_voice_is_said(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    book = PromptBook(replace(plain(), language="tlh-x"), tmp_path, cache, 8000)
    books.append(book)
    with pytest.raises(PromptError, match=r"prompt disclosure\.identity: .*tlh-x"):
        await book.make()


async def test_a_fault_in_a_contacts_words_does_not_tell_them(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    book = PromptBook(renewal(), tmp_path, cache, 8000)
    books.append(book)
    await book.make()
    with pytest.raises(PromptError, match=r"prompt nodes\.offer: ") as caught:
        await book.for_contact({"name": "Featherstonehaugh " * 500})
    assert "Feather" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_notice_that_takes_too_long_is_refused_as_a_whole_or_for_one_contact(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    long = "This is the automated assistant of the Example Bank of Example Town and Country."
    common = replace(plain(), disclosure=replace(DISCLOSURE, identity=Say(long)))
    own = replace(plain(), disclosure=replace(DISCLOSURE, identity=Say("We are {name}.")))
    books += [PromptBook(each, tmp_path, cache, 8000) for each in (common, own)]
    with pytest.raises(PromptError, match=r"2\.9 s at most"):
        await books[0].make()
    await books[1].make()
    await books[1].for_contact({"name": "Example Bank"})
    with pytest.raises(PromptError, match=r"2\.9 s at most"):
        await books[1].for_contact({"name": long})


async def test_what_is_played_is_what_was_approved_whatever_lies_in_the_cache(
    tmp_path: Path, cache: Path, books: list[PromptBook]
) -> None:
    approved = PromptBook(plain(), tmp_path, cache, 8000)
    books.append(approved)
    await approved.make()
    sounds = approved.sounds()
    assert {each.sound for each in approved.contents.values()} == set(sounds)
    for name in kept(cache):
        wav(cache / name, frames=8000)
    swapped = PromptBook(plain(), tmp_path, cache, 8000)
    books.append(swapped)
    await swapped.make()
    assert swapped.contents != approved.contents
    swapped.play_instead(approved.contents, sounds)
    assert swapped.contents == approved.contents
    for key, prompt in approved.static.items():
        assert np.array_equal(swapped.static[key].samples, prompt.samples)


@pytest.mark.parametrize("missing", [True, False])
async def test_a_sound_that_is_not_the_one_approved_is_not_played(
    tmp_path: Path, cache: Path, books: list[PromptBook], missing: bool
) -> None:
    book = PromptBook(plain(), tmp_path, cache, 8000)
    books.append(book)
    await book.make()
    sounds = book.sounds()
    name, another, *_ = sorted(sounds)
    other = {**sounds, name: sounds[another]}
    del sounds[name]
    with pytest.raises(PromptError, match="not kept, or was changed"):
        book.play_instead(dict(book.contents), sounds if missing else other)
