"""A machine that answers from a list, and a step that only remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.setup.shell import NOT_FOUND, Result

Answer = Result | Callable[[Sequence[str]], Result]


@dataclass
class FakeShell:
    """Answers a command by the longest known prefix of its words; unknown programs are missing.

    What `run` starts writes its answer's text to the log, line by line.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    programs: set[str] = field(default_factory=set)
    started: list[list[str]] = field(default_factory=list)

    def ask(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        self.started.append(list(argv))
        line = " ".join(argv)
        for prefix in sorted(self.answers, key=len, reverse=True):
            if line.startswith(prefix):
                answer = self.answers[prefix]
                return answer if isinstance(answer, Result) else answer(argv)
        return Result(NOT_FOUND, "not found")

    def run(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        own_session: bool = True,
    ) -> int:
        result = self.ask(argv, env=env, cwd=cwd)
        with log.open("a", encoding="utf-8") as out:
            for line in result.out.splitlines():
                out.write(line + "\n")
                if on_line is not None:
                    on_line(line)
        return result.code

    def converse(self, argv: Sequence[str]) -> int:
        return self.ask(argv).code

    def find(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if program in self.programs else None

    def started_with(self, prefix: str) -> list[str]:
        return [line for line in map(" ".join, self.started) if line.startswith(prefix)]


@dataclass
class FakeStep:
    """Stands where a progress.Step stands."""

    phases: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    state: str = "ok"

    def doing(self, what: str) -> None:
        self.phases.append(what)

    def done(self, state: str) -> None:
        self.state = state

    def say(self, text: str) -> None:
        self.said.append(text)
