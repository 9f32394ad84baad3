from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from audio import synthesis
from audio.programs import FOUND, program
from audio.prompts import PromptMakingError, read_wav
from audio.synthesis import SYNTHETIC_LABEL, Synthesiser
from dialer.config.callback import Callback
from dialer.core.dialog.aloud import aloud
from dialer.core.dialog.script import Say

PINYIN = "cmn-latn-pinyin"
TEXT = "This is the automated assistant of Example Bank."


def level_db(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) / 32767))


def test_speech_starts_with_its_first_sound_and_ends_with_a_pause(tmp_path: Path) -> None:
    prompt = Synthesiser(8000, tmp_path).say(TEXT)
    loudest = int(np.abs(prompt.samples).max())
    assert np.abs(prompt.samples[:80]).max() > loudest / 300, "10 ms in, it is heard"
    assert not prompt.samples[-1200:].any()
    assert np.abs(prompt.samples[-1280:-1200]).max() > 0
    assert 10 ** (-25 / 20) < loudest / 32767 < 0.9
    assert level_db(prompt.samples) == pytest.approx(-21, abs=3)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_an_identity_notice_is_over_in_three_seconds(tmp_path: Path, rate: int) -> None:
    prompt = Synthesiser(rate, tmp_path).say(TEXT)
    assert prompt.rate == rate
    assert 2 < prompt.seconds < 3


def test_it_is_made_once_labelled_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Synthesiser(8000, tmp_path / "cache").say(TEXT)
    (kept,) = (tmp_path / "cache").iterdir()
    assert SYNTHETIC_LABEL.encode() in kept.read_bytes()
    assert np.array_equal(read_wav(kept, 8000).samples, first.samples)
    again = Synthesiser(8000, tmp_path / "cache")
    monkeypatch.setattr(again, "_speak", lambda *_: pytest.fail("spoken again"))
    assert np.array_equal(again.say(TEXT).samples, first.samples)


def test_a_damaged_file_of_the_cache_is_made_anew(tmp_path: Path) -> None:
    speaker = Synthesiser(8000, tmp_path)
    first = speaker.say("Goodbye.")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"RIFF damaged")
    assert np.array_equal(speaker.say("Goodbye.").samples, first.samples)
    assert np.array_equal(read_wav(kept, 8000).samples, first.samples)


def test_what_holds_personal_data_leaves_no_trace(tmp_path: Path) -> None:
    prompt = Synthesiser(8000, tmp_path).say("Good day, Mrs Example", keep=False)
    assert prompt.seconds > 0.5
    assert list(tmp_path.iterdir()) == []
    assert "Example" not in prompt.name


def test_text_language_and_rate_each_have_their_own_file(tmp_path: Path) -> None:
    narrow, wide = Synthesiser(8000, tmp_path), Synthesiser(16000, tmp_path)
    for speaker, text, language in [
        (narrow, "one", "en"),
        (narrow, "two", "en"),
        (narrow, "one", "de"),
        (wide, "one", "en"),
        (narrow, "one", "en"),
    ]:
        speaker.say(text, language)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    "language, voice",
    [
        ("en", "en-gb"),
        ("en-US", "en-us"),
        ("zh-CN", PINYIN),
        ("zh", PINYIN),
        ("cmn", PINYIN),
        ("de_AT", "de"),
    ],
)
def test_languages_find_their_voice(tmp_path: Path, language: str, voice: str) -> None:
    assert Synthesiser(8000, tmp_path).voice(language) == voice


NOTICES = {
    **Callback(language="zh-CN").utterances("示例银行"),
    "robot": Say("您好，这里是示例银行的智能语音机器人。"),  # noqa: RUF001 - Chinese commas
    "digits": Say(aloud("4417 0123 5689", "digits", "zh-CN")),
    "date": Say(aloud("2026-05-01", "date", "zh-CN")),
    "time": Say(aloud("20:05", "time", "zh-CN")),
    "money": Say(aloud("12345.06", "money CNY", "zh-CN")),
    "number": Say(aloud("-90,017.5%", "number", "zh-CN")),
}


@pytest.mark.parametrize("notice", list(NOTICES))
def test_a_chinese_voice_says_no_word_of_ours_in_english(tmp_path: Path, notice: str) -> None:
    said = NOTICES[notice]
    assert isinstance(said, Say)
    speaker = Synthesiser(8000, tmp_path)
    text = said.text.replace("{purpose}", "信用卡续期")
    assert "(en)" in speaker.phonemes(text, "cmn"), "by which a wrong voice is known"
    assert "(en)" not in speaker.phonemes(text, speaker.voice("zh-CN"))


