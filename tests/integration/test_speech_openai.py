"""The recogniser behind HTTP, against a server of ours that recognises."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audio.events import SpeechEnded, WordsHeard
from audio.prompts import Samples
from audio.speech.openai import OpenAiRecogniser, OpenAiSettings
from audio.speech.recogniser import Came, Understood, Wanted
from dialer.sip.line import SipLine
from dialer.sip.media import Media
from dialer.sip.settings import TrunkSettings
from tests.support.line import CALLER, SETTINGS, Listener, order
from tests.support.rtp import RtpPeer
from tests.support.sipp import free_rtp_port
from tests.support.transcriber import Transcriber
from tests.support.uas import Uas, sdp
from tests.support.waiting import until

ENGLISH = Wanted("en-GB", ("yes please",))
NOISE = np.random.default_rng(3).normal(0, 3000, 8000).astype(np.int16)


def recognised(
    server: Transcriber, sound: Samples, wanted: Wanted = ENGLISH, within: float = 1.4
) -> tuple[Understood, OpenAiRecogniser]:
    made = OpenAiRecogniser(OpenAiSettings(server.url, key="k", within=within))
    results: list[Understood] = []
    stream = made.open(wanted, 8000, results.append)
    for at in range(0, len(sound), 160):
        stream.feed(sound[at : at + 160].tobytes())
    stream.end()
    began = time.monotonic()
    while not results and time.monotonic() < began + 5:
        time.sleep(0.01)
    made.close()
    (result,) = results
    return result, made


@pytest.mark.parametrize("phrase", ["please stop calling me", "yes please", "who is speaking"])
def test_words_come_of_a_voice(tmp_path: Path, phrase: str) -> None:
    with Transcriber(tmp_path) as server:
        result, made = recognised(server, server.said(phrase))
    assert result == Understood(phrase, Came.WORDS)
    (asked,) = server.asked
    assert asked == {
        "path": "/v1/audio/transcriptions",
        "model": "whisper-1",
        "language": "en",
        "response_format": "json",
        "temperature": "0",
    }
    assert server.heads[0]["Authorization"] == "Bearer k"
    assert made.figures.turns[Came.WORDS] == 1


def test_noise_and_silence_are_no_words(tmp_path: Path) -> None:
    with Transcriber(tmp_path) as server:
        assert recognised(server, NOISE)[0] == Understood("", Came.NOTHING)
        assert recognised(server, np.zeros(1600, np.int16))[0].came is Came.NOTHING


def test_chinese_is_told_what_is_expected(tmp_path: Path) -> None:
    with Transcriber(tmp_path) as server:
        recognised(server, NOISE, Wanted("zh-CN", ("需要", "不需要")))
    assert server.asked[0]["prompt"] == "需要, 不需要"


@pytest.mark.parametrize(
    "manner,came",
    [
        ("slow", Came.LATE),
        ("drips", Came.LATE),
        ("html", Came.FAILED),
        ("odd", Came.FAILED),
        ("list", Came.FAILED),
        ("500", Came.FAILED),
        ("huge", Came.FAILED),
        ("closes", Came.WORDS),
    ],
)
def test_a_server_that_misbehaves_costs_a_turn_and_no_time(
    tmp_path: Path, manner: str, came: Came
) -> None:
    with Transcriber(tmp_path, manner=manner) as server:
        began = time.monotonic()
        result, made = recognised(server, server.said("yes please"), within=1.0)
        assert result.came is came
        assert made.figures.turns[came] == 1
        assert (result.text == "") is (came is not Came.WORDS)
        assert time.monotonic() - began < 2.5


def test_a_server_that_is_away_costs_a_turn(tmp_path: Path) -> None:
    with Transcriber(tmp_path) as server:
        pass
    assert recognised(server, NOISE)[0].came is Came.FAILED


def test_a_connection_is_kept_and_made_anew_where_the_server_closed_it(tmp_path: Path) -> None:
    with Transcriber(tmp_path, manner="closes") as server:
        made = OpenAiRecogniser(OpenAiSettings(server.url, workers=1))
        results: list[Understood] = []
        for _ in range(3):
            stream = made.open(ENGLISH, 8000, results.append)
            stream.feed(server.said("yes please").tobytes())
            stream.end()
        made.close()
    assert [result.text for result in results] == ["yes please"] * 3


def test_more_turns_than_may_wait_are_answered_at_once(tmp_path: Path) -> None:
    with Transcriber(tmp_path, manner="slow") as server:
        made = OpenAiRecogniser(OpenAiSettings(server.url, within=0.5, workers=1, waiting=2))
        results: list[Understood] = []
        for _ in range(9):
            made.open(ENGLISH, 8000, results.append).end()
        assert [result.came for result in results] == [Came.FULL] * len(results)
        assert len(results) >= 6
        made.close()
    assert len(results) == 9
    assert {result.came for result in results} == {Came.FULL, Came.LATE}


async def test_a_callees_words_are_heard_on_a_call(tmp_path: Path) -> None:
    port = free_rtp_port()
    with Transcriber(tmp_path) as server:
        media = Media(8000, recogniser=OpenAiRecogniser(OpenAiSettings(server.url)))
        async with RtpPeer(port) as phone, Uas() as far:
            far.on["INVITE"] = lambda uas, request: uas.answer(request, sdp(port))
            trunk = TrunkSettings("t0", far.uri, frozenset({CALLER}))
            line, told = SipLine(SETTINGS, [trunk], media), Listener()
            await line.start(told)
            try:
                line.dial(replace(order(), listens=ENGLISH))
                await until(lambda: len(phone.heard) > 10)
                phone.talk(server.said("please stop calling me"))
                heard = await told.hears("a", WordsHeard, 10)
                assert (heard.text, heard.final) == ("please stop calling me", True)
                ended = await told.hears("a", SpeechEnded)
                assert ended.at <= heard.at < ended.at + 1.4
                line.end("a")
                await told.end_of("a")
            finally:
                await line.close()
