from __future__ import annotations

from dataclasses import replace

from dialer.core.dialog.drawing import as_dot, as_text
from dialer.core.dialog.script import Go, Intent, LongTalk, PlayFile, Refuse, Say, Silence
from tests.support.scripts import DONE, OFFER, script

NEVER = Intent("never", ("not interested",), None, Refuse())
FULL = replace(
    script(
        replace(
            OFFER,
            intents=(*OFFER.intents, NEVER),
            no_match=Silence("offer", 2),
            long_talk=LongTalk("done", 8.0),
        ),
        replace(DONE, says=PlayFile("done.wav")),
    ),
    answers={"robot": Say('I am a "robot".')},
)


def test_every_way_is_told() -> None:
    text = "\n".join(as_text(FULL))
    for line in (
        'asked for robot: I am a "robot".',
        "  yes (key 2, yes, sure) -> done",
        "  agent (key 0, agent) -> (transfer to sip:queue@pbx.example)",
        "  never (not interested) -> (no more calls)",
        "  silence, 1 at most -> offer",
        "  no match, 2 at most -> offer",
        "  long talk, after 8 s -> done",
        "  otherwise -> goodbye",
        "done (hangs up): done.wav",
    ):
        assert line in text
    assert "note" not in text


def test_words_that_mean_the_same_everywhere_are_noted() -> None:
    sly = Intent("yes", ("not interested", "mm"), None, Go("done"))
    text = "\n".join(as_text(script(replace(OFFER, intents=(sly,)), DONE)))
    assert "note: 'not interested' of yes is a refusal everywhere: use opt_out: true" in text
    assert "note: 'mm' of yes is never heard" in text


def test_graphviz_reads_it_whatever_is_said() -> None:
    said = replace(DONE, says=Say('He said "no" \\ and\nleft.'))
    graph = list(as_dot(script(OFFER, said)))
    assert graph[0] == "digraph script {"
    assert graph[-1] == "}"
    assert '  "done" [label="done\\nHe said \\"no\\" \\\\ and\\nleft.", style=rounded];' in graph
    assert all(line.replace('\\"', "").count('"') % 2 == 0 for line in graph)