def test_an_espeak_that_cannot_speak_chinese_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesis, "_INSTEAD", {})
    speaker = Synthesiser(8000, tmp_path)
    with pytest.raises(PromptMakingError, match=r"reads Chinese as English by its voice cmn; it"):
        speaker.say("您好", "zh-CN")
    assert speaker.voice("en") == "en-gb"


def test_a_number_is_read_as_the_script_says(tmp_path: Path) -> None:
    speaker = Synthesiser(8000, tmp_path)
    by_digit = speaker.phonemes(aloud("4417", "digits", "en"), "en-gb")
    assert by_digit == speaker.phonemes("four four one seven", "en-gb")
    assert "T'aUz@nd" in speaker.phonemes("4417", "en-gb"), "left to the voice, it is a count"


def test_chinese_is_spoken(tmp_path: Path) -> None:
    assert Synthesiser(8000, tmp_path).say("您好 我是示例银行的智能助手", "zh-CN").seconds > 2


@pytest.mark.parametrize(
    "text, language, wrong",
    [
        ("", "en", "no text"),
        (" \n\t ", "en", "no text"),
        ("...", "en", "no sound"),
        ("word " * 1000, "en", "too many"),
        ("hello", "tlh-x-none", "no voice for language"),
    ],
)
def test_what_cannot_be_said_is_an_error(
    tmp_path: Path, text: str, language: str, wrong: str
) -> None:
    with pytest.raises(PromptMakingError, match=wrong):
        Synthesiser(8000, tmp_path).say(text, language)
    assert list(tmp_path.iterdir()) == []


def test_phoneme_brackets_are_read_as_text(tmp_path: Path) -> None:
    speaker = Synthesiser(8000, tmp_path)
    assert speaker.say("[[h@l'oU]]").seconds != speaker.say("hello").seconds


def fake_program(folder: Path, body: str) -> None:
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
    path.chmod(0o755)


def found_at(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As if set-up had found espeak-ng in `folder`."""
    told = folder / "environment"
    told.mkdir()
    (told / FOUND).write_text(json.dumps({"espeak-ng": str(folder / "espeak-ng")}))
    monkeypatch.setattr(sys, "prefix", str(told))


def test_another_espeak_first_in_path_is_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(tmp_path, "echo called >&2; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ESPEAK_DATA_PATH", str(tmp_path))
    assert Synthesiser(8000, tmp_path / "cache").say("hello").seconds > 0


def test_an_espeak_that_others_may_write_to_is_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(tmp_path, "exit 3")
    (tmp_path / "espeak-ng").chmod(0o777)
    found_at(monkeypatch, tmp_path)
    with pytest.raises(PromptMakingError, match="chmod go-w"):
        Synthesiser(8000, tmp_path / "cache").say("hello")


@pytest.mark.parametrize("told", ["", "[]", "{}", '{"espeak-ng": "espeak-ng"}'])
def test_without_a_path_from_set_up_debian_s_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    (tmp_path / FOUND).write_text(told)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert program("espeak-ng", "espeak-ng") == Path("/usr/bin/espeak-ng")


def test_a_missing_espeak_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_at(monkeypatch, tmp_path)
    with pytest.raises(PromptMakingError, match=r"not installed .*espeak-ng"):
        Synthesiser(8000, tmp_path).say("hello")


@pytest.mark.parametrize(
    "body, wrong",
    [
        ("echo broken voice data >&2; exit 3", "espeak-ng failed: broken voice data"),
        ("exec sleep 30", "took over 0.5 s"),
        (
            'case "$1" in --voices) printf "Pty\\n5 en --/M E gmw/en\\n";; *) echo 1.2;; esac',
            "gave no sound",
        ),
    ],
)
def test_a_broken_espeak_is_bounded_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, wrong: str
) -> None:
    fake_program(tmp_path, body)
    found_at(monkeypatch, tmp_path)
    with pytest.raises(PromptMakingError, match=wrong):
        Synthesiser(8000, tmp_path / "cache", timeout=0.5).say("hello")


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(PromptMakingError, match="cannot be kept"):
        Synthesiser(8000, in_the_way / "cache").say("hello")


def test_the_hash_knows_how_prompts_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Synthesiser(8000, tmp_path)
    speaker.say("one")
    monkeypatch.setattr(synthesis, "_MAKING", synthesis._MAKING + 1)
    speaker.say("one")
    assert len(list(tmp_path.iterdir())) == 2
