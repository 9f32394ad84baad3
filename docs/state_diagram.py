"""Draws the call's transition table, as Mermaid text and as an SVG picture.

The words and the arrows come from the table; only the places on paper are given here. An arrow of
the table without a place, or a place without an arrow, is an error: the picture is never less,
nor more, than the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from dialer.core.calls.call_table import TIMERS, TRANSITIONS, State, Trigger

Arrow = tuple[State, State]
Point = tuple[int, int]

WIDTH: Final = 1200
HEIGHT: Final = 980
BOX: Final = (130, 44)
LINE: Final = 14


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow's corners on paper, and where its words begin."""

    corners: tuple[Point, ...]
    words: Point


BOXES: Final[Mapping[State, Point]] = {
    State.NEW: (90, 200),
    State.DIALING: (310, 200),
    State.RINGING: (560, 200),
    State.EARLY_MEDIA: (810, 200),
    State.ANSWERED: (1060, 200),
    State.CANCELLING: (900, 400),
    State.HANGING_UP: (1060, 490),
    State.ENDED: (600, 680),
    State.ARRIVED: (200, 820),
    State.ANSWERING: (800, 820),
    State.TURNING_AWAY: (500, 930),
    State.WITHDRAWING: (980, 930),
}
"""Centres of the boxes. ENDED is drawn across the paper, calls that came in below it."""

WAYS: Final[Mapping[Arrow, Way]] = {
    (State.NEW, State.DIALING): Way(((155, 200), (245, 200)), (157, 192)),
    (State.NEW, State.ENDED): Way(((90, 222), (90, 658)), (96, 560)),
    (State.DIALING, State.RINGING): Way(((375, 200), (495, 200)), (420, 192)),
    (State.DIALING, State.EARLY_MEDIA): Way(
        ((340, 178), (340, 130), (780, 130), (780, 178)), (400, 122)
    ),
    (State.DIALING, State.ANSWERED): Way(
        ((300, 178), (300, 50), (1080, 50), (1080, 178)), (400, 42)
    ),
    (State.DIALING, State.CANCELLING): Way(((355, 222), (355, 410), (835, 410)), (361, 300)),
    (State.DIALING, State.ENDED): Way(((265, 222), (265, 658)), (271, 560)),
    (State.RINGING, State.EARLY_MEDIA): Way(((625, 200), (745, 200)), (632, 192)),
    (State.RINGING, State.ANSWERED): Way(
        ((560, 178), (560, 90), (1040, 90), (1040, 178)), (620, 82)
    ),
    (State.RINGING, State.CANCELLING): Way(((605, 222), (605, 390), (835, 390)), (611, 300)),
    (State.RINGING, State.ENDED): Way(((515, 222), (515, 658)), (521, 560)),
    (State.EARLY_MEDIA, State.ANSWERED): Way(((875, 200), (995, 200)), (905, 192)),
    (State.EARLY_MEDIA, State.CANCELLING): Way(((855, 222), (855, 378)), (861, 300)),
    (State.EARLY_MEDIA, State.ENDED): Way(((765, 222), (765, 658)), (771, 560)),
    (State.ANSWERED, State.HANGING_UP): Way(((1015, 222), (1015, 468)), (1021, 300)),
    (State.ANSWERED, State.ENDED): Way(((1125, 210), (1153, 210), (1153, 658)), (1060, 390)),
    (State.CANCELLING, State.HANGING_UP): Way(((945, 422), (945, 490), (995, 490)), (951, 446)),
    (State.CANCELLING, State.ENDED): Way(((870, 422), (870, 658)), (876, 560)),
    (State.HANGING_UP, State.ENDED): Way(((1035, 512), (1035, 658)), (1041, 560)),
    (State.NEW, State.ARRIVED): Way(((40, 222), (40, 820), (135, 820)), (45, 812)),
    (State.ARRIVED, State.ANSWERING): Way(((265, 820), (735, 820)), (280, 812)),
    (State.ARRIVED, State.TURNING_AWAY): Way(((180, 842), (180, 930), (435, 930)), (190, 880)),
    (State.ARRIVED, State.ENDED): Way(((180, 798), (180, 702)), (186, 730)),
    (State.ANSWERING, State.ANSWERED): Way(
        ((865, 820), (1180, 820), (1180, 190), (1125, 190)), (880, 812)
    ),
    (State.ANSWERING, State.WITHDRAWING): Way(((800, 842), (800, 930), (915, 930)), (806, 880)),
    (State.WITHDRAWING, State.ENDED): Way(((960, 908), (960, 702)), (966, 730)),
    (State.ANSWERING, State.ENDED): Way(((780, 798), (780, 702)), (786, 730)),
    (State.TURNING_AWAY, State.ENDED): Way(((500, 908), (500, 702)), (506, 730)),
}


