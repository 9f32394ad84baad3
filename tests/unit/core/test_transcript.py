from __future__ import annotations

from audio.events import (
    DtmfReceived,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechStarted,
    WordsHeard,
)
from dialer.core.calls.summary import summary
from dialer.core.calls.transcript import (
    MOST_LINES,
    MOST_SIGNS,
    Speaker,
    SpokenLine,
    Transcript,
    packed,
    unpacked,
)

US, THEM = Speaker.DIALER, Speaker.CALLEE


def words(at: float, text: str, *, final: bool = True) -> WordsHeard:
    return WordsHeard(1, at + 0.4, at, text, final)


def taken(*, keeps: bool = True) -> Transcript:
    made = Transcript(lambda key: f"<{key}>")
    made.keeps_words_from = 100.5 if keeps else None
    made.plays(0, ["identity", "opt_out"])
    made.plays(1, ["offer"])
    made.heard(PlaybackStarted(1, 100.0, 0))
    made.answered(100.0)
    made.heard(ItemPlayed(1, 102.5, 0, 0))
    made.heard(words(101.0, " who is it? "))
    made.heard(ItemPlayed(1, 104.0, 0, 1))
    made.heard(PlaybackDone(1, 104.0, 0, 0, completed=True))
    made.heard(PlaybackStarted(1, 104.1, 1))
    made.heard(SpeechStarted(1, 105.3, 105.0))
    made.heard(PlaybackDone(1, 105.4, 1, 0, completed=False))
    made.heard(words(105.0, "yes pl", final=False))
    made.heard(words(105.0, "yes please"))
    made.heard(words(107.0, "  "))
    made.heard(DtmfReceived(1, 108.0, "2"))
    return made


def test_both_sides_stand_in_the_order_in_which_they_began() -> None:
    assert taken().lines == (
        SpokenLine(0.0, US, "<identity>", "identity"),
        SpokenLine(1.0, THEM, "who is it?"),
        SpokenLine(2.5, US, "<opt_out>", "opt_out"),
        SpokenLine(4.1, US, "<offer>", "offer", whole=False),
        SpokenLine(5.0, THEM, "yes please"),
        SpokenLine(8.0, THEM, "", "2"),
    )


def test_what_may_not_be_kept_is_never_written_down() -> None:
    assert [line.words for line in taken(keeps=False).lines if line.speaker is THEM] == [""] * 3
    told_later = taken(keeps=False)
    told_later.keeps_words_from = 110.0
    told_later.heard(words(109.9, "before"))
    told_later.heard(words(110.0, "after"))
    assert [line.words for line in told_later.lines][-2:] == ["", "after"]
    made = taken()
    made.erase_words()
    assert [line.words for line in made.lines if line.speaker is THEM] == [""] * 3
    assert made.lines[0].words == "<identity>"


def test_lines_come_back_as_they_were_and_are_bounded() -> None:
    made = taken()
    assert unpacked(packed(made.lines)) == made.lines
    assert packed(()) == ""
    assert unpacked("") == ()
    for at in range(2 * MOST_LINES):
        made.heard(words(200.0 + at, "x" * 2 * MOST_SIGNS))
    assert len(made.lines) == MOST_LINES
    assert max(len(line.words) for line in made.lines) == MOST_SIGNS


def test_a_summary_is_two_of_the_callees_own_sentences() -> None:
    lines = [
        SpokenLine(1, THEM, "Hello? Um."),
        SpokenLine(2, US, "We would like to send you a new card, and many other words besides."),
        SpokenLine(3, THEM, "I moved to Leeds in June. Well, ok."),
        SpokenLine(4, THEM, "I moved to Leeds in June."),
        SpokenLine(5, THEM, "please call my wife on Thursday instead"),
    ]
    assert summary(lines) == "I moved to Leeds in June. please call my wife on Thursday instead"
    assert summary([SpokenLine(1, THEM, "喂。嗯。我星期四有空。")]) == "我星期四有空。"
    assert summary([SpokenLine(1, THEM, "", "2"), SpokenLine(2, THEM, "um")]) == ""
