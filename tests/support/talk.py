"""A script that is talked through: a run and its clock, in the words of a conversation."""

from __future__ import annotations

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    ItemPlayed,
    PlaybackDone,
    SpeechEnded,
    SpeechStarted,
)
from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.dialog.script import Script
from dialer.core.dialog.script_commands import Play, RecordOptOut, ScriptCommand
from dialer.core.dialog.script_run import RINGING, ScriptRun
from dialer.core.values.events import DeadlinePassed, RefusalKept
from dialer.core.values.targets import Extension
from tests.support.scripts import renewal

DUCK, STOP, PROTECTED = BargeInPolicy.DUCK, BargeInPolicy.STOP, BargeInPolicy.PROTECTED


class Talk:
    """A run and its clock, in the words of a conversation."""

    def __init__(
        self, of: Script | None = None, within: float = SPOKEN_BY, *, records: bool = False
    ) -> None:
        self.run = ScriptRun(of or renewal(), within, records=records)
        self.now = 100.0
        assert self.run.answered(self.now) == ()

    def key(self, digit: str) -> tuple[ScriptCommand, ...]:
        return self.run.handle(DtmfReceived(1, self.now, digit), self.now)

    def item(self, item: int, play_id: int = 0) -> tuple[ScriptCommand, ...]:
        return self.run.handle(ItemPlayed(1, self.now, play_id, item), self.now)

    def kept(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(RefusalKept(), self.now)

    def played(self, play_id: int, *, completed: bool = True) -> tuple[ScriptCommand, ...]:
        if play_id == 0 and completed and self.run.notice_spoken is None:
            assert self.item(0) == ()
        return self.run.handle(PlaybackDone(1, self.now, play_id, 0, completed), self.now)

    def speech(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(SpeechStarted(1, self.now, self.now - 0.2), self.now)

    def quiet(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(SpeechEnded(1, self.now, 0.5), self.now)

    def barge_in(self, play_id: int) -> tuple[ScriptCommand, ...]:
        return self.run.handle(BargeIn(1, self.now, self.now - 0.2, play_id, 0), self.now)

    def time_out(self) -> tuple[ScriptCommand, ...]:
        deadline = self.run.next_deadline()
        assert deadline is not None
        self.now = deadline
        return self.run.handle(DeadlinePassed(), self.now)


def at_offer(policy: BargeInPolicy = STOP) -> Talk:
    talk = Talk(renewal(policy))
    assert talk.played(0) == (Play(1, (("nodes.offer", policy),)),)
    return talk


QUEUE = Extension("queue", "pbx.example")


def rings(play_id: int, *words: tuple[str, BargeInPolicy]) -> Play:
    return Play(play_id, (*words, *((RINGING, PROTECTED),) * 18))


def says(node: str, play_id: int, policy: BargeInPolicy = DUCK) -> tuple[Play]:
    return (Play(play_id, ((f"nodes.{node}", policy),)),)


GOODBYE = (RecordOptOut(), *says("goodbye", 1, PROTECTED))