def arrows() -> dict[Arrow, list[Trigger]]:
    """Triggers of the table by (from, to), those that stay left out."""
    found: dict[Arrow, list[Trigger]] = defaultdict(list)
    for state, row in TRANSITIONS.items():
        for trigger, step in row.items():
            if step.to is not state:
                found[state, step.to].append(trigger)
    return dict(found)


def staying() -> dict[State, list[Trigger]]:
    """Triggers of the table that are heard without leaving the state."""
    return {
        state: [trigger for trigger, step in row.items() if step.to is state]
        for state, row in TRANSITIONS.items()
    }


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> new"]
    for (here, there), triggers in arrows().items():
        words = "<br/>".join(trigger.value for trigger in triggers)
        lines.append(f"    {here.value} --> {there.value}: {words}")
    lines.append("    ended --> [*]")
    return "\n".join(lines)


def svg() -> str:
    """The table as a picture. Raises ValueError where the table and the places differ."""
    found = arrows()
    if found.keys() != WAYS.keys() or set(BOXES) != set(State):
        odd = {(a.name, b.name) for a, b in found.keys() ^ WAYS.keys()}
        raise ValueError(f"docs/state_diagram.py: give these arrows a place, or take it: {odd}")
    drawn = [_arrow(WAYS[arrow], triggers) for arrow, triggers in found.items()]
    drawn += [_box(state) for state in State]
    return "\n".join((_HEAD, *drawn, "</svg>", ""))


_HEAD: Final = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">
<title>States of a call</title>
<style>
  text {{ font: 12px sans-serif; fill: #333 }}
  .name {{ font-weight: bold; text-anchor: middle; fill: #000 }}
  .timer {{ fill: #a33c00; font-style: italic }}
  rect {{ fill: #eef4fb; stroke: #35618e; stroke-width: 1.5 }}
  .end {{ fill: #ececec; stroke: #555 }}
  polyline {{ fill: none; stroke: #35618e; stroke-width: 1.2 }}
</style>
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"
  orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="#35618e"/></marker></defs>
<rect x="0" y="0" width="{WIDTH}" height="{HEIGHT}" style="fill: #fff; stroke: none"/>"""

_TIMERS: Final = frozenset(timer for timers in TIMERS.values() for timer in timers)


def _box(state: State) -> str:
    x, y = BOXES[state]
    width, height = BOX if state is not State.ENDED else (WIDTH - 90, BOX[1])
    left = x - width // 2 if state is not State.ENDED else 50
    kind = ' class="end"' if state is State.ENDED else ""
    return (
        f'<rect{kind} x="{left}" y="{y - height // 2}" width="{width}" height="{height}" rx="8"/>'
        f'<text class="name" x="{left + width // 2}" y="{y + 4}">{state.name}</text>'
    )


def _arrow(way: Way, triggers: list[Trigger]) -> str:
    corners = " ".join(f"{x},{y}" for x, y in way.corners)
    x, y = way.words
    words = [
        f"<text{' class=' + chr(34) + 'timer' + chr(34) if trigger in _TIMERS else ''} "
        f'x="{x}" y="{y + LINE * at}">{escape(trigger.value)}</text>'
        for at, trigger in enumerate(triggers)
    ]
    return "\n".join((f'<polyline points="{corners}" marker-end="url(#tip)"/>', *words))
