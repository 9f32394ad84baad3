"""What a run shows, on a terminal and elsewhere."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from dialer.calls.observer import Figures
from dialer.campaigns.run import Summary
from dialer.cli import view
from dialer.cli.json_keys import KEYS, OLD_NAMES, with_old_names
from dialer.cli.view import LiveLine, PlainLines, as_json, print_summary, view_of
from dialer.core.calls.campaign import CARRIER_FAULTS, NO_TRUNK_UP, CampaignStage, Snapshot, Wait
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.values.records import AttemptOrder, History, Progress
from dialer.core.values.retry import CARRIER_FAULT, COMMIT_LATE
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.testing import Answer, Callee, Press, Reject, Talk
from tests.support.campaigns import Desk
from tests.support.nodes import Node

RUNNING = Snapshot(
    stage=CampaignStage.RUNNING,
    total=6000,
    done=1240,
    live=57,
    answered=310,
    refused=4,
    denied={"per_number": 12, "refusal_rest": 1},
    outcomes={"callee.busy": 900},
    rate=19.96,
    time_left=4760 / 19.96,
)
LINE = (
    "card-renewal: 1240/6000 done  live 57  answered 310  opted out 4  denied 13  20.0/s  "
    "left 3m58s\n"
)


def summary(**changes: object) -> Summary:
    figures = Figures()
    figures.post_dial_delay.extend(n / 1000 for n in range(1, 101))
    figures.first_packet.extend([0.02, 0.03])
    made = Summary(
        campaign="card-renewal",
        snapshot=replace(
            RUNNING,
            stage=CampaignStage.DONE,
            live=0,
            done=6000,
            outcomes={"callee.busy": 30, "dialer.completed": 60, "carrier.congestion": 10},
        ),
        progress=Progress(
            total=6000,
            waiting=0,
            claimed=0,
            done=5988,
            waiting_later={"per_number": 12},
            outcomes={"callee.busy": 930, "dialer.completed": 60, "carrier.congestion": 10},
        ),
        figures=figures,
        seconds=125.0,
        drained=False,
        cut_short=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


# Plain lines.


class Time:
    """Stands for the module `time`."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time()
    monkeypatch.setattr(view, "time", stopped)
    return stopped


def test_elsewhere_than_on_a_terminal_a_line_comes_every_few_seconds(
    time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    with PlainLines("card-renewal") as lines:
        for tenth in range(121):
            time.now = 100 + tenth / 10
            lines.show(replace(RUNNING, done=tenth))
    shown = capsys.readouterr()
    done = [int(found) for found in re.findall(r": (\d+)/6000", shown.err)]
    assert done == [0, 50, 100, 120], "at once, every five seconds, and the last state"
    assert shown.out == ""


def test_a_line_says_all_that_matters(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with PlainLines("card-renewal") as lines:
        lines.show(RUNNING)
    assert capsys.readouterr().err == LINE


def test_a_line_and_the_summary_say_who_waits_and_why(
    time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = (Wait(3, NO_TRUNK_UP), Wait(12, CARRIER_FAULTS, 39.2))
    with PlainLines("card-renewal") as lines:
        lines.show(replace(RUNNING, waits=waits))
    said = capsys.readouterr().err
    assert said.endswith(
        "left 3m58s  (3 wait: no trunk up)  (12 wait: carrier faults, again in 40 s)\n"
    )
    shown = summary(
        snapshot=replace(RUNNING, waits=waits),
        progress=Progress(
            total=6000,
            waiting=0,
            claimed=0,
            done=5986,
            waiting_later={CARRIER_FAULT: 12, COMMIT_LATE: 2},
        ),
    )
    out = io.StringIO()
    print_summary(Console(file=out, width=100), shown)
    assert "3 wait: no trunk up\n12 wait: carrier faults, again in 40 s\n" in out.getvalue()
    assert CARRIER_FAULT not in out.getvalue()
    assert COMMIT_LATE not in out.getvalue()
    found = as_json(shown)["run"]
    assert isinstance(found, dict)
    assert found["waits"][1] == {"contacts": 12, "why": "carrier faults", "again_in": 39.2}


def test_the_last_state_is_not_said_twice(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with PlainLines("card-renewal") as lines:
        lines.show(RUNNING)
    with PlainLines("nothing happened"):
        pass
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "left,said",
    [
        (None, "left -"),
        (0.4, "left 0m00s"),
        (59.6, "left 1m00s"),
        (3599.4, "left 59m59s"),
        (3600, "left 1h00m"),
        (100_000, "left 27h46m"),
    ],
)
def test_time_left_is_said_shortly(
    time: Time, capsys: pytest.CaptureFixture[str], left: float | None, said: str
) -> None:
    with PlainLines("x") as lines:
        lines.show(replace(RUNNING, time_left=left))
    assert capsys.readouterr().err.endswith(f"{said}\n")


def test_a_run_that_drains_says_so_while_calls_live(
    time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    for live in (3, 0):
        with PlainLines("x") as lines:
            lines.show(replace(RUNNING, stage=CampaignStage.DRAINING, live=live))
    finishing, over = capsys.readouterr().err.splitlines()
    assert finishing.endswith("(finishing)")
    assert "finishing" not in over


# The live line.


def terminal() -> tuple[Console, io.StringIO]:
    screen = io.StringIO()
    return Console(file=screen, force_terminal=True, width=120, color_system=None), screen


def test_on_a_terminal_one_line_is_drawn_anew() -> None:
    console, screen = terminal()
    shown = view_of(console, "card-renewal")
    assert isinstance(shown, LiveLine)
    with shown:
        shown.show(replace(RUNNING, done=17))
        shown.show(RUNNING)
    drawn = screen.getvalue()
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).strip().splitlines()[-1]
    assert last.startswith("card-renewal")
    assert "1240/6000" in last
    assert "live 57  answered 310  opted out 4  denied 13  20.0/s  left 3m58s" in last
    assert drawn.count("\n") <= 2, "the line is drawn in place"


def test_where_there_is_no_terminal_lines_are_plain() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    assert isinstance(view_of(console, "x"), PlainLines)


# The summary, for people.


def printed(of: Summary) -> str:
    screen = io.StringIO()
    print_summary(Console(file=screen, width=100, color_system=None), of)
    return screen.getvalue()


def test_the_summary_says_how_the_run_came_out() -> None:
    text = printed(summary())
    rows = re.findall(r"(\S+)\s+\W\s+(\d+)\s+\W\s+([\d.]+ %)", text)
    assert rows == [
        ("dialer.completed", "60", "60.0 %"),
        ("callee.busy", "30", "30.0 %"),
        ("carrier.congestion", "10", "10.0 %"),
    ]
    assert text[text.index("100 calls") :].splitlines() == [
        "100 calls in 2m05s (0.8/s), 310 answered, 4 opted out",
        "post-dial delay: p50 51 ms, p99 99 ms",
        "answer to first packet: p50 20 ms, p99 30 ms",
        "12 contacts wait for a later run, by the rule per_number",
        "1 calls were not allowed, by the rule refusal_rest",
        "5988 of 6000 contacts done",
    ]


def test_the_summary_says_what_was_left_and_why() -> None:
    text = printed(summary(drained=True, cut_short=3))
    assert "3 calls of an earlier run were found cut short and closed" in text
    assert "stopped on request; run again to go on" in text


def test_a_run_without_calls_has_a_summary_too() -> None:
    empty = summary(
        snapshot=replace(RUNNING, live=0, answered=0, refused=0, denied={}, outcomes={}),
        progress=Progress(0, 0, 0, 0),
        figures=Figures(),
        seconds=0.0,
    )
    assert printed(empty) == (
        "0 calls in 0m00s (0.0/s), 0 answered, 0 opted out\n0 of 0 contacts done\n"
    )


# The summary, for machines.


def test_the_keys_of_the_json_are_those_that_are_documented() -> None:
    told = as_json(summary())
    assert list(told) == list(KEYS["dialer run"])
    assert told["run"] == with_old_names(told["run"])
    assert [key for key in told["run"] if key not in OLD_NAMES.values()] == list(
        KEYS["`run` of dialer run"]
    )


def test_the_json_holds_the_figures() -> None:
    told = json.loads(json.dumps(as_json(summary(drained=True, cut_short=2))))
    assert (told["campaign"], told["total"], told["done"]) == ("card-renewal", 6000, 5988)
    assert told["waiting_later"] == {"per_number": 12}
    assert (told["drained"], told["cut_short_before"], told["seconds"]) == (True, 2, 125.0)
    assert told["run"]["calls"] == 100
    assert told["run"]["denied"] == {"per_number": 12, "refusal_rest": 1}
    assert told["run"]["post_dial_delay_s"] == {"p50": 0.051, "p99": 0.099, "max": 0.1}
    assert told["run"]["barge_in_s"] == {}
    assert told["outcomes"]["callee.busy"] == 930


# Nobody is named.


def test_no_number_is_shown_of_a_whole_run(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    def judge(order: AttemptOrder, _history: History) -> Verdict:
        row = order.contact.row.row
        later = order.at + timedelta(hours=1)
        return Deny("per_number", "twice", later) if row % 7 == 0 else Allow()

    talking = Callee(final=Answer(0.1), acts=(Talk(2.1, 0.5), Press("1", 3.0)))
    node = Node(
        callee_of=lambda dial: (
            talking if dial.callee.clear[-1] in "13" else Callee(final=Reject(486))
        ),
        gate=Gate([Rule("per_number", judge)]),
    )
    desk = Desk(node)
    over = desk.run()
    assert over.snapshot.denied
    with PlainLines("card-renewal") as lines:
        lines.show(over.snapshot)
    console, screen = terminal()
    with LiveLine(console, "card-renewal") as live:
        live.show(over.snapshot)
    shown = capsys.readouterr().err + screen.getvalue() + printed(over) + json.dumps(as_json(over))
    for dial in node.scripted.dialled:
        assert dial.callee.digits not in shown
        assert dial.callee.digits[-9:] not in shown
